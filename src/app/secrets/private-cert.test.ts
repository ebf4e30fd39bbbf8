import { createPrivateKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { opensslKey, requestBy } from "../../pki/testing/openssl.ts";
import { certificateText, verified } from "../../pki/testing/openssl-verify.ts";
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
  HOUR,
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
import { readSecret } from "./read-secret.ts";
import { createSecretGroup } from "./secret-groups.ts";
import {
  known,
  openCertificateStory,
  opened,
  type CertificateStory,
} from "./testing/private-certs.ts";

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
const checked: CertificateStory["checked"] = (...args) => story.checked(...args);

describe("a private certificate", () => {
  it("is issued with a key of its own, believed by openssl, and recorded without either", async () => {
    await template();
    const secret = await issue("web");
    const { pem, key } = opened(secret.payload);
    expect(await checked(pem)).toBe("OK");
    const x509 = new X509Certificate(pem);
    expect(x509.checkPrivateKey(createPrivateKey(key ?? ""))).toBe(true);
    expect(x509.subjectAltName).toBe("DNS:web.example.com");
    const { facts, certificateTemplate, certificateAuthority } = known(secret);
    expect([certificateTemplate, certificateAuthority]).toEqual(["template", "first"]);
    expect(facts.serialNumber.replaceAll(":", "").toUpperCase()).toBe(x509.serialNumber);
    expect(secret.expiresAt).toBe(x509.validToDate.getTime());
    expect(secret.state).toBe(1);
    expect(app.events().findLast(({ operation }) => operation === "secret.create")).toMatchObject({
      requestData: { name: "web", secretType: "private_cert", secretGroupId: "default" },
      responseData: {
        id: secret.id,
        versionId: secret.versionId,
        serialNumber: facts.serialNumber,
      },
    });
    const read = await app.done(readSecret, manager, { id: secret.id });
    expect(opened(read.payload)).toEqual({ pem, key });
    const ledger = app.log.lines.map((line) => Buffer.from(line).toString()).join("");
    for (const text of ["BEGIN", pem.slice(60, 100), (key ?? "").slice(60, 100)]) {
      expect(ledger).not.toContain(text);
    }
  });

  it("has its key in the form that is asked for", async () => {
    await template();
    const own = opened((await issue("own")).payload);
    const pkcs8 = opened((await issue("pkcs8", { privateKeyFormat: "pkcs8" })).payload);
    expect([own.key?.slice(0, 30), pkcs8.key?.slice(0, 27)]).toEqual([
      "-----BEGIN EC PRIVATE KEY-----",
      "-----BEGIN PRIVATE KEY-----",
    ]);
    await patchTemplate({ keyType: "rsa", keyBits: 2_048 });
    const rsa = opened((await issue("rsa")).payload);
    expect(rsa.key).toContain("BEGIN RSA PRIVATE KEY");
    expect(new X509Certificate(rsa.pem).checkPrivateKey(createPrivateKey(rsa.key ?? ""))).toBe(
      true,
    );
  });

  it("is kept sealed: its key stands nowhere in the database", async () => {
    await template();
    await issue("web");
    const tables = ["secrets", "versions", "configurations"];
    const rows = tables.flatMap((table) => app.database.all(`SELECT * FROM ${table}`));
    const text = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value))
      .join(" ");
    expect(text).not.toContain("PRIVATE KEY");
  });

  it("says of itself what the template has it say", async () => {
    await template({
      subject: { organization: ["Example"], country: ["DE"] },
      keyUsage: ["digitalsignature"],
      serverFlag: false,
      extKeyUsage: ["emailProtection"],
      extKeyUsageOids: ["1.3.6.1.4.1.99999.5"],
      policyIdentifiers: ["1.3.6.1.4.1.99999.1"],
      basicConstraintsValidForNonCa: true,
      notBeforeSeconds: HOUR,
      ttlSeconds: DAY,
    });
    const secret = await issue("web");
    const text = certificateText(opened(secret.payload).pem);
    expect(text).toContain("Subject: C = DE, O = Example, CN = web.example.com");
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature\n/);
    expect(text).toContain("TLS Web Client Authentication, E-mail Protection, 1.3.6.1.4.1.99999.5");
    expect(text).toContain("Policy: 1.3.6.1.4.1.99999.1");
    expect(text).toContain("CA:FALSE");
    const { notBefore, notAfter } = known(secret).facts;
    expect([notBefore, notAfter]).toEqual([START - HOUR * 1_000, START + DAY * 1_000]);
  });

  it("says where its issuer publishes, where the issuer says so", async () => {
    const origin = "https://keytrail.test:8443";
    const settings = { namesCrl: true, namesIssuer: true, origin };
    await my.make(intermediateInput("named", "root", { settings }));
    await my.make(templateInput("template", "named"));
    const text = certificateText(opened((await issue("web")).payload).pem);
    const base = `${origin}/v1/ibmcloud/private_cert/config/certificate_authorities/named`;
    expect(text).toContain(`CA Issuers - URI:${base}/ca\n`);
    expect(text).toContain(`URI:${base}/crl\n`);
  });

  it("without a common name has another one, where the template lets it", async () => {
    await template({ requireCn: false });
    const none = { naming: naming("", { altNames: ["a.example.com"] }) };
    const { pem } = opened((await issue("web", none)).payload);
    expect(new X509Certificate(pem).subject ?? "").toBe("");
    expect(await checked(pem)).toBe("OK");
    expect((await refusedIssue("nobody", { naming: naming("") })).details).toEqual({
      field: "commonName",
    });
  });
});

