/** Certificates of a public authority as secrets: ordered, proven, collected, through restarts. */
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openssl } from "../../pki/testing/openssl.ts";
import type { PublicCertPayload } from "../../secrets/kinds/public-cert.ts";
import { SCHEDULE } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { deleteSecret } from "./delete-secret.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { openIssuingApp, publicCert, type IssuingApp } from "./testing/issuing.ts";

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

describe("a public certificate", () => {
  it("is asked for by a creation and has no value until it is issued", async () => {
    const secret = await issuing.app.done(createSecret, SCHEDULE, publicCert());
    expect(secret).toMatchObject({ state: 0, versionsTotal: 0, payload: null, versionId: null });
    expect(issuing.server.asked).toEqual([]);
    expect((await issuing.attributesOf(secret.id)).issuance).toEqual({
      state: 0,
      orderedAt: issuing.app.clock.now(),
      challenges: [],
      validationAt: null,
      error: null,
    });
  });

  it("shows the records to publish once the order is placed, and waits for its owner", async () => {
    const id = await order();
    await issuing.pass();
    const { issuance } = await issuing.attributesOf(id);
    expect(issuance.challenges.map(({ domain, status }) => [domain, status])).toEqual([
      ["example.com", "pending"],
      ["www.example.com", "pending"],
    ]);
    await issuing.later(DAY_MS);
    expect(issuing.server.orders).toBe(1);
    // Placed, and then asked for its challenges.
    expect(steps()).toEqual(["order pending", "order success", "order pending", "order success"]);
  });

  it("is issued when the records are there: openssl finds the chain good and the key the right one", async () => {
    const id = await issued();
    const secret = await issuing.app.done(readSecret, SCHEDULE, { id });
    expect(secret).toMatchObject({ state: 1, versionsTotal: 1, payloadAvailable: true });
    const { certificate, intermediate, privateKey } = await valueOf(id);
    const folder = mkdtempSync(join(tmpdir(), "keytrail-acme-"));
    try {
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const at = String(Math.floor(issuing.app.clock.now() / 1_000));
      const chain = ["-attime", at, "-CAfile", file("root", issuing.server.root)];
      const leaf = file("leaf", certificate);
      const verified = openssl([
        "verify",
        ...chain,
        "-untrusted",
        file("int", intermediate ?? ""),
        leaf,
      ]);
      expect(verified).toContain("OK");
      const host = [...chain, "-untrusted", file("int", intermediate ?? ""), "-verify_hostname"];
      expect(openssl(["verify", ...host, "www.example.com", leaf])).toContain("OK");
      const key = file("key", privateKey?.reveal() ?? "");
      expect(openssl(["pkey", "-in", key, "-pubout"])).toBe(
        openssl(["x509", "-in", leaf, "-noout", "-pubkey"]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("ends when the certificate does, which is known of the secret and of the version", async () => {
    const id = await issued();
    const { facts, issuance } = await issuing.attributesOf(id);
    expect(facts).toMatchObject({
      commonName: "example.com",
      altNames: ["example.com", "www.example.com"],
      issuer: "CN=Test Issuer",
      keyAlgorithm: "EC256",
      intermediateIncluded: true,
      privateKeyIncluded: true,
    });
    expect(issuance).toMatchObject({ state: 1, error: null });
    expect(issuance.challenges.map(({ status }) => status)).toEqual(["valid", "valid"]);
    const version = await issuing.app.done(readVersion, SCHEDULE, { id, alias: "current" });
    expect(version).toMatchObject({ expiresAt: facts?.notAfter, autoRotated: false });
    await issuing.later(91 * DAY_MS);
    await issuing.pass();
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({
      state: 5,
      payload: null,
    });
  });

  it("is bundled with its chain, unless it is asked for alone", async () => {
    const count = (pem: string): number => pem.split("BEGIN CERTIFICATE").length - 1;
    const bundled = await valueOf(await issued());
    expect(count(bundled.certificate)).toBe(2);
    expect(count(bundled.intermediate ?? "")).toBe(1);
    const alone = await valueOf(await issued("alone", { bundleCerts: false }));
    expect(count(alone.certificate)).toBe(1);
    expect(count(alone.intermediate ?? "")).toBe(1);
  });

  it.each([
    ["RSA2048", "RSA2048"],
    ["EC384", "EC384"],
    ["ECDSA256", "EC256"],
    ["ECDSA384", "EC384"],
  ] as const)("has a key of the kind %s", async (keyAlgorithm, expected) => {
    const id = await issued("keyed", { keyAlgorithm });
    const attributes = await issuing.attributesOf(id);
    expect(attributes.facts?.keyAlgorithm).toBe(expected);
    expect(attributes.keyAlgorithm).toBe(keyAlgorithm);
  });

  it("is issued without a challenge where the authority still knows who its names belong to", async () => {
    issuing.server.remembersNames = true;
    await issued();
    const again = await order("again");
    await issuing.finish(again);
    expect((await issuing.attributesOf(again)).issuance.challenges).toEqual([]);
  });

  it("is issued where some of its names are proven already: of those nothing more is said", async () => {
    issuing.server.remembersNames = true;
    await issued();
    const id = await order("more", { altNames: ["www.example.com", "new.example.com"] });
    await issuing.pass();
    const { challenges } = (await issuing.attributesOf(id)).issuance;
    expect(challenges.map(({ status }) => status)).toEqual(["valid", "valid", "pending"]);
    await issuing.prove(id);
    await issuing.finish(id);
  });

  it("is waited for while the authority takes its time, less and less often", async () => {
    issuing.server.looksToSign = 4;
    const id = await order();
    await issuing.pass();
    await issuing.prove(id);
    const at: number[] = [];
    const updates = new Set<number>();
    const start = issuing.app.clock.now();
    for (let seconds = 0; seconds < 200; seconds++) {
      const asked = issuing.server.asked.length;
      await issuing.later(1_000);
      if (issuing.server.asked.length > asked) {
        at.push((issuing.app.clock.now() - start) / 1_000);
      }
      const { state, updatedAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
      if (state === 1) break;
      updates.add((updatedAt - start) / 1_000);
    }
    // Told at once, looked at after 3 seconds, then after 3, 6, 12 and 24 more.
    expect(at).toEqual([1, 4, 7, 13, 25, 49]);
    // By its owner, and when the challenges were found good.
    expect([...updates]).toEqual([0, 4]);
  });
});

describe("an order that is interrupted", () => {
  it("has its place kept before anything else is asked, so that no crash has it placed twice", async () => {
    const id = await order();
    const { app, server } = issuing;
    server.arrange("order", { silent: true });
    const pass = issuing.pass();
    await vi.waitFor(() => expect(server.asked).toContain("order"));
    const kept = await app.state.read(({ issuances }) => issuances.issuance(id));
    expect(kept).toMatchObject({ stage: "order", orderUrl: expect.stringContaining("/order/") });
    expect(kept?.key).not.toBeNull();
    await pass;
  });

  it("is not placed twice where it was placed and its challenges could not be read", async () => {
    const id = await order();
    issuing.server.arrange("order", { status: 500 });
    await issuing.pass();
    expect((await issuing.attributesOf(id)).issuance.challenges).toEqual([]);
    await issuing.later(60_000);
    expect((await issuing.attributesOf(id)).issuance.challenges).toHaveLength(2);
    expect(issuing.server.orders).toBe(1);
  });

  it("goes on after a restart from wherever it was, with the same key", async () => {
    const { server, app, accountKey } = issuing;
    const { clock, database, log, capabilities } = app;
    const id = await order();
    const kept = { server, clock, database, log, accountKey, rootKeys: capabilities.rootKeys };
    const restart = async (): Promise<void> => {
      issuing = await openIssuingApp(kept);
    };
    await restart();
    await issuing.pass();
    await restart();
    await issuing.prove(id);
    await restart();
    await issuing.later(1_000);
    // The authority has signed, and nobody heard of it.
    server.arrange("finalize", { afterwards: true, status: 500 });
    await restart();
    await issuing.later(4_000);
    expect((await issuing.attributesOf(id)).issuance.state).toBe(0);
    await restart();
    await issuing.finish(id);
    expect(server.orders).toBe(1);
    expect(server.asked.filter((one) => one === "finalize")).toHaveLength(1);
  });

  it("ends with its secret", async () => {
    const id = await order();
    await issuing.pass();
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
    const events = issuing.app.events().length;
    await issuing.later(8 * DAY_MS);
    expect(issuing.app.events()).toHaveLength(events);
  });
});
