import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { MAX_LOCKS } from "../../secrets/lock.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { createSecretGroup } from "./secret-groups.ts";
import {
  createSecretLocks,
  createSecretLocksInput,
  deleteSecretLocks,
  listAllLocks,
  listSecretLocks,
} from "./secret-locks.ts";
import { arbitrary, valued } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";
import {
  createVersionLocks,
  createVersionLocksInput,
  deleteVersionLocks,
  listVersionLocks,
} from "./version-locks.ts";

const LOCKED = "The requested action can't be completed because the secret version is locked.";

let app: TestApp;
let manager: Caller;
let id: string;
let first: string;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  ({ id, versionId: first } = valued(await app.done(createSecret, manager, arbitrary("db"))));
});
afterEach(() => app.close());

const lock = (...names: string[]) =>
  app.done(
    createSecretLocks,
    manager,
    createSecretLocksInput(
      id,
      names.map((name) => ({ name })),
    ),
  );
const rotate = () =>
  app.perform(createVersion, manager, {
    id,
    payload: { kind: "arbitrary", payload: new Sensitive("next") },
  });

describe("a lock", () => {
  it("is put on the current version, and recorded by its name", async () => {
    const locks = [
      { name: "app-1", description: "canary-words", attributes: { pod: "canary-pod" } },
    ];
    const answer = await app.done(createSecretLocks, manager, createSecretLocksInput(id, locks));
    expect(answer).toMatchObject({
      id,
      name: "db",
      versions: [
        { versionId: first, alias: "current", lockNames: ["app-1"], payloadAvailable: true },
      ],
    });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-locks.create",
      requestData: { id, lockNames: ["app-1"] },
      responseData: { versionIds: [first] },
    });
    expect((await app.done(listSecretLocks, manager, { id })).locks).toEqual([
      {
        ...locks[0],
        createdBy: manager.kind === "identity" && manager.id,
        createdAt: START,
        updatedAt: START,
        secretId: id,
        secretGroupId: "default",
        versionId: first,
        versionAlias: "current",
      },
    ]);
    expect(app.log.lines.some((line) => Buffer.from(line).includes("canary"))).toBe(false);
  });

  it("of the same name is replaced, and remembers who made it first", async () => {
    await lock("app");
    app.clock.advance(5_000);
    const other = await app.callerWith(["Writer"]);
    await app.done(
      createSecretLocks,
      other,
      createSecretLocksInput(id, [{ name: "app", description: "new" }]),
    );
    const { locks, totalCount } = await app.done(listSecretLocks, manager, { id });
    expect(totalCount).toBe(1);
    expect(locks[0]).toMatchObject({
      description: "new",
      createdAt: START,
      updatedAt: START + 5_000,
    });
    expect(locks[0]?.createdBy).toBe(manager.kind === "identity" && manager.id);
  });

  it("keeps its version and its secret from being deleted, in IBM's words, but not from being described", async () => {
    await lock("app");
    const refusals = [
      await app.refused(deleteSecret, manager, { id, forceDelete: true }),
      await app.refused(deleteVersionData, manager, { id, alias: "current" }),
    ];
    for (const refusal of refusals)
      expect([refusal.code, refusal.message]).toEqual(["locked", LOCKED]);
    expect(app.lastEvent()).toMatchObject({
      severity: "warning",
      reason: { reasonCode: 412, reasonForFailure: LOCKED },
    });
    await app.done(
      updateSecretMetadata,
      manager,
      updateSecretMetadataInput(id, { labels: ["locked"] }),
    );
  });

  it("travels with its version when the secret is rotated, and stops the rotation after that", async () => {
    await lock("app");
    expect((await rotate()).kind).toBe("done");
    expect((await app.done(listSecretLocks, manager, { id })).locks).toMatchObject([
      { versionAlias: "previous" },
    ]);
    expect(await rotate()).toMatchObject({ kind: "refused", refusal: { code: "locked" } });
    await app.done(deleteVersionLocks, manager, { id, alias: "previous" });
    expect((await rotate()).kind).toBe("done");
  });

  it("in a mode frees the version before: of its locks, then of its value", async () => {
    await lock("app", "job");
    await rotate();
    const move = (name: string) =>
      app.done(
        createSecretLocks,
        manager,
        createSecretLocksInput(id, [{ name }], "remove_previous_and_delete"),
      );
    const events = app.log.size;
    expect((await move("app")).versions).toMatchObject([
      { alias: "current", lockNames: ["app"], payloadAvailable: true },
      { alias: "previous", lockNames: ["job"], payloadAvailable: true },
    ]);
    expect((await move("job")).versions[1]).toMatchObject({
      lockNames: [],
      payloadAvailable: false,
    });
    expect(
      app
        .events()
        .slice(events)
        .map(({ action, requestData }) => [
          action,
          requestData["lockNames"] ?? requestData["versionId"],
        ]),
    ).toEqual([
      ["secrets-manager.secret-locks.create", ["app"]],
      ["secrets-manager.secret-version-locks.delete", ["app"]],
      ["secrets-manager.secret-locks.create", ["job"]],
      ["secrets-manager.secret-version-locks.delete", ["job"]],
      ["secrets-manager.secret-version-data.delete", first],
    ]);
  });

  it("is refused on a version without a value, without a name, twice at once, or beyond a thousand", async () => {
    await rotate();
    await app.done(deleteVersionData, manager, { id, alias: "previous" });
    const onPrevious = createVersionLocksInput({ id, alias: "previous" }, [{ name: "app" }]);
    expect((await app.refused(createVersionLocks, manager, onPrevious)).code).toBe(
      "precondition_failed",
    );
    const many = Array.from({ length: MAX_LOCKS }, (_, i) => ({ name: `lock-${i}` }));
    for (const locks of [
      [],
      [{ name: "-" }],
      [{ name: "aa" }, { name: "aa" }],
      [...many, { name: "more" }],
    ]) {
      expect(
        (await app.refused(createSecretLocks, manager, createSecretLocksInput(id, locks))).code,
      ).toBe("invalid_request");
    }
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, many));
    const more = createSecretLocksInput(id, [{ name: "more" }]);
    expect((await app.refused(createSecretLocks, manager, more)).message).toContain(
      "reached the maximum",
    );
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "lock-7" }]));
    expect((await app.done(listSecretLocks, manager, { id })).totalCount).toBe(MAX_LOCKS);
  });
});

