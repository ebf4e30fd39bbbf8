import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createConfiguration } from "../configurations/create-configuration.ts";
import { deleteConfiguration } from "../configurations/change-configuration.ts";
import { SCHEDULE } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { createSecretLocks, deleteSecretLocks } from "./secret-locks.ts";
import { secretAction } from "./secret-action.ts";
import {
  authority,
  openIssuingApp,
  publicCert,
  VALIDATE,
  type IssuingApp,
} from "./testing/issuing.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";
import { arbitrary } from "./testing/inputs.ts";

let issuing: IssuingApp;
let names = 0;

beforeAll(async () => {
  issuing = await openIssuingApp();
});

afterAll(async () => {
  await issuing.app.close();
  await issuing.server.close();
});

function manyNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `n${at}.example.com`);
}

async function order(given: Parameters<typeof publicCert>[1] = {}): Promise<string> {
  const input = publicCert(`order-${names++}`, given);
  return (await issuing.app.done(createSecret, SCHEDULE, input)).id;
}

async function issued(given: Parameters<typeof publicCert>[1] = {}): Promise<string> {
  const id = await order(given);
  await issuing.pass();
  await issuing.prove(id);
  await issuing.finish(id);
  return id;
}

describe("an order of a public certificate", () => {
  it.each([
    ["a name of one label", { commonName: "localhost" }, "commonName"],
    ["an address", { commonName: "192.0.2.1" }, "commonName"],
    ["a star in the middle", { commonName: "www.*.example.com" }, "commonName"],
    ["an e-mail address", { commonName: "somebody@example.com" }, "commonName"],
    ["a long common name", { commonName: `${"a".repeat(60)}.example.com` }, "commonName"],
    ["a space in a name", { altNames: ["exa mple.com"] }, "altNames"],
    ["a dash at the front", { altNames: ["-x.example.com"] }, "altNames"],
    ["101 names", { altNames: manyNames(100) }, "altNames"],
    ["an authority that there is not", { ca: "nobody" }, "ca"],
    ["a DNS provider that there is not", { dns: "nobody" }, "dns"],
    ["a DNS provider that is none", { dns: "acme" }, "dns"],
  ])("is refused with %s, and nothing is kept of it", async (_what, given, field) => {
    const secret = publicCert("refused", given);
    const refusal = await issuing.app.refused(createSecret, SCHEDULE, secret);
    expect(refusal.details["field"]).toBe(field);
    expect(issuing.app.lastEvent()).toMatchObject({
      operation: "secret.create",
      outcome: "failure",
    });
    const which = { name: "refused", secretType: "public_cert" } as const;
    expect(await issuing.app.refused(readSecret, SCHEDULE, which)).toMatchObject({
      code: "not_found",
    });
  });

  it("is for each name once, whatever its case, and for a hundred of them", async () => {
    const id = await order({ altNames: ["EXAMPLE.com", ...manyNames(99)] });
    await issuing.pass();
    expect((await issuing.attributesOf(id)).issuance.challenges).toHaveLength(100);
  });

  it("waits for its challenges before they can be validated, and validates none that were not asked for", async () => {
    const id = await order();
    const early = await issuing.app.refused(secretAction, SCHEDULE, { id, actionType: VALIDATE });
    expect(early).toMatchObject({ code: "precondition_failed" });
    await issuing.pass();
    await issuing.prove(id);
    // Again, while the authority looks: nothing changes.
    await issuing.later(1_000);
    const issuance = () => issuing.app.state.read(({ issuances }) => issuances.issuance(id));
    const before = await issuance();
    expect(before?.stage).toBe("collect");
    await issuing.app.done(secretAction, SCHEDULE, { id, actionType: VALIDATE });
    expect(await issuance()).toEqual(before);
    await issuing.finish(id);
    const late = await issuing.app.refused(secretAction, SCHEDULE, { id, actionType: VALIDATE });
    expect(late.message).toBe("No order of this secret waits for its challenges.");
    const other = await issuing.app.done(createSecret, SCHEDULE, arbitrary("plain"));
    const never = { id: other.id, actionType: VALIDATE };
    expect(await issuing.app.refused(secretAction, SCHEDULE, never)).toMatchObject({
      code: "invalid_request",
    });
  });

  it("is not gone on with before its time, nor from where it is no more", async () => {
    const id = await order();
    await issuing.pass();
    const found = await issuing.app.state.read(({ issuances }) => issuances.issuance(id));
    const issuanceId = found?.id ?? "";
    const asked = issuing.server.asked.length;
    for (const step of ["challenge", "order"] as const) {
      const input = { id, issuanceId, step };
      const refusal = await issuing.app.refused(issueCertificate, SCHEDULE, input);
      expect(refusal.message).toBe("The certificate is not due for this step.");
    }
    expect(issuing.server.asked).toHaveLength(asked);
    expect((await issuing.attributesOf(id)).issuance).toMatchObject({ state: 0, error: null });
  });

  it("is not doubled by another one while it is under way", async () => {
    const id = await order();
    expect(await issuing.app.refused(createVersion, SCHEDULE, { id })).toMatchObject({
      code: "precondition_failed",
    });
    await issuing.pass();
    expect(await issuing.app.refused(createVersion, SCHEDULE, { id })).toMatchObject({
      code: "precondition_failed",
    });
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
  });

  it("goes on only by the schedule, and only where it is", async () => {
    const id = await order();
    const manager = await issuing.app.callerWith(["Manager"]);
    const input = { id, issuanceId: "another", step: "order" } as const;
    expect(await issuing.app.refused(issueCertificate, SCHEDULE, input)).toMatchObject({
      code: "precondition_failed",
    });
    expect(await issuing.app.refused(issueCertificate, manager, input)).toMatchObject({
      code: "forbidden",
    });
    const issuance = await issuing.app.state.read(({ issuances }) => issuances.issuance(id));
    const due = { ...input, issuanceId: issuance?.id ?? "" };
    expect(await issuing.app.refused(issueCertificate, manager, due)).toMatchObject({
      code: "forbidden",
    });
    const orders = issuing.server.orders;
    await issuing.app.refused(issueCertificate, SCHEDULE, { ...due, step: "collect" });
    expect(issuing.server.orders).toBe(orders);
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
  });

  it("keeps its configurations from being deleted", async () => {
    await issuing.app.done(createConfiguration, SCHEDULE, authority(issuing.accountKey, "other"));
    const id = await order({ ca: "other" });
    const refusal = await issuing.app.refused(deleteConfiguration, SCHEDULE, { name: "other" });
    expect(refusal.code).toBe("precondition_failed");
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
    await issuing.app.done(deleteConfiguration, SCHEDULE, { name: "other" });
  });
});

