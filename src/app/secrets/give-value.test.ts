/** Values under ids of the client's choosing: how many are kept, what locks keep, and what IBM's clients see of them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import {
  MAX_UNLABELLED_IN_ALL,
  MAX_UNLABELLED_VERSIONS,
  MIN_UNLABELLED_AGE_MS,
} from "../../secrets/version.ts";
import type { Caller } from "../call.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { getValue } from "./get-value.ts";
import { listVersionIds } from "./list-version-ids.ts";
import { listVersions } from "./list-versions.ts";
import { putValue } from "./put-value.ts";
import { readSecret } from "./read-secret.ts";
import { setVersionStage } from "./set-version-stage.ts";
import { arbitrary, kv, revealed } from "./testing/inputs.ts";
import { iamSecret, openMintingApp } from "./testing/minting.ts";
import { createVersionLocks, createVersionLocksInput } from "./version-locks.ts";

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const called = (name: string) => ({ secretId: name, called: [{ name, suffix: null }] });
const token = (n: number): string => String(n).padStart(32, "0");
const sensitive = (text: string) => new Sensitive<string | Uint8Array>(text);
const creation = (name: string, n = 1) => ({
  name,
  clientRequestToken: token(n),
  value: sensitive(`value-${n}`),
  forceOverwriteReplicaSecret: false,
});
const make = (name: string) => app.done(createNamedSecret, manager, creation(name));
const putting = (name: string, n: number, versionStages?: readonly string[]) => ({
  ...called(name),
  clientRequestToken: token(n),
  value: sensitive(`value-${n}`),
  versionStages,
});
const put = (name: string, n: number, stages?: readonly string[]) =>
  app.done(putValue, manager, putting(name, n, stages));
const valueOf = async (name: string, versionId?: string) =>
  revealed((await app.done(getValue, manager, { ...called(name), versionId })).payload);
const listed = async (name: string) =>
  app.done(listVersionIds, manager, { ...called(name), includeDeprecated: true });
const lock = async (id: string, alias: "current" | "previous") =>
  app.done(
    createVersionLocks,
    manager,
    createVersionLocksInput({ id, alias }, [{ name: "held" }], undefined),
  );

describe("versions without a label", () => {
  it("are kept for a day, and after it the newest hundred, each gone by an event of its own", async () => {
    const { id } = await make("a");
    for (let n = 2; n <= 130; n++) {
      await put("a", n);
      if (n === 5) await lock(id, "current");
    }
    expect((await listed("a")).totalCount).toBe(130);
    expect(await valueOf("a", token(1))).toBe("value-1");
    app.clock.advance(MIN_UNLABELLED_AGE_MS);
    const before = app.events().length;
    await put("a", 131);
    const [first, ...pruned] = app.events().slice(before);
    // Beside the current and the previous one, and one that is locked.
    const { totalCount, versions } = await listed("a");
    expect(totalCount).toBe(MAX_UNLABELLED_VERSIONS + 3);
    expect(await valueOf("a", token(5))).toBe("value-5");
    expect(versions[0]?.versionId).toBe(token(131));
    expect(first?.operation).toBe("version.create");
    expect(new Set(pruned.map(({ operation }) => operation))).toEqual(new Set(["version.prune"]));
    expect(pruned.map(({ requestData }) => requestData["versionId"])).toContain(token(1));
    const refusal = await app.refused(getValue, manager, { ...called("a"), versionId: token(1) });
    expect(refusal.code).toBe("not_found");
  });

  it("are a thousand at most, then no value comes until they are older", async () => {
    await make("a");
    for (let n = 2; n <= MAX_UNLABELLED_IN_ALL + 2; n++) await put("a", n);
    const over = putting("a", MAX_UNLABELLED_IN_ALL + 3);
    expect((await app.refused(putValue, manager, over)).code).toBe("limit_reached");
    app.clock.advance(MIN_UNLABELLED_AGE_MS);
    await app.done(putValue, manager, over);
    expect((await listed("a")).totalCount).toBe(MAX_UNLABELLED_VERSIONS + 2);
  }, 60_000);
});

describe("a lock on the previous version", () => {
  it("is no hindrance where its value is kept", async () => {
    const { id } = await make("a");
    await put("a", 2);
    await lock(id, "previous");
    await put("a", 3);
    expect(await valueOf("a", token(1))).toBe("value-1");
  });

  it("refuses a value by which its own would go, whichever wire brings it", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("ibm"));
    await put("ibm", 2);
    await lock(id, "previous");
    expect((await app.refused(putValue, manager, putting("ibm", 3))).code).toBe("locked");
    // Under a label alone it takes nobody's place.
    await put("ibm", 3, ["BLUE"]);
    expect(await valueOf("ibm", token(2))).toBe("value-2");
  });
});

describe("a secret of IBM's clients", () => {
  it("keeps the values of labelled versions only, and says which one it gave up", async () => {
    const made = await app.done(createSecret, manager, arbitrary("ibm", "first"));
    await put("ibm", 2, ["BLUE"]);
    await app.done(setVersionStage, manager, {
      ...called("ibm"),
      versionStage: "BLUE",
      removeFromVersionId: token(2),
    });
    expect(app.lastEvent()).toMatchObject({
      operation: "version.stage.set",
      responseData: { payloadDroppedFrom: token(2) },
    });
    const refusal = await app.refused(getValue, manager, { ...called("ibm"), versionId: token(2) });
    expect(refusal).toMatchObject({
      code: "precondition_failed",
      details: { reason: "value-gone" },
    });
    expect(await valueOf("ibm")).toBe("first");
    expect(await valueOf("ibm", made.versionId ?? "")).toBe("first");
  });

  it("shows them the versions of AWS's clients under their own names, and theirs to those", async () => {
    const { id } = await make("aws");
    await put("aws", 2);
    const { versions } = await app.done(listVersions, manager, { id });
    expect(versions.map(({ versionId, alias }) => [versionId, alias])).toEqual([
      [token(2), "current"],
      [token(1), "previous"],
    ]);
    const rotated = await app.done(createVersion, manager, {
      id,
      payload: { kind: "arbitrary", payload: new Sensitive("by IBM's") },
    });
    expect(rotated).toMatchObject({ previousVersionId: token(2), payloadDroppedFrom: null });
    expect(await valueOf("aws")).toBe("by IBM's");
    expect((await listed("aws")).versions.map(({ stages }) => stages)).toEqual([
      ["AWSCURRENT"],
      ["AWSPREVIOUS"],
      [],
    ]);
    expect(revealed((await app.done(readSecret, manager, { id })).payload)).toBe("by IBM's");
    expect(await valueOf("aws", token(1))).toBe("value-1");
  });
});

describe("a token", () => {
  it("of a value that has been destroyed is in use all the same", async () => {
    const { id } = await make("a");
    await put("a", 2);
    await app.done(deleteVersionData, manager, { id, versionId: token(2) });
    expect((await app.refused(putValue, manager, putting("a", 2))).code).toBe("conflict");
    expect((await app.refused(getValue, manager, called("a"))).code).toBe("precondition_failed");
  });

  it("does not make a secret whose name one of another type has, or one that waits to be deleted", async () => {
    await app.done(createSecret, manager, kv("taken", { a: 1 }));
    const refusal = await app.refused(createNamedSecret, manager, creation("taken"));
    expect([refusal.code, refusal.message]).toEqual([
      "conflict",
      "The operation failed because the secret taken already exists.",
    ]);
    const { id } = await make("doomed");
    await app.state.transact(async ({ secrets }) => {
      const secret = await secrets.secretById(id);
      if (!secret) throw new Error("it was made");
      await secrets.updateSecret({ ...secret, deletion: { requestedAt: 1, dueAt: 2 } });
    });
    expect((await app.refused(createNamedSecret, manager, creation("doomed"))).message).toBe(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
    expect((await app.refused(getValue, manager, called("doomed"))).message).toContain(
      "marked for deletion",
    );
  });
});

describe("a secret that gives each reading credentials of its own", () => {
  it("does so by AWS's wire too, and is recorded as read", async () => {
    const minting = await openMintingApp();
    const input = iamSecret("each", { accessGroups: [minting.group], reuseApiKey: false });
    const { id } = await minting.app.done(createSecret, minting.manager, input);
    const read = () => minting.app.done(getValue, minting.manager, called("each"));
    const [one, other] = [await read(), await read()];
    if (one.payload.kind !== "iam_credentials" || other.payload.kind !== "iam_credentials") {
      throw new Error("they are credentials");
    }
    expect(one.payload.apiKeyId).not.toBe(other.payload.apiKeyId);
    expect(await minting.login(one.payload.apiKey)).toMatchObject({ kind: "identity" });
    const readings = minting.app.events().filter(({ operation }) => operation === "secret.read");
    expect(readings).toMatchObject([
      { requestData: { secretId: "each" }, responseData: { apiKeyId: one.payload.apiKeyId } },
      { target: { name: "each" }, responseData: { payloadAvailable: true } },
    ]);
    expect(JSON.stringify(minting.app.events())).not.toContain(one.payload.apiKey.reveal());
    expect(await minting.leases(id)).toHaveLength(2);
    const label = { ...called("each"), versionStage: "BLUE", moveToVersionId: one.versionId };
    await minting.app.done(setVersionStage, minting.manager, label);
    const given = await minting.app.refused(putValue, minting.manager, putting("each", 2));
    expect(given.message).toContain("made for it");
    await minting.app.close();
  });
});
