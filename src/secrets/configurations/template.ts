/**
 * A certificate template: what certificates of one authority may say. Its rules are those of a role of Vault's PKI
 * engine, which IBM's templates are; what is left out is as it is there.
 */
import { Refusal } from "../../kernel/errors.ts";
import { NO_FIELDS, type SubjectFields } from "./naming.ts";

export interface TemplateAttributes {
  readonly kind: "template";
  /** The authority's name. */
  readonly certificateAuthority: string;
  readonly rules: TemplateRules;
}

export interface TemplateRules {
  /** The only groups whose secrets may be made by it, by their ids; null for any. */
  readonly allowedSecretGroups: readonly string[] | null;
  /** The longest a certificate may live; null for as long as the authority lets it. */
  readonly maxTtlSeconds: number | null;
  /** How long one lives that is not asked for with a length; null for the longest. */
  readonly ttlSeconds: number | null;
  readonly allowLocalhost: boolean;
  readonly allowedDomains: readonly string[];
  /** The allowed domains themselves. */
  readonly allowBareDomains: boolean;
  readonly allowSubdomains: boolean;
  /** Stars in the allowed domains stand for anything. */
  readonly allowGlobDomains: boolean;
  /** Names like `*.example.com`, where other rules allow them. */
  readonly allowWildcardCertificates: boolean;
  readonly allowAnyName: boolean;
  readonly enforceHostnames: boolean;
  readonly allowIpSans: boolean;
  /** With stars for anything; none allows none. */
  readonly allowedUriSans: readonly string[];
  /** `<oid>;UTF8:<value>`, the value with stars for anything; a single star for every other name. */
  readonly allowedOtherSans: readonly string[];
  readonly serverFlag: boolean;
  readonly clientFlag: boolean;
  readonly codeSigningFlag: boolean;
  readonly emailProtectionFlag: boolean;
  readonly keyType: string;
  readonly keyBits: number | null;
  /** By the names of Go's `x509.KeyUsage`, as they were given. */
  readonly keyUsage: readonly string[];
  readonly extKeyUsage: readonly string[];
  readonly extKeyUsageOids: readonly string[];
  /** A CSR's common name, or its alternative names, in place of those that are asked for. */
  readonly useCsrCommonName: boolean;
  readonly useCsrSans: boolean;
  /** What every certificate's subject has besides its common name. */
  readonly subject: SubjectFields;
  readonly requireCn: boolean;
  readonly policyIdentifiers: readonly string[];
  readonly basicConstraintsValidForNonCa: boolean;
  readonly notBeforeSeconds: number;
}

export const DEFAULT_RULES: TemplateRules = {
  allowedSecretGroups: null,
  maxTtlSeconds: null,
  ttlSeconds: null,
  allowLocalhost: true,
  allowedDomains: [],
  allowBareDomains: false,
  allowSubdomains: false,
  allowGlobDomains: false,
  allowWildcardCertificates: true,
  allowAnyName: false,
  enforceHostnames: true,
  allowIpSans: true,
  allowedUriSans: [],
  allowedOtherSans: [],
  serverFlag: true,
  clientFlag: true,
  codeSigningFlag: false,
  emailProtectionFlag: false,
  keyType: "rsa",
  keyBits: null,
  keyUsage: ["DigitalSignature", "KeyAgreement", "KeyEncipherment"],
  extKeyUsage: [],
  extKeyUsageOids: [],
  useCsrCommonName: true,
  useCsrSans: true,
  subject: NO_FIELDS,
  requireCn: true,
  policyIdentifiers: [],
  basicConstraintsValidForNonCa: false,
  notBeforeSeconds: 30,
};

/** Items of one list of a template. */
export const MAX_RULE_ITEMS = 100;
export const MAX_RULE_CHARS = 255;
/** 100 years, IBM's bound on every length of a certificate's life. */
export const MAX_TTL_SECONDS = 876_000 * 3_600;
/** A certificate that is valid long before it was made is a lie about the past. */
export const MAX_NOT_BEFORE_SECONDS = 7 * 24 * 3_600;

const LISTS = [
  "allowedDomains",
  "allowedUriSans",
  "allowedOtherSans",
  "keyUsage",
  "extKeyUsage",
  "extKeyUsageOids",
  "policyIdentifiers",
  "allowedSecretGroups",
] as const satisfies readonly (keyof TemplateRules)[];

/** Refuses rules that contradict themselves or are out of bounds. What stands in a certificate is judged where it is written. */
export function checkRules(rules: TemplateRules): void {
  for (const field of LISTS) {
    const items = rules[field] ?? [];
    const isLong = items.some((item) => item === "" || item.length > MAX_RULE_CHARS);
    if (items.length > MAX_RULE_ITEMS || isLong) {
      throw refused(
        `The field ${field} has at most ${MAX_RULE_ITEMS} items of 1 to ${MAX_RULE_CHARS} characters.`,
        field,
      );
    }
  }
  const { ttlSeconds, maxTtlSeconds } = rules;
  for (const field of ["ttlSeconds", "maxTtlSeconds"] as const) {
    if ((rules[field] ?? 0) > MAX_TTL_SECONDS) {
      throw refused("A length of a certificate's life is at most 876000h.", field);
    }
  }
  if (ttlSeconds !== null && maxTtlSeconds !== null && ttlSeconds > maxTtlSeconds) {
    throw refused("The time to live is not longer than the longest that is allowed.", "ttl");
  }
  if (rules.notBeforeSeconds > MAX_NOT_BEFORE_SECONDS) {
    throw refused("A certificate is dated back by at most 7 days.", "notBeforeDuration");
  }
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
