import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { opensslKey, OpensslAuthority } from "../../../pki/testing/openssl.ts";
import { MAX_IMPORTED_BYTES } from "../../../secrets/kinds/imported-cert.ts";
import type { Caller } from "../../call.ts";
import { Schedule } from "../../schedule.ts";
import { openTestApp, START, type TestApp } from "../../testing/test-app.ts";
import { createSecret } from "../create-secret.ts";
import { createVersion } from "../create-version.ts";
import { expirationJob } from "../jobs.ts";
import { readSecretMetadata } from "../read-secret-metadata.ts";
import { readSecret } from "../read-secret.ts";
import { readVersion } from "../read-version.ts";
import { createSecretLocks, createSecretLocksInput } from "../secret-locks.ts";
import { importedCert, opened, renewal, type Pems } from "../testing/certificates.ts";
import { created } from "../testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "../update-secret-metadata.ts";

const DAY_MS = 86_400_000;
const root = OpensslAuthority.open(START);
const below = root.intermediate("/O=Example/CN=Below");
const first = below.issue(
  { subject: "/C=US/O=Example/CN=a.example.com", altNames: "DNS:a.example.com,DNS:b.example.com" },
  { notAfter: START + 30 * DAY_MS },
);
const second = below.issue({ subject: "/CN=a.example.com" }, { notAfter: START + 90 * DAY_MS });
afterAll(() => [root, below].forEach((one) => one.close()));

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const whole = { ...first, intermediate: below.certificate };
const make = (pems: Pems = whole, name = "tls") =>
  app.done(createSecret, manager, importedCert(name, pems));

describe("a certificate that is imported", () => {
  it("is the secret's value at once, and comes back as it was given", async () => {
    const made = await make();
    expect(made).toMatchObject({ state: 1, versionsTotal: 1, payloadAvailable: true });
    const { payload } = await app.done(readSecret, manager, { id: made.id });
    expect(opened(payload)).toEqual({
      certificate: first.certificate,
      intermediate: below.certificate,
      privateKey: first.key,
    });
  });

  it("tells what it says, the library being witness, and that the secret ends when it does", async () => {
    const x509 = new X509Certificate(first.certificate);
    const facts = {
      commonName: "a.example.com",
      altNames: ["a.example.com", "b.example.com"],
      issuer: "O=Example, CN=Below",
      serialNumber: (x509.serialNumber.toLowerCase().match(/../g) ?? []).join(":"),
      signingAlgorithm: "ECDSA-SHA256",
      keyAlgorithm: "EC256",
      notBefore: x509.validFromDate.getTime(),
      notAfter: START + 30 * DAY_MS,
      intermediateIncluded: true,
      privateKeyIncluded: true,
    };
    const made = await make();
    expect(made.attributes).toEqual({ kind: "imported_cert", facts, managedCsr: null });
    expect(made.expiresAt).toBe(START + 30 * DAY_MS);
    const version = await app.done(readVersion, manager, { id: made.id, alias: "current" });
    expect(version.attributes).toEqual({ kind: "certificate", facts, revokedAt: null });
    expect(version.expiresAt).toBe(START + 30 * DAY_MS);
  });

  it("may come alone", async () => {
    const made = await make({ certificate: first.certificate });
    expect(made.attributes).toMatchObject({
      facts: { intermediateIncluded: false, privateKeyIncluded: false },
    });
    const { payload } = await app.done(readSecret, manager, { id: made.id });
    expect(opened(payload)).toMatchObject({ intermediate: null, privateKey: null });
  });

  it("may come with the whole chain", async () => {
    const intermediate = below.certificate + root.certificate;
    await expect(make({ ...first, intermediate })).resolves.toBeDefined();
  });

  it("is recorded by its serial number, and by nothing that is in it", async () => {
    const made = await make();
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.create",
      outcome: "success",
      responseData: { serialNumber: made.serialNumber },
    });
    await app.done(createVersion, manager, renewal(made.id, second));
    const lines = app.log.lines.map(fromUtf8).join("\n");
    for (const pem of [first.certificate, first.key, second.key, below.certificate]) {
      expect(lines).not.toContain(pem.split("\n")[1]);
    }
    expect(lines).not.toContain("a.example.com");
  });

  const broken: Readonly<Record<string, readonly [Pems, code: string, sentence: string]>> = {
    "no certificate": [{}, "invalid_request", "Give a certificate"],
    "a key alone": [{ key: first.key }, "invalid_request", "Give a certificate"],
    "something else": [{ certificate: "hunter2" }, "invalid_request", "not a certificate in PEM"],
    "a text too long": [
      { certificate: "x".repeat(MAX_IMPORTED_BYTES + 1) },
      "too_large",
      `at most ${MAX_IMPORTED_BYTES} bytes`,
    ],
    "somebody else's key": [{ ...first, key: second.key }, "invalid_request", "is not the one"],
    "a key of another type": [
      { ...first, key: opensslKey("rsa") },
      "invalid_request",
      "is not the one",
    ],
    "no key where one should be": [
      { ...first, key: "hunter2" },
      "invalid_request",
      "The private key is not one in PEM",
    ],
    "an intermediate that did not sign it": [
      { ...first, intermediate: root.certificate },
      "invalid_request",
      "The chain is broken",
    ],
    "an intermediate that is no authority": [
      { ...first, intermediate: second.certificate },
      "invalid_request",
      "not that of an authority",
    ],
    "its chain in the wrong field": [
      { ...first, certificate: first.certificate + below.certificate },
      "invalid_request",
      "has one certificate",
    ],
  };
  for (const [what, [pems, code, sentence]] of Object.entries(broken)) {
    it(`is refused with ${what}, which is recorded and changes nothing`, async () => {
      const refusal = await app.refused(createSecret, manager, importedCert("tls", pems));
      expect([refusal.code, refusal.message]).toEqual([code, expect.stringContaining(sentence)]);
      expect(refusal.message).not.toContain("hunter2");
      expect(app.lastEvent()).toMatchObject({
        action: "secrets-manager.secret.create",
        outcome: "failure",
      });
      await expect(make()).resolves.toMatchObject({ name: "tls" });
    });
  }

  it("is refused where it has expired, to the millisecond", async () => {
    app.clock.set(START + 30 * DAY_MS);
    const refusal = await app.refused(createSecret, manager, importedCert("tls", whole));
    expect(refusal.message).toBe("The certificate has expired.");
    app.clock.set(START + 30 * DAY_MS - 1);
    await expect(make()).resolves.toMatchObject({ state: 1 });
  });

  it("is not looked at for a caller who may not bring it", async () => {
    const reader = await app.callerWith(["Reader"]);
    const refusal = await app.refused(createSecret, reader, importedCert("tls", {}));
    expect(refusal.code).toBe("forbidden");
  });

  it("has no date of its owner's, no rotation on time, and no CSR to be changed", async () => {
    const input = { ...importedCert("tls", whole), expirationDate: "2030-01-01T00:00:00Z" };
    expect((await app.refused(createSecret, manager, input)).code).toBe("invalid_request");
    const { id } = await make();
    const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
    for (const patch of [{ rotation }, { managedCsr: {} }, { managedCsr: null }]) {
      const update = updateSecretMetadataInput(id, patch);
      expect((await app.refused(updateSecretMetadata, manager, update)).code).toBe(
        "invalid_request",
      );
    }
    const renamed = updateSecretMetadataInput(id, { name: "renamed" });
    expect(await app.done(updateSecretMetadata, manager, renamed)).toMatchObject({
      name: "renamed",
      expiresAt: START + 30 * DAY_MS,
    });
  });
});

