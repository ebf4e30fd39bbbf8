import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Progress } from "../../delivery/progress.ts";
import { Database } from "./database.ts";
import { identitySchema } from "./identity-schema.ts";
import { stateMigrations } from "./migrations.ts";
import { outboxSchema } from "./outbox.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { SqliteState } from "./state.ts";
import { storesOn } from "./stores.ts";

const ID = "0198c5f2-7d4e-7cc1-8a51-0b6a6f5d3c11";
const PINNED = "pinned:siem";

const progress: Progress = {
  acknowledged: 4_711,
  since: 17,
  fingerprint: "5d41402abc4b2a76",
  startId: "begun",
  deliveredCount: 4_402,
  setAsideCount: 1,
  setAside: [
    { index: 99, eventId: "0198c5f2-0000-7000-8000-000000000001", at: 5, reason: "é\n\"'" },
  ],
  lastSuccessAt: 1_764_000_000_123,
  lastTrouble: { at: 7, kind: "unavailable", problem: "no answer in time" },
  failingSince: null,
};

let folder: string;
let writer: Database;
let reader: Database;
let state: SqliteState;

function open(): void {
  const path = join(folder, "state.db");
  writer = Database.open(path, [outboxSchema, identitySchema, secretsSchema], stateMigrations);
  reader = Database.open(path);
  state = new SqliteState({ reader, writer }, storesOn);
}

async function close(): Promise<void> {
  await state.close();
  writer.close();
  reader.close();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-progress-"));
  open();
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

const load = () => state.read(({ deliveryProgress }) => deliveryProgress.load());
const save = (...pairs: readonly (readonly [string, Progress])[]) =>
  state.transact(({ deliveryProgress }) => deliveryProgress.save(new Map(pairs)));

describe("how far destinations have come", () => {
  it("is nothing at first", async () => {
    expect(await load()).toEqual(new Map());
  });

  it("is there again after a restart, whole, also of what the operator has pinned", async () => {
    const failing = { ...progress, failingSince: 3 };
    await save([ID, progress], [PINNED, failing]);
    await close();
    open();
    expect(await load()).toEqual(
      new Map([
        [ID, progress],
        [PINNED, failing],
      ]),
    );
  });

  it("is replaced where it is saved again, and stays elsewhere", async () => {
    await save([ID, progress], [PINNED, progress]);
    const further = { ...progress, acknowledged: 5_000 };
    await save([PINNED, further]);
    expect(await load()).toEqual(
      new Map([
        [ID, progress],
        [PINNED, further],
      ]),
    );
  });

  it("is saved for all or for none", async () => {
    await save([ID, progress], [PINNED, progress]);
    const failed = state.transact(async ({ deliveryProgress }) => {
      await deliveryProgress.save(new Map([[ID, { ...progress, acknowledged: 9_999 }]]));
      throw new Error("the disk is gone");
    });
    await expect(failed).rejects.toThrow("the disk is gone");
    expect((await load()).get(ID)).toEqual(progress);
  });

  it("is forgotten for those that are named, and for no others", async () => {
    await save([ID, progress], [PINNED, progress]);
    await state.transact(({ deliveryProgress }) => deliveryProgress.forget([ID, "nobody"]));
    expect([...(await load()).keys()]).toEqual([PINNED]);
  });

  it("puts nothing into the outbox", async () => {
    await save([ID, progress]);
    expect(await state.pending()).toEqual([]);
  });
});
