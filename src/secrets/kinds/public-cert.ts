/** A certificate that a public authority issues (ACME, RFC 8555), for a key made here. */
import {
  decodeParts,
  encodeParts,
  type CertificateFacts,
  type CertificateParts,
} from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";

export interface PublicCertPayload extends CertificateParts {
  readonly kind: "public_cert";
}

export interface NewPublicCert {
  readonly kind: "public_cert";
  readonly commonName: string;
  readonly altNames: readonly string[];
  /** The names of the configurations that say who issues it and who proves the names. */
  readonly ca: string;
  readonly dns: string;
}

export interface NewPublicCertVersion {
  readonly kind: "public_cert";
  /** Whether the next certificate is for a new key. */
  readonly rotateKeys?: boolean | undefined;
}

export interface PublicCertAttributes {
  readonly kind: "public_cert";
  readonly commonName: string;
  readonly altNames: readonly string[];
  readonly ca: string;
  readonly dns: string;
  readonly facts: CertificateFacts | null;
}

export const publicCert: Kind<PublicCertPayload> = {
  ...plain,
  expiresByDate: false,
  expiresThoughLocked: true,
  check: () => undefined,
  encode: encodeParts,
  decode: (bytes) => ({ kind: "public_cert", ...decodeParts(bytes) }),
};
