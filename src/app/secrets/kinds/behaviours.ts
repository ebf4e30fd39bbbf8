/** Every type's own doings: a type that is missing here does not compile. */
import type { SecretType } from "../../../secrets/secret.ts";
import type { Behaviour } from "./behaviour.ts";
import { customCredentials } from "./custom-credentials.ts";
import { iamCredentials } from "./iam-credentials.ts";
import { importedCert } from "./imported-cert.ts";
import { arbitrary, kv } from "./plain.ts";
import { privateCert } from "./private-cert.ts";
import { publicCert } from "./public-cert.ts";
import { serviceCredentials } from "./service-credentials.ts";
import { usernamePassword } from "./username-password.ts";

type Behaviours = { readonly [Type in SecretType]: Behaviour<Type> };

const all = (): Behaviours => ({
  arbitrary,
  username_password: usernamePassword,
  kv,
  iam_credentials: iamCredentials,
  service_credentials: serviceCredentials,
  imported_cert: importedCert,
  public_cert: publicCert,
  private_cert: privateCert,
  custom_credentials: customCredentials,
});

/** Put together when it is first asked for: a credential that ends takes an identity along, and that one the secrets in its home. */
let behaviours: Behaviours | undefined;

export function behaviourOf<Type extends SecretType>(type: Type): Behaviour<Type> {
  behaviours ??= all();
  return behaviours[type];
}