describe("a certificate that comes", () => {
  it("brings what the caller said of its version", async () => {
    const versionCustomMetadata = { ticket: "OPS-1" };
    const input = { ...publicCert(`order-${names++}`), versionCustomMetadata };
    const { id } = await issuing.app.done(createSecret, SCHEDULE, input);
    await issuing.pass();
    await issuing.prove(id);
    await issuing.finish(id);
    const version = await issuing.app.done(readVersion, SCHEDULE, { id, alias: "current" });
    expect(version.versionCustomMetadata).toEqual(versionCustomMetadata);
  });

  it("waits for the lock on the version that would have to make room", async () => {
    const id = await issued();
    const again = async (): Promise<void> => {
      await issuing.app.done(createVersion, SCHEDULE, { id });
      await issuing.pass();
      await issuing.prove(id);
    };
    await again();
    await issuing.finish(id);
    const previous = await issuing.app.done(readVersion, SCHEDULE, { id, alias: "previous" });
    await issuing.app.done(createSecretLocks, SCHEDULE, {
      id,
      locks: [{ name: "held" }],
      lockNames: ["held"],
    });
    await again();
    await issuing.finish(id);
    await again();
    await expect(issuing.finish(id)).rejects.toThrow("there is no certificate");
    const last = issuing.app.events().findLast(({ operation }) => operation === "secret.issue");
    expect(last?.reason.reasonForFailure).toContain("locked");
    const { error } = (await issuing.attributesOf(id)).issuance;
    expect(error).toEqual({ code: "locked", message: last?.reason.reasonForFailure });
    expect(previous.payloadAvailable).toBe(true);
    await issuing.app.done(deleteSecretLocks, SCHEDULE, { id, lockNames: ["held"] });
    await issuing.later(3_600_000);
    expect((await issuing.attributesOf(id)).issuance.state).toBe(1);
  });

  it("is not kept where the secret has expired meanwhile", async () => {
    const id = await issued();
    await issuing.app.done(createVersion, SCHEDULE, { id });
    await issuing.pass();
    const { expiresAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
    await issuing.app.state.transact(async ({ issuances }) => {
      const before = await issuances.issuance(id);
      if (before) await issuances.putIssuance({ ...before, stage: "collect", dueAt: expiresAt });
    });
    issuing.app.clock.set((expiresAt ?? 0) + 1_000);
    await issuing.pass();
    const issuance = await issuing.app.state.read(({ issuances }) => issuances.issuance(id));
    expect(issuance).toMatchObject({ stage: "over", dueAt: null, key: null });
    expect(await issuing.app.done(readSecret, SCHEDULE, { id })).toMatchObject({ state: 5 });
  });

  it("leaves the key nowhere but in its version", async () => {
    const id = await issued();
    const issuance = await issuing.app.state.read(({ issuances }) => issuances.issuance(id));
    expect(issuance).toMatchObject({ stage: "over", key: null });
  });
});

describe("a policy of renewal", () => {
  it.each([
    [{ rotation: { autoRotate: true, interval: 1, unit: "month" } } as const],
    [{ expirationDate: "2030-01-01T00:00:00Z" }],
  ])("is nothing else: %j is refused", async (patch) => {
    const id = await order();
    const input = updateSecretMetadataInput(id, patch);
    const refusal = await issuing.app.refused(updateSecretMetadata, SCHEDULE, input);
    expect(refusal.code).toBe("invalid_request");
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
  });

  it("is nothing for a secret of another type", async () => {
    const { id } = await issuing.app.done(createSecret, SCHEDULE, arbitrary("not-a-certificate"));
    const input = updateSecretMetadataInput(id, { renewal: { autoRotate: false } });
    const refusal = await issuing.app.refused(updateSecretMetadata, SCHEDULE, input);
    expect(refusal.details["field"]).toBe("renewal");
  });

  it("does not order what has been ordered", async () => {
    const id = await issued();
    await issuing.app.done(createVersion, SCHEDULE, { id });
    const patch = updateSecretMetadataInput(id, { renewal: { autoRotate: true } });
    expect(await issuing.app.done(updateSecretMetadata, SCHEDULE, patch)).toMatchObject({
      nextRotationAt: null,
    });
    await issuing.pass();
    await issuing.prove(id);
    await issuing.finish(id);
    const { expiresAt, nextRotationAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
    expect(nextRotationAt).toBe((expiresAt ?? 0) - 31 * 86_400_000);
    await issuing.app.done(deleteSecret, SCHEDULE, { id });
  });

  it("is followed at once where its time has passed already", async () => {
    const id = await issued();
    const { expiresAt } = await issuing.app.done(readSecret, SCHEDULE, { id });
    issuing.app.clock.set((expiresAt ?? 0) - 86_400_000);
    const patch = { renewal: { autoRotate: true } };
    await issuing.app.done(updateSecretMetadata, SCHEDULE, updateSecretMetadataInput(id, patch));
    const { orders } = issuing.server;
    await issuing.pass();
    expect(issuing.server.orders).toBe(orders + 1);
  });
});
