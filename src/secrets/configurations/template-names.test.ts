import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import type { NameInCertificate } from "./naming.ts";
import { DEFAULT_RULES, type TemplateRules } from "./template.ts";
import { assertNamesAllowed, matches } from "./template-names.ts";

type Rules = Partial<TemplateRules>;

function isAllowed(altNames: readonly NameInCertificate[], rules: Rules, commonName = ""): boolean {
  const all = { ...DEFAULT_RULES, requireCn: false, allowLocalhost: false, ...rules };
  try {
    assertNamesAllowed({ commonName, altNames }, all);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

const dns = (value: string): NameInCertificate => ({ kind: "dns", value });
const mail = (value: string): NameInCertificate => ({ kind: "email", value });
const example: Rules = { allowedDomains: ["example.com"] };

describe("a host name", () => {
  it.each<[name: string, rules: Rules, isAllowed: boolean]>([
    ["example.com", {}, false],
    ["example.com", example, false],
    ["example.com", { ...example, allowBareDomains: true }, true],
    ["EXAMPLE.com", { ...example, allowBareDomains: true }, true],
    ["a.example.com", { ...example, allowBareDomains: true }, false],
    ["a.example.com", { ...example, allowSubdomains: true }, true],
    ["a.b.example.com", { ...example, allowSubdomains: true }, true],
    ["example.com", { ...example, allowSubdomains: true }, false],
    ["badexample.com", { ...example, allowSubdomains: true, allowBareDomains: true }, false],
    ["example.com.evil.test", { ...example, allowSubdomains: true }, false],
    ["*.example.com", { ...example, allowSubdomains: true }, true],
    ["*.example.com", { ...example, allowBareDomains: true }, false],
    [
      "*.example.com",
      { ...example, allowSubdomains: true, allowWildcardCertificates: false },
      false,
    ],
    ["*.com", { ...example, allowSubdomains: true }, false],
    ["ftp1.example.com", { allowedDomains: ["ftp*.example.com"] }, false],
    ["ftp1.example.com", { allowedDomains: ["ftp*.example.com"], allowGlobDomains: true }, true],
    ["FTP1.example.com", { allowedDomains: ["ftp*.example.com"], allowGlobDomains: true }, true],
    ["web.example.com", { allowedDomains: ["ftp*.example.com"], allowGlobDomains: true }, false],
    ["anything.test", { allowAnyName: true }, true],
    ["*.anything.test", { allowAnyName: true, allowWildcardCertificates: false }, false],
    ["f*o.example.com", { allowAnyName: true }, false],
    ["f*o.example.com", { allowAnyName: true, enforceHostnames: false }, true],
    ["localhost", { allowLocalhost: true }, true],
    ["localhost", {}, false],
    ["a.localhost", { allowLocalhost: true }, false],
  ])("%s, by %j, is allowed: %s", (name, rules, allowed) => {
    expect(isAllowed([dns(name)], rules)).toBe(allowed);
    // The common name is judged like any other.
    expect(isAllowed([], rules, name)).toBe(allowed);
  });

  it("is allowed by an oracle's words exactly where the rules allow it", () => {
    const label = fc.constantFrom("a", "b", "example", "com", "x1");
    const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
    const asked = fc.tuple(fc.boolean(), host).map(([star, name]) => (star ? `*.${name}` : name));
    const rules = fc.record({
      allowedDomains: fc.array(host, { maxLength: 3 }),
      allowBareDomains: fc.boolean(),
      allowSubdomains: fc.boolean(),
      allowWildcardCertificates: fc.boolean(),
      allowAnyName: fc.boolean(),
    });
    fc.assert(
      fc.property(asked, rules, (name, given) => {
        const isStar = name.startsWith("*.");
        const bare = given.allowBareDomains && given.allowedDomains.includes(name);
        const below =
          given.allowSubdomains &&
          given.allowedDomains.some((domain) => new RegExp(`\\.${domain}$`).test(name));
        const byRule = given.allowAnyName || bare || below;
        const expected = byRule && (!isStar || given.allowWildcardCertificates);
        expect(isAllowed([dns(name)], given)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the other names", () => {
  it("of mail go by their host", () => {
    const rules = { ...example, allowSubdomains: true };
    expect(isAllowed([mail("who@a.example.com")], rules)).toBe(true);
    expect(isAllowed([mail("who@example.com")], rules)).toBe(false);
    expect(isAllowed([mail("who@example.com")], { ...example, allowBareDomains: true })).toBe(true);
    expect(isAllowed([mail("who@evil.test@a.example.com")], rules)).toBe(false);
    expect(isAllowed([mail("who@a.example.com@evil.test")], rules)).toBe(false);
  });

  it("of addresses are allowed as a whole, also as a common name", () => {
    const address: NameInCertificate = { kind: "ip", value: "10.0.0.1" };
    expect(isAllowed([address], {})).toBe(true);
    expect(isAllowed([address], { allowIpSans: false, allowAnyName: true })).toBe(false);
    expect(isAllowed([], { allowIpSans: false, allowAnyName: true }, "2001:db8::1")).toBe(false);
    expect(isAllowed([], {}, "10.0.0.1")).toBe(true);
  });

  it("of URIs go by patterns, in their own case", () => {
    const uri = (value: string): NameInCertificate => ({ kind: "uri", value });
    const rules = { allowAnyName: true, allowedUriSans: ["spiffe://prod/*", "urn:one"] };
    expect(isAllowed([uri("spiffe://prod/web")], rules)).toBe(true);
    expect(isAllowed([uri("urn:one")], rules)).toBe(true);
    expect(isAllowed([uri("spiffe://PROD/web")], rules)).toBe(false);
    expect(isAllowed([uri("xspiffe://prod/web")], rules)).toBe(false);
    expect(isAllowed([uri("urn:one")], { allowAnyName: true })).toBe(false);
  });

  it("of one's own go by their OID and a pattern", () => {
    const other: NameInCertificate = { kind: "other", oid: "1.2.3", value: "who@example" };
    const allowed = (...allowedOtherSans: string[]): boolean =>
      isAllowed([other], { allowedOtherSans });
    expect(allowed("1.2.3;UTF8:who@*")).toBe(true);
    expect(allowed("1.2.3:utf8:who@example")).toBe(true);
    expect(allowed("*")).toBe(true);
    expect(allowed()).toBe(false);
    expect(allowed("1.2.33;UTF8:*")).toBe(false);
    expect(allowed("1.2.3;UTF8:WHO@example")).toBe(false);
    expect(allowed("1x2.3;UTF8:*")).toBe(false);
  });

  it("of kinds that nobody knows are allowed by nothing", () => {
    expect(isAllowed([{ kind: "unread" }], { allowAnyName: true, allowedOtherSans: ["*"] })).toBe(
      false,
    );
  });

  it("do not stand in for a common name where one is required", () => {
    const rules = { allowAnyName: true, requireCn: true };
    expect(isAllowed([dns("a.test")], rules)).toBe(false);
    expect(isAllowed([dns("a.test")], rules, "a.test")).toBe(true);
    expect(isAllowed([], rules, "Some Body")).toBe(false);
    expect(isAllowed([], { ...rules, enforceHostnames: false }, "Some Body")).toBe(true);
  });
});

describe("a pattern", () => {
  it("means what the regular expression for it means", () => {
    const text = fc.stringMatching(/^[ab.*]{0,8}$/);
    fc.assert(
      fc.property(text, fc.stringMatching(/^[ab.]{0,10}$/), (pattern, given) => {
        const source = pattern.replaceAll(".", String.raw`\.`).replaceAll("*", ".*");
        expect(matches(pattern, given)).toBe(new RegExp(`^${source}$`).test(given));
      }),
      { numRuns: 3_000 },
    );
  });

  it("of many stars is not tried in every way that there is", () => {
    expect(matches("*a".repeat(60), "a".repeat(59).concat("b".repeat(5_000)))).toBe(false);
  });
});