describe("a certificate that is renewed", () => {
  it("takes the place of the one before, with nothing of what came with it", async () => {
    const { id } = await make();
    const { certificate } = second;
    const version = created(await app.done(createVersion, manager, renewal(id, { certificate })));
    expect(opened(version.payload)).toEqual({ certificate, intermediate: null, privateKey: null });
    expect(app.lastEvent().responseData).toMatchObject({ serialNumber: version.serialNumber });
    const metadata = await app.done(readSecretMetadata, manager, { id });
    expect(metadata).toMatchObject({
      expiresAt: START + 90 * DAY_MS,
      serialNumber: version.serialNumber,
      attributes: { facts: { privateKeyIncluded: false, intermediateIncluded: false } },
    });
    const previous = await app.done(readVersion, manager, { id, alias: "previous" });
    expect(previous.expiresAt).toBe(START + 30 * DAY_MS);
    expect(opened(previous.payload)).toMatchObject({ privateKey: first.key });
  });

  it("is refused where it does not hold together, and the one before stays", async () => {
    const { id } = await make();
    const wrong = { ...second, key: first.key };
    const refusal = await app.refused(createVersion, manager, renewal(id, wrong));
    expect(refusal.message).toContain("is not the one that the certificate is for");
    expect((await app.refused(createVersion, manager, { id })).message).toContain(
      "needs its certificate",
    );
    const metadata = await app.done(readSecretMetadata, manager, { id });
    expect(metadata).toMatchObject({ versionsTotal: 1, expiresAt: START + 30 * DAY_MS });
  });
});

describe("a certificate that expires", () => {
  it("is destroyed by the schedule, even where it is locked", async () => {
    const { id } = await make();
    const locks = createSecretLocksInput(id, [{ name: "deployed" }]);
    await app.done(createSecretLocks, manager, locks);
    const jobs = [expirationJob(app)];
    const onError = (_job: unknown, error: unknown) => expect.unreachable(String(error));
    const schedule = new Schedule({ jobs, clock: app.clock, onError });
    app.clock.set(START + 30 * DAY_MS - 1);
    expect(await schedule.pass()).toMatchObject([{ done: 0 }]);
    app.clock.set(START + 30 * DAY_MS);
    expect((await app.done(readSecret, manager, { id })).payload).toBeNull();
    expect(await schedule.pass()).toMatchObject([{ done: 1, failed: 0 }]);
    expect(app.lastEvent()).toMatchObject({ action: "secrets-manager.secret.expire" });
    expect(await app.done(readSecretMetadata, manager, { id })).toMatchObject({ state: 5 });
    const refusal = await app.refused(createVersion, manager, renewal(id, second));
    expect(refusal.code).toBe("precondition_failed");
  });
});
