/** What a template lets a certificate say, and what it keeps out of every one. */
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { opensslKey, requestBy } from "../../pki/testing/openssl.ts";
import { verified } from "../../pki/testing/openssl-verify.ts";
import type { Caller } from "../call.ts";
import {
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "../configurations/change-configuration.ts";
import { createConfiguration } from "../configurations/create-configuration.ts";
import type { GivenRules } from "../configurations/kinds/certificate-template.ts";
import {
  certificateInput,
  DAY,
  intermediateInput,
  naming,
  rootInput,
  templateInput,
  YEAR,
  type Acting,
} from "../configurations/testing/authorities.ts";
import { certificateOf } from "../configurations/testing/published.ts";
import { START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { createSecretGroup } from "./secret-groups.ts";
import { openCertificateStory, opened, type CertificateStory } from "./testing/private-certs.ts";

let story: CertificateStory;
let app: TestApp;
let manager: Caller;
let writer: Caller;
let my: Acting;

beforeEach(async () => {
  story = await openCertificateStory();
  ({ app, manager, writer, my } = story);
});

afterEach(() => app.close());

const template: CertificateStory["template"] = (rules) => story.template(rules);
const patchTemplate: CertificateStory["patchTemplate"] = (rules) => story.patchTemplate(rules);
const issue: CertificateStory["issue"] = (...args) => story.issue(...args);
const refusedIssue: CertificateStory["refusedIssue"] = (...args) => story.refusedIssue(...args);

describe("what the template does not allow", () => {
  it.each<
    [
      what: string,
      rules: GivenRules,
      request: Parameters<typeof certificateInput>[1],
      field: string,
    ]
  >([
    ["a name elsewhere", {}, { naming: naming("web.evil.test") }, "commonName"],
    [
      "another name elsewhere",
      {},
      { naming: naming("web.example.com", { altNames: ["evil.test"] }) },
      "altNames",
    ],
    [
      "an address",
      { allowIpSans: false },
      { naming: naming("web.example.com", { ipSans: ["10.0.0.1"] }) },
      "ipSans",
    ],
    ["a URI", {}, { naming: naming("web.example.com", { uriSans: ["spiffe://x"] }) }, "uriSans"],
    [
      "a name of a kind of one's own",
      {},
      { naming: naming("web.example.com", { otherSans: ["1.2.3;UTF8:x"] }) },
      "otherSans",
    ],
    [
      "a star",
      { allowWildcardCertificates: false },
      { naming: naming("*.example.com") },
      "commonName",
    ],
    [
      "what is no name",
      {},
      { naming: naming("web.example.com", { ipSans: ["nonsense"] }) },
      "ipSans",
    ],
    ["a CSR that is none", {}, { csr: "nonsense" }, "csr"],
  ])("is not issued: %s", async (...[, rules, request, field]) => {
    await template(rules);
    const refusal = await refusedIssue("web", request);
    expect([refusal.code, refusal.details["field"]]).toEqual(["invalid_request", field]);
    // What was asked for is in no record: nobody has looked at it yet.
    expect(app.lastEvent()).toMatchObject({ outcome: "failure", operation: "secret.create" });
    expect(app.lastEvent().requestData).toEqual({});
  });

  it("is more names than a certificate may have, however they come", async () => {
    await template({ allowAnyName: true });
    const many = Array.from({ length: 101 }, (_, at) => `n${at}.example.com`);
    const request = { naming: naming("web.example.com", { altNames: many }) };
    expect((await refusedIssue("web", request)).code).toBe("limit_reached");
    const altNames = many.map((name) => `DNS:${name}`).join(",");
    const csr = requestBy(opensslKey(), { subject: "/CN=web.example.com", altNames });
    expect((await refusedIssue("web", { csr })).code).toBe("limit_reached");
  });

  it("is in no certificate that was issued, whatever is asked for", async () => {
    const host = fc.constantFrom(
      "example.com",
      "a.example.com",
      "*.example.com",
      "badexample.com",
      "example.com.test",
      "b.a.test",
      "*.a.test",
      "who@a.example.com",
    );
    const given = fc.record({
      commonName: host,
      altNames: fc.array(host, { maxLength: 1 }),
      ipSans: fc.array(fc.ipV4(), { maxLength: 1 }),
      excludeCnFromSans: fc.boolean(),
    });
    const rules = fc.record({
      allowedDomains: fc.subarray(["example.com", "a.test"]),
      allowBareDomains: fc.boolean(),
      allowSubdomains: fc.boolean(),
      allowWildcardCertificates: fc.boolean(),
      allowIpSans: fc.boolean(),
      allowLocalhost: fc.constant(false),
    });
    await template();
    let issued = 0;
    await fc.assert(
      fc.asyncProperty(given, rules, async ({ commonName, ...names }, allowed) => {
        await patchTemplate(allowed);
        const input = certificateInput(`n${issued}`, { naming: naming(commonName, names) });
        const performed = await app.perform(createSecret, writer, input);
        if (performed.kind === "refused") return;
        issued += 1;
        const x509 = new X509Certificate(opened(performed.output.payload).pem);
        const all = [x509.subject, ...(x509.subjectAltName ?? "").split(", ")].filter(Boolean);
        for (const name of all) {
          const [, kind = "", value = ""] = /^(\w+|IP Address)[:=](.+)$/.exec(name) ?? [];
          if (kind === "IP Address") {
            expect(allowed.allowIpSans).toBe(true);
            continue;
          }
          const domains = allowed.allowedDomains.filter(
            (domain) =>
              (allowed.allowBareDomains && value === domain) ||
              (allowed.allowSubdomains && value.endsWith(`.${domain}`)),
          );
          expect(domains).not.toEqual([]);
          if (value.includes("*")) expect(allowed.allowWildcardCertificates).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(issued).toBeGreaterThan(5);
  });

  it("of its groups alone has certificates made by it", async () => {
    const { id: group } = await app.done(createSecretGroup, manager, { name: "mine" });
    await template({ allowedSecretGroups: [group] });
    const refusal = await refusedIssue("web");
    expect([refusal.code, app.lastEvent().reason?.reasonCode]).toEqual(["forbidden", 403]);
    const { id } = await issue("web", {}, { secretGroupId: group });
    await patchTemplate({ allowedSecretGroups: ["default"] });
    expect((await app.refused(createVersion, writer, { id })).code).toBe("forbidden");
  });

  it("is not a domain that the authority is kept from", async () => {
    const limits = { permittedDnsDomains: ["corp.test"] };
    await my.make(rootInput("limited", { asked: limits }));
    await my.make(intermediateInput("below", "limited"));
    await my.make(templateInput("template", "below", { allowAnyName: true }));
    expect((await refusedIssue("web")).message).toContain("limited to other domains");
    const inside = await issue("inside", { naming: naming("web.corp.test") });
    const [root, above] = [await certificateOf(app, "limited"), await certificateOf(app, "below")];
    const { pem: certificate } = opened(inside.payload);
    expect(verified({ at: START, root, intermediates: [above], certificate })).toBe("OK");
  });
});

describe("a template", () => {
  const refusedTemplate = async (rules: GivenRules, authority = "first"): Promise<unknown> => {
    const input = templateInput("template", authority, rules);
    return (await app.refused(createConfiguration, manager, input)).details["field"];
  };

  it("is not made of what contradicts itself, or of what nobody knows", async () => {
    expect(await refusedTemplate({}, "nobody")).toBe("certificateAuthority");
    expect(await refusedTemplate({}, "root")).toBe("certificateAuthority");
    expect(await refusedTemplate({ keyType: "dsa" })).toBe("keyType");
    expect(await refusedTemplate({ keyType: "rsa", keyBits: 1_000 })).toBe("keyBits");
    expect(await refusedTemplate({ keyUsage: ["Everything"] })).toBe("keyUsage");
    expect(await refusedTemplate({ keyUsage: ["CertSign"] })).toBe("keyUsage");
    expect(await refusedTemplate({ extKeyUsage: ["Everything"] })).toBe("extKeyUsage");
    expect(await refusedTemplate({ extKeyUsageOids: ["1.x"] })).toBe("extKeyUsageOids");
    expect(await refusedTemplate({ policyIdentifiers: ["x"] })).toBe("policyIdentifiers");
    expect(await refusedTemplate({ maxTtlSeconds: DAY, ttlSeconds: 2 * DAY })).toBe("ttl");
    expect(await refusedTemplate({ notBeforeSeconds: YEAR })).toBe("notBeforeDuration");
    expect(await refusedTemplate({ subject: { country: ["DEU"] } })).toBe("country");
    expect(await refusedTemplate({ allowedDomains: ["x".repeat(300)] })).toBe("allowedDomains");
    const nowhere = "00000000-0000-4000-8000-000000000000";
    expect(await refusedTemplate({ allowedSecretGroups: [nowhere] })).toBe("allowedSecretGroups");
  });

  it("that changes has the next version made by its new rules", async () => {
    await template();
    const { id } = await issue("web");
    await patchTemplate({ subject: { ou: ["New"] }, ttlSeconds: DAY });
    const made = await app.done(createVersion, writer, { id });
    if (made.kind !== "created") throw new Error("no version");
    expect(new X509Certificate(opened(made.payload).pem).subject).toBe(
      "OU=New\nCN=web.example.com",
    );
    await patchTemplate({ allowedDomains: ["other.test"] });
    expect((await app.refused(createVersion, writer, { id })).details).toEqual({
      field: "commonName",
    });
  });

  it("that is changed while a key is being made has nothing issued by its old rules", async () => {
    // A key that takes long enough for a change to come in between.
    await template({ keyType: "rsa", keyBits: 3_072 });
    const making = refusedIssue("web");
    await patchTemplate({ allowedDomains: ["other.test"] });
    expect((await making).message).toContain("changed at the same time");
    await patchTemplate({ allowedDomains: ["example.com"] });
    const meanwhile = refusedIssue("web");
    const settings = { maxTtlSeconds: YEAR };
    const patch = { kind: "intermediate-authority", settings } as const;
    const patches = { "intermediate-authority": patch };
    const input = updateConfigurationInput({ name: "first" }, patches, settings);
    await app.done(updateConfiguration, manager, input);
    expect((await meanwhile).message).toContain("authority was changed at the same time");
    const late = refusedIssue("web");
    await my.act("first", "revoke_ca_certificate");
    expect((await late).message).toContain("has been revoked");
  });

  it("stays while certificates are made with it", async () => {
    await template();
    const { id } = await issue("web");
    const refusal = await app.refused(deleteConfiguration, manager, { name: "template" });
    expect(refusal.code).toBe("conflict");
    await app.done(deleteSecret, manager, { id });
    await app.done(deleteConfiguration, manager, { name: "template" });
    expect((await refusedIssue("other")).details).toEqual({ field: "template" });
  });
});
