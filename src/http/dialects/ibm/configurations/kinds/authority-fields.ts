/** The fields that certificate authorities are made and signed with, as IBM's wire writes them: in bodies and answers. */
import { z } from "zod";
import { Refusal } from "../../../../../kernel/errors.ts";
import type {
  AuthorityRequest,
  AuthoritySettings,
  IssuedAuthority,
} from "../../../../../secrets/configurations/authority.ts";
import { DEFAULT_CRL_EXPIRY_SECONDS } from "../../../../../secrets/configurations/authority.ts";
import type { Naming, SubjectFields } from "../../../../../secrets/configurations/naming.ts";
import { duration, secondsOf } from "../../fields.ts";
import { present } from "../../shapes.ts";

/** A list, or a text with commas between its items. */
export const list = z.union([z.string(), z.array(z.string())]).optional();

export function listOf(given: z.infer<typeof list>): readonly string[] {
  if (typeof given !== "string") return given ?? [];
  return given
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export const subjectFields = {
  ou: list,
  organization: list,
  country: list,
  locality: list,
  province: list,
  street_address: list,
  postal_code: list,
  serial_number: z.string().optional(),
};

export const namingFields = {
  common_name: z.string().optional(),
  alt_names: list,
  ip_sans: list,
  uri_sans: list,
  other_sans: list,
  exclude_cn_from_sans: z.boolean().optional(),
  ...subjectFields,
};

const FORMATS = ["pem", "pem_bundle"] as const;
const KEY_FORMATS = ["der", "pkcs8"] as const;

export const formatFields = {
  format: z.enum(FORMATS).optional(),
  private_key_format: z.enum(KEY_FORMATS).optional(),
};

export const settingsFields = {
  max_ttl: duration,
  crl_expiry: duration.optional(),
  crl_disable: z.boolean().optional(),
  crl_distribution_points_encoded: z.boolean().optional(),
  issuing_certificates_urls_encoded: z.boolean().optional(),
};

export const authorityFields = {
  ...settingsFields,
  ...namingFields,
  ...formatFields,
  key_type: z.string().optional(),
  key_bits: z.int().optional(),
  max_path_length: z.int().optional(),
  permitted_dns_domains: list,
  /** Of a hardware security module, elsewhere. */
  crypto_key: z.unknown().optional(),
};

const authority = z.object(authorityFields);
const settingsPatch = z.strictObject(settingsFields).partial();
const naming = z.object(namingFields);
const subject = z.object(subjectFields);

const ANY_NUMBER = -1;
/** Of a host name (RFC 1035, section 2.3.4) with its scheme and its port. */
const MAX_ORIGIN_CHARS = 270;

export function namingOf(given: z.infer<typeof naming>): Naming {
  return {
    commonName: given.common_name ?? "",
    excludeCnFromSans: given.exclude_cn_from_sans ?? false,
    altNames: listOf(given.alt_names),
    ipSans: listOf(given.ip_sans),
    uriSans: listOf(given.uri_sans),
    // A value of a name of a kind of one's own may have commas in it.
    otherSans: typeof given.other_sans === "string" ? [given.other_sans] : (given.other_sans ?? []),
  };
}

export function subjectOf(given: z.infer<typeof subject>): SubjectFields {
  return {
    ou: listOf(given.ou),
    organization: listOf(given.organization),
    country: listOf(given.country),
    locality: listOf(given.locality),
    province: listOf(given.province),
    streetAddress: listOf(given.street_address),
    postalCode: listOf(given.postal_code),
    serialNumber: given.serial_number || null,
  };
}

/** What is given, and nothing else. */
export function subjectGivenIn(given: z.infer<typeof subject>): Partial<SubjectFields> {
  const all = Object.entries(subjectOf(given));
  const names: Readonly<Record<string, unknown>> = {
    streetAddress: given.street_address,
    postalCode: given.postal_code,
    serialNumber: given.serial_number,
    ...given,
  };
  return Object.fromEntries(all.filter(([field]) => names[field] !== undefined));
}

export function settingsOf(
  given: z.infer<typeof authority>,
  origin: string | undefined,
): AuthoritySettings {
  return {
    crlExpirySeconds: DEFAULT_CRL_EXPIRY_SECONDS,
    crlDisabled: false,
    namesCrl: false,
    namesIssuer: false,
    origin: originIn(origin),
    ...settingsPatchOf(given),
    maxTtlSeconds: secondsOf(given.max_ttl, "max_ttl"),
  };
}

export { settingsPatch };

/** Of a scheme, a host and a port; null for what no certificate could name. */
export function originIn(origin: string | undefined): string | null {
  const isOrigin = origin && origin.length <= MAX_ORIGIN_CHARS && URL.canParse(origin);
  return isOrigin ? new URL(origin).origin : null;
}

/** What is given, and nothing else. */
export function settingsPatchOf(given: z.infer<typeof settingsPatch>): Partial<AuthoritySettings> {
  const { max_ttl: maxTtl, crl_expiry: expiry, crl_disable: crlDisabled } = given;
  const { crl_distribution_points_encoded: namesCrl } = given;
  const { issuing_certificates_urls_encoded: namesIssuer } = given;
  return {
    ...(maxTtl === undefined ? {} : { maxTtlSeconds: secondsOf(maxTtl, "max_ttl") }),
    ...(expiry === undefined ? {} : { crlExpirySeconds: secondsOf(expiry, "crl_expiry") }),
    ...(crlDisabled === undefined ? {} : { crlDisabled }),
    ...(namesCrl === undefined ? {} : { namesCrl }),
    ...(namesIssuer === undefined ? {} : { namesIssuer }),
  };
}

/** What an authority is asked to be, apart from how long it lives. */
export function askedOf(given: z.infer<typeof authority>): Omit<
  AuthorityRequest,
  "keyType" | "keyBits" | "ttlSeconds"
> & {
  readonly keyType: string | undefined;
  readonly keyBits: number | undefined;
} {
  if (given.crypto_key !== undefined) {
    throw new Refusal(
      "invalid_request",
      "The keys of authorities are made and sealed by this installation: one of a hardware security module cannot be used.",
      { field: "crypto_key" },
    );
  }
  const domains = given.permitted_dns_domains;
  return {
    naming: namingOf(given),
    subject: subjectOf(given),
    keyType: given.key_type,
    keyBits: given.key_bits,
    format: given.format ?? "pem",
    privateKeyFormat: given.private_key_format ?? "der",
    maxPathLength: given.max_path_length ?? ANY_NUMBER,
    permittedDnsDomains: emptyAsNull(listOf(domains)),
  };
}

export function emptyAsNull(items: readonly string[]): readonly string[] | null {
  return items.length === 0 ? null : items;
}

export function settingsBody(settings: AuthoritySettings): object {
  return {
    max_ttl_seconds: settings.maxTtlSeconds,
    crl_expiry_seconds: settings.crlExpirySeconds,
    crl_disable: settings.crlDisabled,
    crl_distribution_points_encoded: settings.namesCrl,
    issuing_certificates_urls_encoded: settings.namesIssuer,
  };
}

/** What was never given is left out. */
export function namingBody(given: Naming, subjectGiven: SubjectFields): object {
  return {
    ...present("common_name", given.commonName || null),
    ...present("alt_names", emptyAsNull(given.altNames)),
    ...present("ip_sans", given.ipSans.join(",") || null),
    ...present("uri_sans", given.uriSans.join(",") || null),
    ...present("other_sans", emptyAsNull(given.otherSans)),
    exclude_cn_from_sans: given.excludeCnFromSans,
    ...subjectBody(subjectGiven),
  };
}

export function subjectBody(given: SubjectFields): object {
  return {
    ...present("ou", emptyAsNull(given.ou)),
    ...present("organization", emptyAsNull(given.organization)),
    ...present("country", emptyAsNull(given.country)),
    ...present("locality", emptyAsNull(given.locality)),
    ...present("province", emptyAsNull(given.province)),
    ...present("street_address", emptyAsNull(given.streetAddress)),
    ...present("postal_code", emptyAsNull(given.postalCode)),
    ...present("serial_number", given.serialNumber),
  };
}

/** The certificate of an authority; as a bundle, with those above it. */
export function issuedBody(issued: IssuedAuthority, format: AuthorityRequest["format"]): object {
  const { certificate, caChain } = issued;
  return {
    certificate: format === "pem_bundle" ? [certificate, ...caChain].join("") : certificate,
    ...present("issuing_ca", issued.issuingCa),
    ca_chain: caChain,
    expiration: issued.notAfter / 1_000,
  };
}
