/** Certificates of the instance's own authorities as secrets: issued, and how long they live. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { opensslKey, requestBy } from "../../pki/testing/openssl.ts";
import { certificateText } from "../../pki/testing/openssl-verify.ts";
import type { Caller } from "../call.ts";
import {
  DAY,
  HOUR,
  intermediateInput,
  naming,
  templateInput,
  YEAR,
  type Acting,
} from "../configurations/testing/authorities.ts";
import { START, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { readSecret } from "./read-secret.ts";
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
