/** What an order of a public certificate comes to, and its renewal. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openssl } from "../../pki/testing/openssl.ts";
import type { PublicCertPayload } from "../../secrets/kinds/public-cert.ts";
import { createConfiguration } from "../configurations/create-configuration.ts";
import { SCHEDULE } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { secretAction } from "./secret-action.ts";
import { openIssuingApp, publicCert, VALIDATE, type IssuingApp } from "./testing/issuing.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const internetServices = {
  name: "cis",
  configurationType: "public_cert_configuration_dns_cloud_internet_services",
  given: {
    kind: "dns-provider",
    service: "cloud-internet-services",
    crn: "crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:0a1b2c3d::",
  },
} as const;
const DAY_MS = 24 * 3_600_000;

let issuing: IssuingApp;

beforeEach(async () => {
  issuing = await openIssuingApp();
});

afterEach(async () => {
  await issuing.app.close();
  await issuing.server.close();
});

async function order(...given: Parameters<typeof publicCert>): Promise<string> {
  return (await issuing.app.done(createSecret, SCHEDULE, publicCert(...given))).id;
}

/** A secret with its first certificate. */
async function issued(...given: Parameters<typeof publicCert>): Promise<string> {
  const id = await order(...given);
  await issuing.pass();
  await issuing.prove(id);
  await issuing.finish(id);
  return id;
}

async function valueOf(id: string): Promise<PublicCertPayload> {
  const { payload } = await issuing.app.done(readSecret, SCHEDULE, { id });
  if (payload?.kind !== "public_cert") throw new Error("no certificate");
  return payload;
}

/** The last events of the issuance, as `step outcome`. */
function steps(): readonly string[] {
  return issuing.app
    .events()
    .filter(({ operation }) => operation === "secret.issue")
    .map(({ requestData, outcome }) => `${String(requestData?.["step"])} ${outcome}`);
}

describe("what an order comes to", () => {
  it("is a failure where the records are not what was asked for, and another order makes it good", async () => {
    const id = await order();
    await issuing.pass();
    issuing.server.publish("_acme-challenge.example.com", "nonsense");
    await issuing.app.done(secretAction, SCHEDULE, { id, actionType: VALIDATE });
    await issuing.later(1_000);
    await issuing.later(60_000);
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({ state: 3 });
    const { issuance } = await issuing.attributesOf(id);
    expect(issuance).toMatchObject({
      state: 3,
      error: {
        code: "unauthorized",
        message:
          'The certificate authority did not find what proves a name of the order. Incorrect TXT record "nonsense" found.',
      },
    });
    expect(issuance.challenges.map(({ status }) => status)).toEqual(["invalid", "invalid"]);
    expect(steps().at(-1)).toBe("collect failure");
    const failed = issuing.app.events().findLast(({ operation }) => operation === "secret.issue");
    expect(failed?.reason.reasonForFailure).toBe(
      "The certificate authority did not find what proves a name of the order.",
    );

    issuing.server.unpublishAll();
    await issuing.app.done(createVersion, SCHEDULE, { id });
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({ state: 0 });
    await issuing.later(1_000);
    await issuing.prove(id);
    await issuing.finish(id);
    expect(issuing.server.orders).toBe(2);
  });

  it("is a failure where nobody says in time that the records are there", async () => {
    const id = await order();
    await issuing.pass();
    const asked = issuing.server.asked.length;
    await issuing.later(7 * DAY_MS);
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({
      state: 3,
      error: { code: "orderExpired" },
    });
    expect(issuing.server.asked).toHaveLength(asked);
    expect(steps().at(-1)).toBe("challenge failure");
  });

  it("is tried again later where the authority is not there, and says so meanwhile", async () => {
    const id = await order();
    const { server } = issuing;
    for (let times = 0; times < 3; times++) {
      server.arrange("directory", { status: 503, body: "down" });
    }
    await issuing.pass();
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({
      state: 0,
      error: { code: "serverInternal" },
    });
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({ state: 0 });
    await issuing.later(59_000);
    expect(server.asked).toHaveLength(1);
    await issuing.later(1_000);
    await issuing.later(119_000);
    expect(server.asked).toHaveLength(2);
    await issuing.later(1_000);
    expect(server.asked).toHaveLength(3);
    await issuing.later(240_000);
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({ state: 0, error: null });
    expect(steps().slice(-6)).toEqual([
      "order pending",
      "order failure",
      "order pending",
      "order success",
      "order pending",
      "order success",
    ]);
  });

  it("is a failure where the authority has not been there for a day", async () => {
    const id = await order();
    await issuing.server.close();
    await issuing.pass();
    for (let hours = 0; hours < 25; hours++) await issuing.later(3_600_000);
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({
      state: 3,
      error: { code: "unreachable" },
    });
    const events = issuing.app.events().length;
    await issuing.later(DAY_MS);
    expect(issuing.app.events()).toHaveLength(events);
  });

  it("is a failure at once where another time would be no better", async () => {
    const id = await order();
    issuing.server.arrange("new-order", issuing.server.problem("rejectedIdentifier"));
    await issuing.pass();
    expect((await issuing.attributesOf(id)).issuance.error?.code).toBe("rejectedIdentifier");
    await issuing.later(DAY_MS);
    expect(issuing.server.asked.filter((one) => one === "new-order")).toHaveLength(1);
  });

  it("is put off for as long as the authority asks", async () => {
    await order();
    const limited = issuing.server.problem("rateLimited", 429);
    const headers = { ...limited.headers, "Retry-After": "7200" };
    issuing.server.arrange("new-order", { ...limited, headers });
    await issuing.pass();
    await issuing.later(7_199_000);
    expect(issuing.server.orders).toBe(0);
    await issuing.later(1_000);
    expect(issuing.server.orders).toBe(1);
  });

  it.each([
    ["garbage", "hello"],
    ["somebody else's certificate", undefined],
  ])("is a failure where it is %s", async (_what, body) => {
    const foreign =
      body ??
      openssl([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=example.com",
        "-keyout",
        "/dev/null",
        "-addext",
        "subjectAltName=DNS:example.com,DNS:www.example.com",
      ]);
    const id = await order();
    await issuing.pass();
    await issuing.prove(id);
    issuing.server.arrange("certificate", { status: 200, body: foreign });
    for (let passes = 0; passes < 5; passes++) await issuing.later(60_000);
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({
      state: 3,
      error: { code: "notOrdered" },
    });
  });

  it("is a failure with a DNS provider of IBM's cloud, without anybody being asked", async () => {
    await issuing.app.done(createConfiguration, SCHEDULE, internetServices);
    const id = await order("cis", { dns: "cis" });
    await issuing.pass();
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({
      state: 3,
      error: { code: "dnsProviderUnreachable" },
    });
    expect(issuing.server.asked).toEqual([]);
    expect(steps()).toEqual(["order failure"]);
  });
});

