/** The value of a secret, by its type, and what new ones are made from. */
import type { ArbitraryPayload } from "./kinds/arbitrary.ts";
import type { CertificateVersionAttributes } from "./kinds/certificate.ts";
import type {
  CustomCredentialsAttributes,
  CustomCredentialsPayload,
  CustomCredentialsVersionAttributes,
  NewCustomCredentials,
} from "./kinds/custom-credentials.ts";
import type {
  IamCredentialsAttributes,
  IamCredentialsPayload,
  IamCredentialsVersionAttributes,
  NewIamCredentials,
} from "./kinds/iam-credentials.ts";
import type {
  ImportedCertAttributes,
  ImportedCertPayload,
  NewImportedCert,
  NewImportedCertVersion,
} from "./kinds/imported-cert.ts";
import { kindOf } from "./kinds/kinds.ts";
import type { KvPayload } from "./kinds/kv.ts";
import type {
  NewPrivateCert,
  NewPrivateCertVersion,
  PrivateCertAttributes,
  PrivateCertPayload,
} from "./kinds/private-cert.ts";
import type {
  NewPublicCert,
  NewPublicCertVersion,
  PublicCertAttributes,
  PublicCertPayload,
} from "./kinds/public-cert.ts";
import type {
  NewServiceCredentials,
  ServiceCredentialsAttributes,
  ServiceCredentialsPayload,
  ServiceCredentialsVersionAttributes,
} from "./kinds/service-credentials.ts";
import type {
  NewPassword,
  NewUsernamePassword,
  UsernamePasswordPayload,
} from "./kinds/username-password.ts";
import type { SecretType } from "./secret.ts";

export type Payload =
  | ArbitraryPayload
  | UsernamePasswordPayload
  | KvPayload
  | IamCredentialsPayload
  | ServiceCredentialsPayload
  | ImportedCertPayload
  | PublicCertPayload
  | PrivateCertPayload
  | CustomCredentialsPayload;

/** What a new secret is given, or made from. */
export type NewPayload =
  | ArbitraryPayload
  | KvPayload
  | NewUsernamePassword
  | NewIamCredentials
  | NewServiceCredentials
  | NewImportedCert
  | NewPublicCert
  | NewPrivateCert
  | NewCustomCredentials;

/** What a new version is given, or made from; the types that are not here make theirs by themselves. */
export type NewVersionPayload =
  | ArbitraryPayload
  | KvPayload
  | NewPassword
  | NewImportedCertVersion
  | NewPublicCertVersion
  | NewPrivateCertVersion;

/** What a type knows of a secret besides what every type does; in clear, and null for the plain types. */
export type SecretAttributes =
  | IamCredentialsAttributes
  | ServiceCredentialsAttributes
  | ImportedCertAttributes
  | PublicCertAttributes
  | PrivateCertAttributes
  | CustomCredentialsAttributes;

/** The same of a version. */
export type VersionAttributes =
  | CertificateVersionAttributes
  | CustomCredentialsVersionAttributes
  | IamCredentialsVersionAttributes
  | ServiceCredentialsVersionAttributes;

export function checkPayload(payload: Payload): void {
  kindOf(payload.kind).check(payload);
}

export function encodePayload(payload: Payload): Uint8Array {
  return kindOf(payload.kind).encode(payload);
}

/** What the record may say of a value, if there is one: which API key it is, say. */
export function factsOf(payload: Payload | null): Readonly<Record<string, string>> {
  return (payload && kindOf(payload.kind).facts?.(payload)) ?? {};
}

/** And of a version: the serial number of a certificate. */
export function factsOfVersion(
  attributes: VersionAttributes | null | undefined,
): Readonly<Record<string, string>> {
  return attributes?.kind === "certificate" ? { serialNumber: attributes.facts.serialNumber } : {};
}

/** `username` is asked for only where the type has one. */
export function decodePayload(
  type: SecretType,
  bytes: Uint8Array,
  username: () => string,
): Payload {
  return kindOf(type).decode(bytes, username);
}
