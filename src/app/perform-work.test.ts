/** What an operation does before it has a transaction, for a caller who may do it; and reads that make what they give. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import type { Caller } from "./call.ts";
import { changeOperation, readOperation, type Located } from "./operation.ts";
import { openTestApp, PLACE, type TestApp } from "./testing/test-app.ts";

let app: TestApp;
let manager: Caller;
let reader: Caller;
/** What happened, in its order. */
let done: string[];

beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  reader = await app.callerWith(["Reader"]);
  done = [];
});
afterEach(() => app.close());

const located = (id: string): Located<string> => ({
  target: { place: PLACE, kind: "secret", id, name: id },
  resource: { service: "secrets-manager", place: PLACE },
  subject: id,
});

/** Events since the callers were made, as what they say of an ending. */
const endings = (): unknown[] =>
  app
    .events()
    .filter(({ operation }) => operation === "secret.action")
    .map(({ outcome, reason }) => [outcome, reason.reasonCode]);

interface Input {
  readonly id: string;
  readonly found?: string;
  readonly reaches?: boolean;
}

const working = changeOperation<Input, string, object>({
  name: "secret.action",
  locate: async ({ id }) => located(id),
  reachesOut: ({ reaches }) => reaches === true,
  async work(input) {
    done.push(`worked after ${endings().length} events`);
    if (input.id === "unreachable") throw new Refusal("precondition_failed", "No answer.");
    return { ...input, found: "there" };
  },
  async run({ found }) {
    done.push(`ran with ${found}`);
    return {};
  },
});

describe("work before a transaction", () => {
  it("is done before the operation runs, which has what it found", async () => {
    await app.done(working, manager, { id: "one" });
    expect(done).toEqual(["worked after 0 events", "ran with there"]);
    expect(endings()).toEqual([["success", 201]]);
  });

  it("is not done for a caller who may not do the operation", async () => {
    expect((await app.refused(working, reader, { id: "one", reaches: true })).code).toBe(
      "forbidden",
    );
    expect(done).toEqual([]);
    expect(endings()).toEqual([["failure", 403]]);
  });

  it("that reaches outside is recorded as pending before it begins, and how it ended after", async () => {
    await app.done(working, manager, { id: "one", reaches: true });
    expect(done).toEqual(["worked after 1 events", "ran with there"]);
    expect(endings()).toEqual([
      ["pending", 202],
      ["success", 201],
    ]);
    const [pending, ended] = app.events().slice(-2);
    expect(pending).toMatchObject({
      correlationId: ended?.correlationId,
      requestId: ended?.requestId,
      responseData: {},
      message: "Secrets Manager: create secret-action one",
    });
  });

  it("that fails outside ends in a failure, and the operation does not run", async () => {
    const refusal = await app.refused(working, manager, { id: "unreachable", reaches: true });
    expect(refusal.message).toBe("No answer.");
    expect(done).toEqual(["worked after 1 events"]);
    expect(endings()).toEqual([
      ["pending", 202],
      ["failure", 412],
    ]);
  });

  it("is judged again where the operation runs: what it may do can have changed by then", async () => {
    const losing = changeOperation<Input, string, object>({
      ...working,
      async work(input) {
        await app.state.transact(async ({ identity }) => {
          const { items } = await identity.policies(PLACE.account, undefined, {
            offset: 0,
            limit: 9,
          });
          for (const { id } of items) await identity.deletePolicy(PLACE.account, id);
        });
        return input;
      },
    });
    expect((await app.refused(losing, manager, { id: "one" })).code).toBe("forbidden");
    expect(done).toEqual([]);
  });
});

describe("a read that makes what it gives", () => {
  const making = changeOperation<Input, string, { readonly id: string }>({
    name: "secret.read",
    locate: async ({ id }) => located(id),
    async run({ id }, _located, { store }) {
      await store.registrations.putRegistration({
        at: { account: PLACE.account, instance: PLACE.instance ?? "" },
        notificationsCrn: id,
        sourceName: "",
        sourceDescription: null,
        createdBy: "",
        createdAt: 0,
      });
      return { id };
    },
  });
  const reading = readOperation<Input, string, { readonly id: string }>({
    name: "secret.read",
    locate: async ({ id }) => ({
      ...located(id),
      ...(id === "made" ? { instead: making as Located<string>["instead"] & object } : {}),
    }),
    run: async ({ id }) => ({ id: `read ${id}` }),
  });

  it("is one change with one event, under the name of the reading", async () => {
    expect(await app.done(reading, manager, { id: "made" })).toEqual({ id: "made" });
    const events = app.events().filter(({ operation }) => operation === "secret.read");
    expect(events).toMatchObject([{ outcome: "success", responseData: { id: "made" } }]);
    const at = { account: PLACE.account, instance: PLACE.instance ?? "" };
    expect(await app.state.read((view) => view.registrations.registration(at))).toMatchObject({
      notificationsCrn: "made",
    });
  });

  it("makes nothing for a caller who may not read", async () => {
    expect((await app.refused(reading, reader, { id: "made" })).code).toBe("forbidden");
    expect(await app.done(reading, manager, { id: "one" })).toEqual({ id: "read one" });
    const at = { account: PLACE.account, instance: PLACE.instance ?? "" };
    expect(await app.state.read((view) => view.registrations.registration(at))).toBeUndefined();
  });
});
