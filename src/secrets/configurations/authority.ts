/** A certificate authority of an instance: a root, or an intermediate one. Its key is kept sealed, and never given out. */
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Naming, SubjectFields } from "./naming.ts";
import { MAX_TTL_SECONDS } from "./template.ts";

export interface AuthorityAttributes {
  readonly kind: "authority";
  readonly signing: SigningMethod;
  readonly settings: AuthoritySettings;
  readonly asked: AuthorityRequest;
  /** PKCS #10 (RFC 2986) in PEM, for its key; null for a root. */
  readonly csr: string | null;
  /** Null until it has been signed. */
  readonly issued: IssuedAuthority | null;
  /** What it was issued before, for the same key and not ended yet: each is as good as the one it has. */
  readonly earlier: readonly EarlierCertificate[];
  readonly revokedAt: Millis | null;
  readonly crl: CrlState;
}

export type SigningMethod =
  | { readonly kind: "self" }
  /** By another authority of the instance, by its name; null until one is asked to. */
  | { readonly kind: "internal"; readonly issuer: string | null }
  | { readonly kind: "external"; readonly issuer: string | null };

/** What may be changed of an authority. */
export interface AuthoritySettings {
  /** The longest that a certificate by it may live; of an intermediate one its own certificate too. */
  readonly maxTtlSeconds: number;
  readonly crlExpirySeconds: number;
  /** Its revocation list is signed, and empty. */
  readonly crlDisabled: boolean;
  /** Whether certificates by it say where its revocation list, or its own certificate, is to be had. */
  readonly namesCrl: boolean;
  readonly namesIssuer: boolean;
  /** Where this server was called when the authority was made or changed, as `https://host:port`. */
  readonly origin: string | null;
}

/** What an authority was asked to be. */
export interface AuthorityRequest {
  readonly naming: Naming;
  readonly subject: SubjectFields;
  readonly keyType: string;
  /** Null for a type whose keys have one size. */
  readonly keyBits: number | null;
  readonly format: "pem" | "pem_bundle";
  readonly privateKeyFormat: "der" | "pkcs8";
  /** Of a root: how long its own certificate lives. */
  readonly ttlSeconds: number | null;
  /** How many authorities may stand between it and a certificate that is none; -1 for any number. */
  readonly maxPathLength: number;
  /** Null for any. */
  readonly permittedDnsDomains: readonly string[] | null;
}

/** The certificate of an authority, PEM throughout, and what is known of it. */
export interface IssuedAuthority {
  readonly certificate: string;
  /** The issuer's certificate, and the issuers above that one. Of a root its own, and none. */
  readonly issuingCa: string | null;
  readonly caChain: readonly string[];
  /** Bytes in hexadecimal, colons between them. */
  readonly serialNumber: string;
  readonly notAfter: Millis;
  /** -1 for any number. */
  readonly pathLength: number;
  /** The domains permitted by it and by each of its issuers: a name has to be in one of each list. */
  readonly permittedDnsDomains: readonly (readonly string[])[];
  /** The authority of the instance that signed it, by its configuration's id. */
  readonly issuerId: string | null;
}

export type EarlierCertificate = Pick<IssuedAuthority, "serialNumber" | "notAfter" | "issuerId">;

/** How often what its revocation list says has changed, and when last: what lists are numbered by. */
export interface CrlState {
  readonly changes: number;
  readonly changedAt: Millis;
}

export const AUTHORITY_STATUSES = [
  "signing_required",
  "signed_certificate_required",
  "certificate_template_required",
  "configured",
  "expired",
  "revoked",
] as const;

export type AuthorityStatus = (typeof AUTHORITY_STATUSES)[number];

export const DEFAULT_CRL_EXPIRY_SECONDS = 72 * 3_600;
export const MIN_CRL_EXPIRY_SECONDS = 3_600;
export const MAX_CRL_EXPIRY_SECONDS = 366 * 24 * 3_600;
export const MIN_TTL_SECONDS = 3_600;
export const MAX_PATH_LENGTH = 100;
export const MAX_PERMITTED_DOMAINS = 100;
/** All of them are revoked when the authority is. */
export const MAX_EARLIER_CERTIFICATES = 20;

