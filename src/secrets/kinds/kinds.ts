/** Every type of secret: a type that is named in `secret.ts` and is not here does not compile. */
import type { SecretType } from "../secret.ts";
import type { Payload } from "../payload.ts";
import { arbitrary } from "./arbitrary.ts";
import { customCredentials } from "./custom-credentials.ts";
import { iamCredentials } from "./iam-credentials.ts";
import { importedCert } from "./imported-cert.ts";
import type { Kind } from "./kind.ts";
import { kv } from "./kv.ts";
import { privateCert } from "./private-cert.ts";
import { publicCert } from "./public-cert.ts";
import { serviceCredentials } from "./service-credentials.ts";
import { usernamePassword } from "./username-password.ts";

const kinds: { readonly [Type in SecretType]: Kind<Extract<Payload, { kind: Type }>> } = {
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

/** What is fixed about secrets of this type. */
export function kindOf(type: SecretType): Kind<Payload> {
  return kinds[type];
}
