/** The domains that an authority is for: names in them, and below them, are all that it certifies. */
import { Refusal } from "../../kernel/errors.ts";
import { isEmail, isHostName, type AltName } from "../../pki/alt-names.ts";

export const MAX_DOMAINS = 100;

/** In lower case, each once. `*.example.com` is for what is below it only. Refuses what is none, and none at all. */
export function domainsOf(given: readonly string[]): readonly string[] {
  const domains = [...new Set(given.map((domain) => domain.trim().toLowerCase()))];
  if (domains.length > 0 && domains.length <= MAX_DOMAINS && domains.every(isHostName)) {
    return domains;
  }
  const sentence = `An authority is for 1 to ${MAX_DOMAINS} domains, each a host name.`;
  throw new Refusal("invalid_request", sentence, { field: "domains" });
}

/** Refuses every name but host names and e-mail addresses in the domains. */
export function assertWithin(domains: readonly string[], names: readonly AltName[]): void {
  if (names.length > 0 && names.every((name) => isWithin(domains, name))) return;
  const sentence =
    "A certificate by this authority has names in its domains: at least one, and no others.";
  throw new Refusal("precondition_failed", sentence, { reason: "outside-domains" });
}

/** What only ends like a name in the domains (`evil.net/.example.com`) means something else to whoever reads it. */
function isWithin(domains: readonly string[], name: AltName): boolean {
  if (name.kind === "dns") {
    return isHostName(name.value) && isHostWithin(domains, name.value.toLowerCase());
  }
  if (name.kind !== "email" || !isEmail(name.value)) return false;
  return isHostWithin(domains, name.value.slice(name.value.lastIndexOf("@") + 1).toLowerCase());
}

function isHostWithin(domains: readonly string[], host: string): boolean {
  // A wildcard below a domain ends as every name there does.
  return domains.some((domain) => host === domain || host.endsWith(`.${base(domain)}`));
}

function base(domain: string): string {
  return domain.startsWith("*.") ? domain.slice(2) : domain;
}
