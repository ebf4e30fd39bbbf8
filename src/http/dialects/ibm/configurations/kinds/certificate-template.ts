/** `private_cert_configuration_template` */
import { z } from "zod";
import type { TemplatePatch } from "../../../../../app/configurations/kinds/certificate-template.ts";
import { Refusal } from "../../../../../kernel/errors.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import type { TemplateRules } from "../../../../../secrets/configurations/template.ts";
import { read } from "../../body.ts";
import { duration, secondsOf } from "../../fields.ts";
import { groupId } from "../../path.ts";
import { present } from "../../shapes.ts";
import { list, listOf, subjectBody, subjectFields, subjectGivenIn } from "./authority-fields.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

/** Rules that are written alike on both sides. */
const FLAGS = {
  allow_localhost: "allowLocalhost",
  allow_bare_domains: "allowBareDomains",
  allow_subdomains: "allowSubdomains",
  allow_glob_domains: "allowGlobDomains",
  allow_wildcard_certificates: "allowWildcardCertificates",
  allow_any_name: "allowAnyName",
  enforce_hostnames: "enforceHostnames",
  allow_ip_sans: "allowIpSans",
  server_flag: "serverFlag",
  client_flag: "clientFlag",
  code_signing_flag: "codeSigningFlag",
  email_protection_flag: "emailProtectionFlag",
  use_csr_common_name: "useCsrCommonName",
  use_csr_sans: "useCsrSans",
  require_cn: "requireCn",
  basic_constraints_valid_for_non_ca: "basicConstraintsValidForNonCa",
} as const satisfies Readonly<Record<string, keyof TemplateRules>>;

const LISTS = {
  allowed_domains: "allowedDomains",
  allowed_uri_sans: "allowedUriSans",
  allowed_other_sans: "allowedOtherSans",
  key_usage: "keyUsage",
  ext_key_usage: "extKeyUsage",
  ext_key_usage_oids: "extKeyUsageOids",
  policy_identifiers: "policyIdentifiers",
} as const satisfies Readonly<Record<string, keyof TemplateRules>>;

type FlagField = keyof typeof FLAGS;
type ListField = keyof typeof LISTS;

const flagFields = Object.keys(FLAGS) as readonly FlagField[];
const listFields = Object.keys(LISTS) as readonly ListField[];

const flag = z.boolean().optional();
const flags = Object.fromEntries(flagFields.map((field) => [field, flag])) as Readonly<
  Record<FlagField, typeof flag>
>;
const lists = Object.fromEntries(listFields.map((field) => [field, list])) as Readonly<
  Record<ListField, typeof list>
>;

const ruleFields = {
  ...flags,
  ...lists,
  ...subjectFields,
  allowed_secret_groups: list,
  allowed_domains_template: flag,
  max_ttl: duration.optional(),
  ttl: duration.optional(),
  key_type: z.string().optional(),
  key_bits: z.int().optional(),
  not_before_duration: duration.optional(),
};
const prototype = z.strictObject({ certificate_authority: z.string(), ...ruleFields });
const patch = z.strictObject(ruleFields);

type GivenRules = z.infer<typeof patch>;

export const certificateTemplate: WireConfiguration = {
  create(body) {
    const { certificate_authority: certificateAuthority, ...given } = read(prototype, body);
    return { kind: "template", certificateAuthority, rules: rulesOf(given) };
  },
  patch(body) {
    const given = read(patch, body);
    return { kind: "template", rules: rulesOf(given) };
  },
  show(configuration) {
    const { certificateAuthority, rules } = attributesOf(configuration, "template");
    return { certificate_authority: certificateAuthority, ...rulesBody(rules) };
  },
};

/** What is given, and nothing else. */
function rulesOf(given: GivenRules): TemplatePatch["rules"] {
  if (given.allowed_domains_template) {
    throw new Refusal(
      "invalid_request",
      "Domains with templates of identities in them are not to be had here: name the domains.",
      { field: "allowed_domains_template" },
    );
  }
  const named = Object.fromEntries([
    ...flagFields.flatMap((field) =>
      given[field] === undefined ? [] : [[FLAGS[field], given[field]]],
    ),
    ...listFields.flatMap((field) =>
      given[field] === undefined ? [] : [[LISTS[field], listOf(given[field])]],
    ),
  ]) as TemplatePatch["rules"];
  return { ...named, ...keyAndTimesOf(given) };
}

function keyAndTimesOf(given: GivenRules): TemplatePatch["rules"] {
  const { max_ttl: maxTtl, ttl, key_type: keyType, key_bits: keyBits } = given;
  const { allowed_secret_groups: groups, not_before_duration: before } = given;
  return {
    ...(groups === undefined ? {} : { allowedSecretGroups: groupsOf(listOf(groups)) }),
    ...(maxTtl === undefined ? {} : { maxTtlSeconds: secondsOf(maxTtl, "max_ttl") }),
    ...(ttl === undefined ? {} : { ttlSeconds: secondsOf(ttl, "ttl") }),
    ...(keyType === undefined ? {} : { keyType, keyBits: keyBits ?? null }),
    ...(keyBits === undefined ? {} : { keyBits }),
    subject: subjectGivenIn(given),
    ...(before === undefined ? {} : { notBeforeSeconds: backdatingOf(before) }),
  };
}

/** An empty list allows every group, as if there were none. */
function groupsOf(groups: readonly string[]): readonly string[] | null {
  return groups.length === 0 ? null : groups.map(groupId);
}

/** Of all lengths of time the one that may be none at all. */
function backdatingOf(given: string | number): number {
  return /^0[smhd]?$/.test(String(given)) ? 0 : secondsOf(given, "not_before_duration");
}

function rulesBody(rules: TemplateRules): object {
  const { allowedSecretGroups: groups } = rules;
  return {
    ...present("allowed_secret_groups", groups && groups.join(",")),
    ...present("max_ttl_seconds", rules.maxTtlSeconds),
    ...present("ttl_seconds", rules.ttlSeconds),
    ...Object.fromEntries(flagFields.map((field) => [field, rules[FLAGS[field]]])),
    ...Object.fromEntries(listFields.map((field) => [field, rules[LISTS[field]]])),
    allowed_domains_template: false,
    key_type: rules.keyType,
    ...present("key_bits", rules.keyBits),
    ...subjectBody(rules.subject),
    not_before_duration_seconds: rules.notBeforeSeconds,
  };
}