describe("the renewal of a public certificate", () => {
  it("is ordered 31 days before the end, and has the version before beside it", async () => {
    const id = await issued("site", { rotation: { autoRotate: true } });
    const before = await valueOf(id);
    const { nextRotationAt, expiresAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
    expect(nextRotationAt).toBe((expiresAt ?? 0) - 31 * DAY_MS);
    issuing.app.clock.set((nextRotationAt ?? 0) - 1_000);
    await issuing.pass();
    expect(issuing.server.orders).toBe(1);
    await issuing.later(1_000);
    expect(issuing.server.orders).toBe(2);
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({
      state: 1,
      nextRotationAt: null,
      payloadAvailable: true,
    });
    await issuing.prove(id);
    await issuing.finish(id);
    const version = await issuing.app.done(readVersion, SCHEDULE, { id, alias: "current" });
    expect(version.autoRotated).toBe(true);
    const after = await valueOf(id);
    expect(after.certificate).not.toBe(before.certificate);
    expect(after.privateKey?.reveal()).toBe(before.privateKey?.reveal());
    const previous = await issuing.app.done(readVersion, SCHEDULE, { id, alias: "previous" });
    expect(previous.payload).toEqual(before);
  });

  it("is for a new key where keys are rotated", async () => {
    const id = await issued("site", { rotation: { autoRotate: false, rotateKeys: true } });
    const before = await valueOf(id);
    await issuing.app.done(createVersion, SCHEDULE, { id });
    await issuing.pass();
    await issuing.prove(id);
    await issuing.finish(id);
    expect((await valueOf(id)).privateKey?.reveal()).not.toBe(before.privateKey?.reveal());
  });

  it("says itself which key it is for, whatever the policy", async () => {
    const id = await issued();
    const before = await valueOf(id);
    const payload = { kind: "public_cert", rotateKeys: true } as const;
    const awaited = await issuing.app.done(createVersion, SCHEDULE, { id, payload });
    expect(awaited).toMatchObject({ kind: "awaited", state: 1 });
    await issuing.pass();
    await issuing.prove(id);
    await issuing.finish(id);
    expect((await valueOf(id)).privateKey?.reveal()).not.toBe(before.privateKey?.reveal());
  });

  it("is tried again later and later when it fails, and leaves the certificate as it is", async () => {
    const id = await issued("site", { rotation: { autoRotate: true } });
    const { nextRotationAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
    issuing.app.clock.set(nextRotationAt ?? 0);
    const waits: number[] = [];
    for (let times = 0; times < 7; times++) {
      issuing.server.arrange("new-order", issuing.server.problem("rejectedIdentifier"));
      await issuing.pass();
      const secret = await issuing.app.done(readSecret, SCHEDULE, { id });
      expect(secret).toMatchObject({ state: 1, payloadAvailable: true });
      const next = secret.nextRotationAt ?? 0;
      waits.push((next - issuing.app.clock.now()) / 3_600_000);
      issuing.app.clock.set(next);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 24, 24]);
  });

  it("is not tried again where only its owner orders", async () => {
    const id = await issued();
    issuing.server.arrange("new-order", issuing.server.problem("rejectedIdentifier"));
    await issuing.app.done(createVersion, SCHEDULE, { id });
    await issuing.pass();
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({
      state: 1,
      nextRotationAt: null,
      attributes: { issuance: { state: 3 } },
    });
  });

  it("is switched on and off, and the record says what it was", async () => {
    const id = await issued();
    const patch = { renewal: { autoRotate: true, rotateKeys: true } };
    const changed = await issuing.app.done(
      updateSecretMetadata,
      SCHEDULE,
      updateSecretMetadataInput(id, patch),
    );
    expect(changed.nextRotationAt).toBe((changed.expiresAt ?? 0) - 31 * DAY_MS);
    expect(issuing.app.lastEvent().responseData?.["changes"]).toEqual([
      {
        field: "renewal",
        initialValue: { autoRotate: false, rotateKeys: false },
        newValue: { autoRotate: true, rotateKeys: true },
      },
    ]);
    const off = updateSecretMetadataInput(id, { rotation: { autoRotate: false } });
    expect(await issuing.app.done(updateSecretMetadata, SCHEDULE, off)).toMatchObject({
      nextRotationAt: null,
      attributes: { rotation: { autoRotate: false, rotateKeys: true } },
    });
  });
});
