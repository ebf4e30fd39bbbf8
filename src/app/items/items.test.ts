import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountPlace } from "../../identity/account.ts";
import { recoverableKind } from "../../identity/recoverable.ts";
import { itemKind, RECOVERY_MS } from "../../items/item.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { ACCOUNT, openTestApp, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { endRemoval, removalJob } from "./end-removal.ts";
import { forgetVersions, keepVersion, setAside } from "./versions.ts";

const PERSON = recoverableKind<
  { readonly name: string; readonly note?: string },
  { readonly hash: string }
>("person");

let app: TestApp;
beforeEach(async () => (app = await openTestApp()));
afterEach(() => app.close());

/** Within one change, made by the schedule. */
function inChange<T>(work: (context: Context<Transaction>) => Promise<T>): Promise<T> {
  const call = { ...app.call(SCHEDULE), place: accountPlace(ACCOUNT) };
  return app.state.transact((store) => {
    const now = app.clock.now();
    const also = (): void => undefined;
    return work({ store, call, caller: SCHEDULE, now, also } as unknown as Context<Transaction>);
  });
}

const bob = (shown: object = {}, id = "1", name = "bob") => ({
  account: ACCOUNT,
  id,
  name,
  shown: { name, ...shown },
});
const found = (id = "1") => app.state.read(({ items }) => items.item(PERSON, ACCOUNT, id));

describe("versions of what has a store of its own", () => {
  it("come with every change of what they show, and with no other", async () => {
    await inChange((context) => keepVersion(PERSON, bob(), context));
    app.clock.advance(1_000);
    await inChange((context) => keepVersion(PERSON, bob({ note: undefined }), context));
    expect(await found()).toMatchObject({ version: 0, modifiedAt: START });
    await inChange((context) => keepVersion(PERSON, bob({ note: "x" }), context));
    expect(await found()).toMatchObject({
      version: 1,
      content: { shown: { name: "bob", note: "x" }, parts: null },
      createdBy: "clients:keytrail-schedule",
      modifiedAt: START + 1_000,
    });
    await inChange((context) => keepVersion(PERSON, bob({ note: "x" }, "1", "robert"), context));
    expect(await found()).toMatchObject({ version: 2, name: "robert" });
  });

  it("are set aside with what it takes to make it again, and brought back by the next", async () => {
    const parts = { hash: "h" };
    await inChange((context) => setAside(PERSON, bob(), { parts, context }));
    expect(await found()).toMatchObject({
      version: 0,
      content: { parts },
      removal: { at: START, by: "clients:keytrail-schedule", dueAt: START + RECOVERY_MS },
    });
    await inChange((context) => keepVersion(PERSON, bob(), context));
    expect(await found()).toMatchObject({ removal: null, content: { parts: null } });
  });

  it("give up their name to whoever takes it", async () => {
    await inChange((context) => setAside(PERSON, bob(), { parts: { hash: "h" }, context }));
    await inChange((context) => keepVersion(PERSON, bob({}, "2"), context));
    expect([await found("1"), (await found("2"))?.name]).toEqual([undefined, "bob"]);
  });

  it("are forgotten with it", async () => {
    await inChange((context) => keepVersion(PERSON, bob(), context));
    await inChange((context) => forgetVersions(PERSON, { account: ACCOUNT, id: "1" }, context));
    expect(await found()).toBeUndefined();
  });
});

describe("the end of a removal", () => {
  const due = async () => (await removalJob(app).due(app.clock.now(), 10)).length;

  async function removed(): Promise<void> {
    await inChange((context) => setAside(PERSON, bob(), { parts: { hash: "h" }, context }));
  }

  it("comes when its time is over, with an event", async () => {
    await removed();
    app.clock.advance(RECOVERY_MS - 1);
    expect(await due()).toBe(0);
    app.clock.advance(1);
    const [task] = await removalJob(app).due(app.clock.now(), 10);
    expect(await task?.run()).toBe(true);
    expect(await found()).toBeUndefined();
    expect(app.lastEvent()).toMatchObject({
      operation: "removal.end",
      outcome: "success",
      target: { name: "bob" },
      initiator: { id: "keytrail-removal" },
      requestData: { kind: "person", removedAt: new Date(START).toISOString() },
    });
    expect(await due()).toBe(0);
  });

  it("does not come to what was brought back in between", async () => {
    await removed();
    app.clock.advance(RECOVERY_MS);
    const [task] = await removalJob(app).due(app.clock.now(), 10);
    await inChange((context) => keepVersion(PERSON, bob(), context));
    expect(await task?.run()).toBe(false);
    expect(await found()).toMatchObject({ removal: null });
    expect(app.lastEvent()).toMatchObject({ operation: "removal.end", outcome: "failure" });
  });

  it("does not come early to what was brought back and deleted again in between", async () => {
    await removed();
    app.clock.advance(RECOVERY_MS);
    const [task] = await removalJob(app).due(app.clock.now(), 10);
    await inChange((context) => keepVersion(PERSON, bob(), context));
    await removed();
    expect(await task?.run()).toBe(false);
    expect(await found()).toMatchObject({ removal: { dueAt: START + 2 * RECOVERY_MS } });
  });

  it("is nobody's to ask for", async () => {
    await removed();
    const administrator = await app.callerWith(["Administrator", "Manager", "Operator"]);
    const refusal = await app.refused(endRemoval, administrator, { kind: "person", id: "1" });
    expect(refusal.code).toBe("forbidden");
    expect(
      await app.state.read(({ items }) => items.item(itemKind("person"), ACCOUNT, "1")),
    ).toBeDefined();
  });
});
