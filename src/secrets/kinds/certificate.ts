/** What the three types of certificates have in common: how one is kept, and what is known of it without opening it. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Sensitive } from "../../kernel/sensitive.ts";

/** PEM throughout (RFC 7468). */
export interface CertificateParts {
  readonly certificate: string;
  /** The certificates between it and the root, nearest first; null where there is none. */
  readonly intermediate: string | null;
  /** Null where the owner has kept it. */
  readonly privateKey: Sensitive<string> | null;
}

/** Read from a certificate (RFC 5280); none of it is secret. */
export interface CertificateFacts {
  readonly commonName: string;
  readonly altNames: readonly string[];
  readonly issuer: string;
  /** Bytes in hexadecimal, colons between them. */
  readonly serialNumber: string;
  readonly signingAlgorithm: string;
  readonly keyAlgorithm: string;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  readonly intermediateIncluded: boolean;
  readonly privateKeyIncluded: boolean;
}

/** What is known of a version that is a certificate. */
export interface CertificateVersionAttributes {
  readonly kind: "certificate";
  readonly facts: CertificateFacts;
  /** When the certificate authority was told, or told itself, that it is no longer good. */
  readonly revokedAt: Millis | null;
}

export function encodeParts({
  certificate,
  intermediate,
  privateKey,
}: CertificateParts): Uint8Array {
  const parts = { certificate, intermediate, privateKey: privateKey?.reveal() ?? null };
  return utf8(JSON.stringify(parts));
}

export function decodeParts(bytes: Uint8Array): CertificateParts {
  const parts = JSON.parse(fromUtf8(bytes)) as {
    readonly certificate: string;
    readonly intermediate: string | null;
    readonly privateKey: string | null;
  };
  return {
    ...parts,
    privateKey: parts.privateKey === null ? null : new Sensitive(parts.privateKey),
  };
}