describe("unlocking", () => {
  it("takes the named locks off, or all of them, and says which stay", async () => {
    await lock("one", "two", "three");
    const some = await app.done(deleteSecretLocks, manager, { id, lockNames: ["one", "unknown"] });
    expect(some.versions).toMatchObject([{ lockNames: ["three", "two"] }]);
    expect(app.lastEvent().requestData).toEqual({ id, lockNames: ["one", "unknown"] });
    const all = await app.done(deleteSecretLocks, manager, { id });
    expect(all.versions).toMatchObject([{ versionId: first, lockNames: [] }]);
    await app.done(deleteSecret, manager, { id });
  });

  it("needs more than locking does", async () => {
    const writer = await app.callerWith(["Writer"]);
    await app.done(createSecretLocks, writer, createSecretLocksInput(id, [{ name: "app" }]));
    expect((await app.refused(deleteSecretLocks, writer, { id })).code).toBe("forbidden");
  });
});

describe("lists of locks", () => {
  it("are paged, sorted and searched, by secret and by version", async () => {
    for (const name of ["charlie", "alpha", "bravo"]) {
      app.clock.advance(1_000);
      await lock(name);
    }
    await rotate();
    await app.done(
      createSecretLocks,
      manager,
      createSecretLocksInput(id, [{ name: "delta", description: "The Alphabet" }]),
    );
    const listed = async (input: Omit<Parameters<typeof list>[0], "id">) =>
      (await list({ id, ...input })).locks.map(({ name }) => name);
    const list = (input: {
      id: string;
      sort?: "name" | "-name" | "-createdAt";
      offset?: number;
      limit?: number;
      search?: string;
    }) => app.done(listSecretLocks, manager, input);
    expect(await listed({})).toEqual(["charlie", "alpha", "bravo", "delta"]);
    expect(await listed({ sort: "name" })).toEqual(["alpha", "bravo", "charlie", "delta"]);
    expect(await listed({ sort: "-createdAt", limit: 2, offset: 1 })).toEqual(["bravo", "alpha"]);
    expect(await listed({ search: "ALPHA", sort: "name" })).toEqual(["alpha", "delta"]);
    const ofPrevious = await app.done(listVersionLocks, manager, {
      id,
      alias: "previous",
      limit: 2,
    });
    expect([ofPrevious.totalCount, ofPrevious.returnedCount, ofPrevious.limit]).toEqual([3, 2, 2]);
    const bad = { id, sort: "payload" as "name" };
    expect((await app.refused(listSecretLocks, manager, bad)).code).toBe("invalid_request");
  });

  it("of all secrets have each secret that carries locks once, as far as the caller may see it", async () => {
    await lock("app", "job");
    await rotate();
    await lock("app");
    const blue = await app.done(createSecretGroup, manager, { name: "blue" });
    const inBlue = await app.done(createSecret, manager, {
      ...arbitrary("api"),
      secretGroupId: blue.id,
    });
    await app.done(createSecret, manager, arbitrary("unlocked"));
    await app.done(
      createSecretLocks,
      manager,
      createSecretLocksInput(inBlue.id, [{ name: "app" }]),
    );
    const all = await app.done(listAllLocks, manager, {});
    expect(all.totalCount).toBe(2);
    expect(all.secretsLocks).toMatchObject([
      { name: "api", versions: [{ lockNames: ["app"] }] },
      {
        name: "db",
        versions: [
          { alias: "current", lockNames: ["app"] },
          { alias: "previous", lockNames: ["app", "job"] },
        ],
      },
    ]);
    const ofBlue = await app.callerWith(["Reader"], { secretGroup: blue.id });
    expect((await app.done(listAllLocks, ofBlue, {})).secretsLocks.map(({ name }) => name)).toEqual(
      ["api"],
    );
    expect(
      (await app.done(listAllLocks, manager, { groups: ["default"], limit: 1 })).secretsLocks.map(
        ({ name }) => name,
      ),
    ).toEqual(["db"]);
    expect((await app.done(listAllLocks, manager, { search: "API" })).totalCount).toBe(1);
  });
});
