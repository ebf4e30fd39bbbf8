/**
 * Which names a template lets stand in a certificate: the rules of a role of Vault's PKI engine. A name is allowed by
 * one rule or by none; refusals do not repeat it.
 */
import { isIP } from "node:net";
import { Refusal } from "../../kernel/errors.ts";
import type { NameInCertificate } from "./naming.ts";
import type { TemplateRules } from "./template.ts";

/** The names of a certificate, as they are going to stand in it. */
export interface NamesOfCertificate {
  /** Empty for none. */
  readonly commonName: string;
  readonly altNames: readonly NameInCertificate[];
}

/** RFC 1123, section 2.1. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Throws a Refusal for the first name that the rules do not allow. */
export function assertNamesAllowed(names: NamesOfCertificate, rules: TemplateRules): void {
  const { commonName } = names;
  if (commonName === "" && rules.requireCn) {
    throw refused("The template requires a common name.", "commonName");
  }
  if (commonName !== "") {
    if (isIP(commonName) === 0) assertHostAllowed(commonName, rules, "commonName");
    else assertAddressAllowed(rules, "commonName");
  }
  for (const name of names.altNames) assertNameAllowed(name, rules);
}

function assertNameAllowed(name: NameInCertificate, rules: TemplateRules): void {
  switch (name.kind) {
    case "dns":
      // Judged by its host, as a mail address is, it would be another name than the one that stands there.
      if (name.value.includes("@")) throw refused("A host name has no @.", "altNames");
      return assertHostAllowed(name.value, rules, "altNames");
    case "email":
      return assertHostAllowed(name.value, rules, "altNames");
    case "ip":
      return assertAddressAllowed(rules, "ipSans");
    case "uri":
      if (rules.allowedUriSans.some((pattern) => matches(pattern, name.value))) return;
      throw refused("The template does not allow this URI.", "uriSans");
    case "other":
      if (rules.allowedOtherSans.some((pattern) => allowsOther(pattern, name))) return;
      throw refused("The template does not allow this other name.", "otherSans");
    case "unread":
      throw refused("The CSR has an alternative name of a kind that no template allows.", "csr");
  }
}

function assertAddressAllowed({ allowIpSans }: TemplateRules, field: string): void {
  if (!allowIpSans) throw refused("The template allows no IP addresses.", field);
}

/** A host name, or a mail address by its host. */
interface Host {
  readonly whole: string;
  /** Without what stands before an @, and without a star label at its front. */
  readonly host: string;
  readonly isWildcard: boolean;
}

function assertHostAllowed(text: string, rules: TemplateRules, field: string): void {
  const host = hostOf(text);
  if (text.split("@").length > 2) throw refused("A mail address has one @.", field);
  if (host.isWildcard && !rules.allowWildcardCertificates) {
    throw refused("The template allows no names with a star.", field);
  }
  if (rules.enforceHostnames && !HOST_NAME.test(host.host)) {
    throw refused("The template allows host names only, and mail addresses at them.", field);
  }
  if (!isAllowed(host, rules)) throw refused("The template does not allow this name.", field);
}

function isAllowed(host: Host, rules: TemplateRules): boolean {
  if (rules.allowAnyName) return true;
  if (rules.allowLocalhost && !host.isWildcard && isLocal(host.host)) return true;
  return rules.allowedDomains.some((domain) => {
    if (rules.allowBareDomains && !host.isWildcard && isSame(host.host, domain)) return true;
    if (rules.allowSubdomains && isUnder(host, domain)) return true;
    if (!rules.allowGlobDomains || !domain.includes("*")) return false;
    return matches(domain.toLowerCase(), host.whole.toLowerCase());
  });
}

/** `a.example.com` is under `example.com`, and so is `*.example.com`; `badexample.com` is not. */
function isUnder({ host, isWildcard }: Host, domain: string): boolean {
  if (host.toLowerCase().endsWith(`.${domain.toLowerCase()}`)) return true;
  return isWildcard && isSame(host, domain);
}

function isLocal(host: string): boolean {
  return isSame(host, "localhost") || isSame(host, "localdomain");
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function hostOf(whole: string): Host {
  const host = whole.slice(whole.lastIndexOf("@") + 1);
  // RFC 6125, section 6.4.3: a star is the whole of the first label; anywhere else it is no host name.
  return {
    whole,
    host: host.startsWith("*.") ? host.slice(2) : host,
    isWildcard: host.includes("*"),
  };
}

/** `<oid>;UTF8:<value>`, with a colon after the OID as well. */
const OTHER_PATTERN = /^([\d.]+)[;:]UTF-?8(?:String)?:(.+)$/is;

function allowsOther(
  pattern: string,
  { oid, value }: { readonly oid: string; readonly value: string },
): boolean {
  if (pattern === "*") return true;
  const [, allowedOid, allowedValue = ""] = OTHER_PATTERN.exec(pattern) ?? [];
  return allowedOid === oid && matches(allowedValue, value);
}

/** Whether a text is what a pattern says, in which stars stand for anything. Takes time in proportion to both. */
export function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return first === text;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
