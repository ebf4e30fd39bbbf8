/** Every type as IBM's wire writes it: a type that is missing here does not compile. */
import type { SecretType } from "../../../../secrets/secret.ts";
import { arbitrary } from "./arbitrary.ts";
import { customCredentials } from "./custom-credentials.ts";
import { iamCredentials } from "./iam-credentials.ts";
import { importedCert } from "./imported-cert.ts";
import { kv } from "./kv.ts";
import { privateCert } from "./private-cert.ts";
import { publicCert } from "./public-cert.ts";
import { serviceCredentials } from "./service-credentials.ts";
import { usernamePassword } from "./username-password.ts";
import type { WireKind } from "./wire-kind.ts";

const wireKinds: { readonly [Type in SecretType]: WireKind<Type> } = {
  arbitrary,
  username_password: usernamePassword,
  kv,
  iam_credentials: iamCredentials,
  service_credentials: serviceCredentials,
  imported_cert: importedCert,
  public_cert: publicCert,
  private_cert: privateCert,
  custom_credentials: customCredentials,
};

export function wireKindOf<Type extends SecretType>(type: Type): WireKind<Type> {
  return wireKinds[type];
}