export function statusOf(
  { issued, signing, revokedAt }: AuthorityAttributes,
  { hasTemplate, now }: { readonly hasTemplate: boolean; readonly now: Millis },
): AuthorityStatus {
  if (revokedAt !== null) return "revoked";
  if (!issued)
    return signing.kind === "external" ? "signed_certificate_required" : "signing_required";
  if (issued.notAfter <= now) return "expired";
  return signing.kind === "self" || hasTemplate ? "configured" : "certificate_template_required";
}

/** The attributes with another certificate; the one before is kept in mind for as long as it is good. */
export function withIssued(
  attributes: AuthorityAttributes,
  issued: IssuedAuthority,
  now: Millis,
): AuthorityAttributes {
  const earlier = certificatesOf(attributes, now);
  if (earlier.length > MAX_EARLIER_CERTIFICATES) {
    throw new Refusal(
      "limit_reached",
      `An authority has at most ${MAX_EARLIER_CERTIFICATES} earlier certificates that have not ended: make another one in its place.`,
    );
  }
  return { ...attributes, issued, earlier };
}

/** Those that have not ended, the oldest first. */
export function certificatesOf(
  { issued, earlier }: AuthorityAttributes,
  now: Millis,
): readonly EarlierCertificate[] {
  const all = issued ? [...earlier, issued] : earlier;
  return all
    .filter(({ notAfter }) => notAfter > now)
    .map(({ serialNumber, notAfter, issuerId }) => ({ serialNumber, notAfter, issuerId }));
}

/** The attributes with a revocation list that says something else from now on. */
export function withNewCrl(attributes: AuthorityAttributes, now: Millis): AuthorityAttributes {
  return { ...attributes, crl: { changes: attributes.crl.changes + 1, changedAt: now } };
}

export function checkSettings({ maxTtlSeconds, crlExpirySeconds }: AuthoritySettings): void {
  if (maxTtlSeconds < MIN_TTL_SECONDS || maxTtlSeconds > MAX_TTL_SECONDS) {
    throw refused("The longest time to live of an authority is 1h to 876000h.", "maxTtl");
  }
  if (crlExpirySeconds < MIN_CRL_EXPIRY_SECONDS || crlExpirySeconds > MAX_CRL_EXPIRY_SECONDS) {
    throw refused("A revocation list is good for 1h to 8784h.", "crlExpiry");
  }
}

export function checkPathLength(maxPathLength: number): void {
  if (maxPathLength >= -1 && maxPathLength <= MAX_PATH_LENGTH) return;
  throw refused(
    `The longest path is -1, which is any, or 0 to ${MAX_PATH_LENGTH} authorities.`,
    "maxPathLength",
  );
}

/** RFC 5280, section 4.2.1.10: a domain, with what is below it; with a dot in front, what is below it only. */
const PERMITTED_DOMAIN = /^\.?(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

export function checkPermittedDomains(domains: readonly string[] | null): void {
  if (domains === null) return;
  const isWrong = domains.some((domain) => !PERMITTED_DOMAIN.test(domain));
  if (!isWrong && domains.length > 0 && domains.length <= MAX_PERMITTED_DOMAINS) return;
  throw refused(
    `The permitted domains are 1 to ${MAX_PERMITTED_DOMAINS} DNS names.`,
    "permittedDnsDomains",
  );
}

/** Whether a host name is within one domain of each list. A star label is within what it stands under. */
export function isPermitted(host: string, lists: readonly (readonly string[])[]): boolean {
  const name = host.toLowerCase();
  return lists.every((domains) =>
    domains.some((given) => {
      const domain = given.toLowerCase();
      if (domain.startsWith(".")) return name.endsWith(domain);
      return name === domain || name.endsWith(`.${domain}`);
    }),
  );
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
