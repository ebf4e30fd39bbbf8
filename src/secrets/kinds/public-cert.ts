/** A certificate that a public authority issues (ACME, RFC 8555), for a key made here. */
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { RenewalPolicy } from "../rotation.ts";
import type { ACTIVE, DEACTIVATED, PRE_ACTIVATION } from "../secret.ts";
import {
  decodeParts,
  encodeParts,
  type CertificateFacts,
  type CertificateParts,
} from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";

/** Where certificates are bundled, the certificate is followed by its intermediates. */
export interface PublicCertPayload extends CertificateParts {
  readonly kind: "public_cert";
}

/** IBM's names, the older ones included. A secret keeps the one that it was given. */
export const PUBLIC_KEY_ALGORITHMS = {
  RSA2048: { type: "rsa", bits: 2_048 },
  RSA4096: { type: "rsa", bits: 4_096 },
  EC256: { type: "ec", bits: 256 },
  EC384: { type: "ec", bits: 384 },
  ECDSA256: { type: "ec", bits: 256 },
  ECDSA384: { type: "ec", bits: 384 },
} as const;

export type PublicKeyAlgorithm = keyof typeof PUBLIC_KEY_ALGORITHMS;

export const publicKeyAlgorithms = Object.keys(
  PUBLIC_KEY_ALGORITHMS,
) as readonly PublicKeyAlgorithm[];

/** In place of a DNS configuration's name: the owner publishes the records by hand. */
export const MANUAL_DNS = "manual";

export interface NewPublicCert {
  readonly kind: "public_cert";
  readonly commonName: string;
  readonly altNames: readonly string[];
  readonly keyAlgorithm?: PublicKeyAlgorithm | undefined;
  /** The names of the configurations that say who issues it and who proves the names. */
  readonly ca: string;
  readonly dns: string;
  readonly bundleCerts?: boolean | undefined;
  readonly rotation?: RenewalPolicy | undefined;
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
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly ca: string;
  readonly dns: string;
  readonly bundleCerts: boolean;
  readonly rotation: { readonly autoRotate: boolean; readonly rotateKeys: boolean };
  /** Of the current certificate; null until there is one. */
  readonly facts: CertificateFacts | null;
  readonly issuance: IssuanceInfo;
}

/** What may be seen of the last order. */
export interface IssuanceInfo {
  /** Under way, succeeded, or failed. */
  readonly state: typeof PRE_ACTIVATION | typeof ACTIVE | typeof DEACTIVATED;
  readonly orderedAt: Millis;
  readonly challenges: readonly Challenge[];
  /** When the owner last said that the records are there. */
  readonly validationAt: Millis | null;
  /** Why it has failed, or what keeps it waiting. */
  readonly error: IssuanceError | null;
}

/** A record that proves a name (RFC 8555, section 8.4): it is made for everybody to see. */
export interface Challenge {
  /** The name as it was asked for, with its star. */
  readonly domain: string;
  readonly status: string;
  readonly expiresAt: Millis | null;
  /** Absolute: it ends with a dot. */
  readonly recordName: string;
  readonly recordValue: string;
}

export interface IssuanceError {
  readonly code: string;
  /** May have what the authority said in it: shown to the owner, and not in the record. */
  readonly message: string;
}

/** IBM's bound on the names of one certificate, which is Let's Encrypt's. */
export const MAX_PUBLIC_NAMES = 100;
/** The upper bound of a common name (RFC 5280, appendix A.1). */
export const MAX_COMMON_NAME_CHARS = 64;

/** RFC 1123, section 2.1, with two labels at least: nobody proves a name of one. A star is the whole first label. */
const PUBLIC_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

export const publicCert: Kind<PublicCertPayload> = {
  ...plain,
  expiresByDate: false,
  expiresThoughLocked: true,
  check: () => undefined,
  encode: encodeParts,
  decode: (bytes) => ({ kind: "public_cert", ...decodeParts(bytes) }),
};

/** Refuses names that no public authority certifies. */
export function checkPublicNames(names: Pick<NewPublicCert, "commonName" | "altNames">): void {
  const { commonName, altNames } = names;
  if (commonName.length > MAX_COMMON_NAME_CHARS || !PUBLIC_NAME.test(commonName)) {
    throw new Refusal(
      "invalid_request",
      `A common name is a domain name of at most ${MAX_COMMON_NAME_CHARS} characters, or one with a star for its first label.`,
      { field: "commonName" },
    );
  }
  if (altNames.some((name) => !PUBLIC_NAME.test(name))) {
    throw new Refusal(
      "invalid_request",
      "An alternative name is a domain name, or one with a star for its first label.",
      { field: "altNames" },
    );
  }
  if (namesOf(names).length > MAX_PUBLIC_NAMES) {
    throw new Refusal(
      "limit_reached",
      `A public certificate has at most ${MAX_PUBLIC_NAMES} names.`,
      { field: "altNames" },
    );
  }
}

/** All that a certificate is to be for, each once, as authorities write them (RFC 8555, section 7.1.4). */
export function namesOf({
  commonName,
  altNames,
}: Pick<NewPublicCert, "commonName" | "altNames">): readonly string[] {
  return [...new Set([commonName, ...altNames].map((name) => name.toLowerCase()))];
}
