import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApp, type TestApp } from "../../app/testing/test-app.ts";
import { createSecret } from "../../app/secrets/create-secret.ts";
import { deleteSecret } from "../../app/secrets/delete-secret.ts";
import { arbitrary, valued } from "../../app/secrets/testing/inputs.ts";
import type { Retrieved } from "../../secrets/store.ts";

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const save = (retrievals: readonly Retrieved[], position: number) =>
  app.state.transact(({ secrets }) => secrets.saveRetrievals(retrievals, position));
const saved = (secretId: string) => app.state.read(({ secrets }) => secrets.retrievals(secretId));
const position = () => app.state.read(({ secrets }) => secrets.retrievalsPosition());

describe("saved retrievals", () => {
  it("are the latest of each version, with the position they stand for", async () => {
    const manager = await app.callerWith(["Manager"]);
    const { id, versionId } = valued(await app.done(createSecret, manager, arbitrary("db")));
    expect([await position(), (await saved(id)).size]).toEqual([0, 0]);
    const one = { secretId: id, versionId };
    await save([{ ...one, at: 2_000 }], 7);
    await save([{ ...one, at: 1_000 }], 9);
    expect([await position(), await saved(id)]).toEqual([9, new Map([[versionId, 2_000]])]);
    await save([{ ...one, at: 3_000 }], 9);
    expect(await saved(id)).toEqual(new Map([[versionId, 3_000]]));
  });

  it("of a version that is gone, or is another secret's, are left out", async () => {
    const manager = await app.callerWith(["Manager"]);
    const kept = valued(await app.done(createSecret, manager, arbitrary("kept")));
    const gone = valued(await app.done(createSecret, manager, arbitrary("gone")));
    await app.done(deleteSecret, manager, { id: gone.id });
    await save(
      [
        { secretId: gone.id, versionId: gone.versionId, at: 1 },
        { secretId: gone.id, versionId: kept.versionId, at: 2 },
        { secretId: kept.id, versionId: "unknown", at: 3 },
      ],
      4,
    );
    expect([(await saved(gone.id)).size, (await saved(kept.id)).size, await position()]).toEqual([
      0, 0, 4,
    ]);
  });
});

describe("the state of the secrets", () => {
  it("is what it was before a change that failed, in every table", async () => {
    const manager = await app.callerWith(["Manager"]);
    await app.done(createSecret, manager, arbitrary("db"));
    const tables = ["secrets", "versions", "payloads", "data_keys", "locks", "secret_groups"];
    const everything = () => tables.map((table) => app.database.all(`SELECT * FROM ${table}`));
    const before = everything();
    const change = app.state.transact(async ({ secrets }) => {
      const { items } = await secrets.secrets(
        {
          account: "0123456789abcdef0123456789abcdef",
          instance: "11111111-2222-4333-8444-555555555555",
        },
        { page: { offset: 0, limit: 1 }, sort: "name" },
      );
      const { secret } = items[0]!;
      await secrets.updateSecret({ ...secret, name: "other", labels: ["changed"] });
      const [version] = await secrets.versions(secret);
      await secrets.deleteVersion(version!);
      throw new Error("no");
    });
    await expect(change).rejects.toThrow("no");
    expect(everything()).toEqual(before);
  });
});