describe("how long a certificate lives", () => {
  const lives = async (ttlSeconds: number | null): Promise<number> => {
    const { expiresAt } = await issue(`web-${ttlSeconds}`, { ttlSeconds });
    return ((expiresAt ?? 0) - app.clock.now()) / 1_000;
  };

  it("is what is asked for, within the template's and the authority's longest", async () => {
    await template({ maxTtlSeconds: 100 * DAY, ttlSeconds: 10 * DAY });
    expect([await lives(null), await lives(5 * DAY), await lives(100 * DAY)]).toEqual([
      10 * DAY,
      5 * DAY,
      100 * DAY,
    ]);
    expect((await refusedIssue("long", { ttlSeconds: 101 * DAY })).details).toEqual({
      field: "ttl",
    });
    await patchTemplate({ maxTtlSeconds: 90 * YEAR });
    expect((await refusedIssue("long", { ttlSeconds: 2 * YEAR + 1 })).message).toContain("at most");
    expect((await refusedIssue("long", { ttlSeconds: 3 * YEAR })).details).toEqual({
      field: "ttl",
    });
  });

  it("ends no later than the authority: cut short, or refused where it was asked for", async () => {
    await template();
    const end = (await issue("now")).expiresAt;
    app.clock.advance(YEAR * 1_000);
    expect((await issue("later")).expiresAt).toBe(end);
    expect((await refusedIssue("asked", { ttlSeconds: YEAR + DAY })).message).toContain(
      "ends before",
    );
    app.clock.advance(YEAR * 1_000);
    expect((await refusedIssue("over")).message).toContain("has expired");
  });
});

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

describe("a CSR of the owner's", () => {
  const csr = (altNames = "DNS:csr.example.com", subject = "/O=Mine/CN=cn.example.com"): string =>
    requestBy(opensslKey(), { subject, altNames });

  it("has its key certified, which stays with its owner, for the names in it", async () => {
    await template();
    const secret = await issue("web", { csr: csr() });
    const { pem, key } = opened(secret.payload);
    expect(key).toBeNull();
    const x509 = new X509Certificate(pem);
    expect(x509.subject).toBe("CN=cn.example.com");
    expect(x509.subjectAltName).toBe("DNS:cn.example.com, DNS:csr.example.com");
    expect(await checked(pem)).toBe("OK");
  });

  it("has the names that are asked for instead, where the template has it so", async () => {
    await template({ useCsrCommonName: false, useCsrSans: false });
    const request = {
      csr: csr(),
      naming: naming("web.example.com", { altNames: ["b.example.com"] }),
    };
    const x509 = new X509Certificate(opened((await issue("web", request)).payload).pem);
    expect([x509.subject, x509.subjectAltName]).toEqual([
      "CN=web.example.com",
      "DNS:web.example.com, DNS:b.example.com",
    ]);
  });

  it("is kept without what else stood in the text", async () => {
    await template();
    const given = csr();
    const secret = await issue("web", { csr: `password: hunter2\n${given}` });
    const rows = app.database.all("SELECT attributes FROM secrets");
    expect(JSON.stringify(rows)).toContain("BEGIN CERTIFICATE REQUEST");
    expect(JSON.stringify([rows, known(secret)])).not.toContain("hunter2");
  });

  it("is judged by the template's rules like any other", async () => {
    await template();
    const names = async (given: string): Promise<string> =>
      (await refusedIssue("web", { csr: given })).message;
    expect(await names(csr("DNS:evil.test"))).toContain("does not allow this name");
    expect(await names(csr("DNS:a.example.com", "/CN=evil.test"))).toContain("does not allow");
    expect(await names(csr("DNS:evil.test@a.example.com"))).toContain("A host name has no @.");
    expect(await names(csr("RID:1.2.3,DNS:a.example.com"))).toContain(
      "of a kind that no template allows",
    );
    const rsa = requestBy(opensslKey("rsa"), { subject: "/CN=a.example.com" });
    expect(await names(rsa)).toContain("keys of the type ec");
    await patchTemplate({ keyType: "ec", keyBits: 384 });
    expect(await names(csr())).toContain("at least 384 bits");
  });

  it("is certified again with each version, or another one in its place", async () => {
    await template();
    const { id, payload } = await issue("web", { csr: csr() });
    const again = await app.done(createVersion, writer, { id });
    const other = await app.done(createVersion, writer, {
      id,
      payload: { kind: "private_cert", csr: csr("DNS:other.example.com") },
    });
    if (again.kind !== "created" || other.kind !== "created") throw new Error("no version");
    const [first, second, third] = [payload, again.payload, other.payload].map(
      (one) => new X509Certificate(opened(one).pem),
    );
    const keys = [first, second, third].map((one) =>
      one?.publicKey.export({ type: "spki", format: "pem" }),
    );
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(second?.serialNumber).not.toBe(first?.serialNumber);
    expect(third?.subjectAltName).toContain("other.example.com");
  });

  it("is not taken for a secret whose key is made here", async () => {
    await template();
    const { id } = await issue("web");
    const input = { id, payload: { kind: "private_cert", csr: csr() } } as const;
    expect((await app.refused(createVersion, writer, input)).details).toEqual({ field: "csr" });
  });
});
