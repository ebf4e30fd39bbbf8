/** Invariants 1 to 5 of ARCHITECTURE.md, on the real performer, state and secrets. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Outage, Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import type { Caller } from "./call.ts";
import { changeOperation, readOperation } from "./operation.ts";
import { drainOutbox } from "./outbox.ts";
import { createSecret, type CreateSecretInput } from "./secrets/create-secret.ts";
import { readSecret } from "./secrets/read-secret.ts";
import { deleteSecret } from "./secrets/delete-secret.ts";
import { NOBODY, openTestApp, PLACE, type TestApp } from "./testing/test-app.ts";

let app: TestApp;
let manager: Caller;

beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});

afterEach(() => app.close());

function secret(name: string): CreateSecretInput {
  return {
    name,
    secretType: "arbitrary",
    secretGroupId: "default",
    labels: [],
    payload: { kind: "arbitrary", payload: new Sensitive("hunter2") },
  };
}

const names = (): unknown[] =>
  app.database.all("SELECT name FROM secrets ORDER BY name").map((row) => row["name"]);

describe("an operation that is performed", () => {
  it("has its event in the ledger, at the index it is told, before it resolves", async () => {
    const performed = await app.perform(createSecret, manager, secret("db-prod"));
    const event = app.events()[performed.recorded.index];
    expect(event).toMatchObject({
      id: performed.recorded.eventId,
      operation: "secret.create",
      outcome: "success",
    });
    expect(names()).toEqual(["db-prod"]);
  });

  it("is recorded without the value it was given, or gave", async () => {
    const { id } = await app.done(createSecret, manager, secret("db-prod"));
    await app.done(readSecret, manager, { id });
    const recorded = app.log.lines.map((line) => Buffer.from(line).toString("utf8")).join("\n");
    expect(recorded).toContain("secrets-manager.secret.read");
    expect(recorded).not.toContain("hunter2");
  });

  it("records what followed from it right behind it", async () => {
    const operation = changeOperation<{ id: string }, null, { id: string }>({
      name: "serviceid.delete",
      locate: async () => ({ target: target("one"), resource: null, subject: null }),
      run: async (input, _located, { also }) => {
        also({
          operation: "policy.delete",
          target: target("two"),
          input: { id: "two" },
          output: {},
        });
        return input;
      },
    });
    const { recorded } = await app.perform(operation, manager, { id: "one" });
    const events = app.events().slice(recorded.index);
    expect(events.map((event) => [event.operation, event.target.name])).toEqual([
      ["serviceid.delete", "one"],
      ["policy.delete", "two"],
    ]);
    expect(new Set(events.map((event) => event.requestId)).size).toBe(1);
  });
});

describe("an operation", () => {
  const toSecond = (refusal: Refusal) =>
    changeOperation<{ ids: readonly string[] }, null, object>({
      name: "access-group-member.add",
      locate: async () => ({
        target: target("group"),
        resource: null,
        subject: null,
        byParts: true,
      }),
      run: async ({ ids }, _located, { also }) => {
        for (const id of ids) {
          also({
            operation: "access-group-member.add",
            target: target("group"),
            input: { iam_id: id },
            output: id === "bad" ? refusal : { iamId: id },
          });
        }
        return {};
      },
    });

  it("by parts has one event for each part, done or refused, and none for the whole", async () => {
    const refusal = new Refusal("not_found", "There is nobody of that id.");
    await app.done(toSecond(refusal), manager, { ids: ["one", "bad", "two"] });
    expect(app.events().slice(-3)).toMatchObject([
      { outcome: "success", requestData: { iam_id: "one" }, responseData: { iamId: "one" } },
      {
        outcome: "failure",
        requestData: { iam_id: "bad" },
        reason: { reasonCode: 404, reasonForFailure: "There is nobody of that id." },
      },
      { outcome: "success", requestData: { iam_id: "two" } },
    ]);
    expect(new Set(app.events().map(({ requestId }) => requestId)).size).toBe(1);
  });

  const counting = changeOperation<{ id: string; asked?: string }, null, object>({
    name: "policy.delete",
    prepare: async (input, { view }) => {
      const { items } = await view.identity.policies(PLACE.account, undefined, {
        offset: 0,
        limit: 1,
      });
      return { ...input, asked: items[0]?.id ?? "" };
    },
    locate: async () => ({
      target: target("policy"),
      resource: null,
      subject: null,
      facts: { subject: "found", id: "by facts" },
    }),
    run: async ({ id, asked }, _located, { store }) => {
      await store.identity.deletePolicy(PLACE.account, asked ?? "");
      if (id === "thrown") throw new Refusal("conflict", "Thrown.");
      return id === "returned" ? new Refusal("conflict", "Returned.") : { subject: "done" };
    },
  });
  const policies = () =>
    app.state.read(({ identity }) =>
      identity.policies(PLACE.account, undefined, { offset: 0, limit: 9 }),
    );

  it("is prepared on what is committed, before its transaction", async () => {
    await app.done(counting, manager, { id: "x" });
    expect((await policies()).totalCount).toBe(0);
  });

  it("that returns a refusal is recorded and answered as refused, and what it did stays", async () => {
    const thrown = await app.perform(counting, manager, { id: "thrown" });
    expect([thrown.kind, (await policies()).totalCount]).toEqual(["refused", 1]);
    const returned = await app.perform(counting, manager, { id: "returned" });
    expect(returned).toMatchObject({ kind: "refused", refusal: { message: "Returned." } });
    expect((await policies()).totalCount).toBe(0);
    expect(app.events()[returned.recorded.index]).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 409, reasonForFailure: "Returned." },
      responseData: {},
    });
  });

  it("has the facts that it found in its record, before what was sent", async () => {
    const { recorded } = await app.perform(counting, manager, { id: "sent" });
    expect(app.events()[recorded.index]?.requestData).toEqual({ id: "by facts" });
  });

  it("on what is locked weighs what its row says, and not what its status says", async () => {
    const locked = (name: "serviceid.update" | "secret.delete") =>
      changeOperation<object, null, object>({
        name,
        locate: async () => ({ target: target("ci"), resource: null, subject: null }),
        run: async () => new Refusal("locked", "It is locked."),
      });
    await app.refused(locked("serviceid.update"), manager, {});
    expect(app.lastEvent()).toMatchObject({
      severity: "critical",
      message: "IAM Identity Service: update account-serviceid ci -failure",
    });
    await app.refused(locked("secret.delete"), manager, {});
    expect(app.lastEvent().severity).toBe("warning");
  });

  it("is refused from where the account lets nobody call from", async () => {
    const { account } = PLACE;
    const settings = await app.state.read(({ identity }) => identity.settings(account));
    const allow = (allowedIpAddresses: readonly string[]) =>
      app.state.transact((tx) => tx.identity.putSettings({ ...settings, allowedIpAddresses }));
    await allow(["198.51.100.0/24"]);
    expect((await app.refused(createSecret, manager, secret("db-prod"))).message).toBe(
      "The account does not allow calls from this address.",
    );
    expect(app.lastEvent()).toMatchObject({ outcome: "failure", severity: "critical" });
    await allow(["198.51.100.0/24", "192.0.2.0/24"]);
    await app.done(createSecret, manager, secret("db-prod"));
  });
});

function target(name: string) {
  return { place: PLACE, kind: "thing", id: name, name };
}

describe("an operation that is refused", () => {
  it("has changed nothing, and is recorded as a failure with its reason", async () => {
    await app.done(createSecret, manager, secret("db-prod"));
    const refusal = await app.refused(createSecret, manager, secret("db-prod"));
    expect(refusal.code).toBe("conflict");
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.create",
      outcome: "failure",
      reason: { reasonCode: 409, reasonType: "Conflict" },
      responseData: {},
    });
    expect(names()).toEqual(["db-prod"]);
  });

  it("without a credential is refused as unauthenticated, whatever it asks for", async () => {
    const refusal = await app.refused(readSecret, NOBODY, {
      id: "00000000-0000-4000-8000-000000000000",
    });
    expect(refusal.code).toBe("unauthenticated");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.read",
      severity: "critical",
      initiator: { id: "", name: "", credential: { type: "public-access" } },
      reason: { reasonCode: 401, reasonType: "Unauthorized" },
    });
  });

  it("with a credential that is no good ends before it is even decoded", async () => {
    const bad = new Refusal("unauthenticated", "The access token has expired.");
    const caller: Caller = { kind: "anonymous", refusal: bad };
    let decoded = false;
    const performed = await app.performer.perform(readSecret, app.call(caller), () => {
      decoded = true;
      return { id: "x" };
    });
    expect([performed.kind, decoded]).toEqual(["refused", false]);
    expect(app.lastEvent().reason.reasonForFailure).toBe("The access token has expired.");
  });

  it("cannot tell what does not exist from what may not be seen", async () => {
    const { id } = await app.done(createSecret, manager, secret("db-prod"));
    const stranger = await app.callerWith(["Auditor"]);
    const there = await app.refused(readSecret, stranger, { id });
    const nowhere = await app.refused(readSecret, stranger, {
      id: "00000000-0000-4000-8000-000000000000",
    });
    expect(nowhere).toEqual(there);
    expect(there.code).toBe("forbidden");
  });

  it("for want of a role is recorded with the target it was aimed at", async () => {
    const { id } = await app.done(createSecret, manager, secret("db-prod"));
    const reader = await app.callerWith(["Reader"]);
    await app.refused(readSecret, reader, { id });
    expect(app.lastEvent()).toMatchObject({
      severity: "critical",
      target: { name: "db-prod", typeURI: "secrets-manager/secret" },
      reason: { reasonCode: 403, reasonType: "Forbidden" },
    });
  });

  it("by a bug is rolled back, recorded as a failure without detail, and thrown on", async () => {
    const broken = changeOperation<{ id: string }, null, { id: string }>({
      name: "secret.delete",
      locate: async () => ({ target: target("one"), resource: null, subject: null }),
      run: async () => {
        app.database.run("INSERT INTO outbox (event_id, ledger_size, draft) VALUES ('x', 0, '{}')");
        throw new TypeError("hunter2 is not a function");
      },
    });
    await expect(app.perform(broken, manager, { id: "one" })).rejects.toThrow(TypeError);
    expect(app.lastEvent()).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 500, reasonForFailure: "internal error" },
    });
    expect(await app.state.pending()).toEqual([]);
  });
});

describe("when the trail fails", () => {
  it("and works again, the event of a change that stands is recorded before anything else is", async () => {
    app.log.failNext = "before";
    await expect(app.perform(createSecret, manager, secret("db-prod"))).rejects.toThrow(Outage);
    await app.perform(createSecret, manager, secret("db-next"));
    expect(app.events().map(({ target: { name } }) => name)).toEqual(["db-prod", "db-next"]);
    await app.perform(createSecret, manager, secret("db-last"));
    expect(app.events()).toHaveLength(3);
  });

  it("nothing is even begun while it cannot be written", async () => {
    app.log.status = "refusing";
    let ran = false;
    const operation = readOperation<{ id: string }, null, { id: string }>({
      name: "secret.read",
      locate: async () => ({ target: target("one"), resource: null, subject: null }),
      run: async (input) => {
        ran = true;
        return input;
      },
    });
    await expect(app.perform(operation, manager, { id: "one" })).rejects.toThrow(Outage);
    await expect(app.perform(createSecret, manager, secret("db-prod"))).rejects.toThrow(
      "nothing was done",
    );
    expect([ran, names()]).toEqual([false, []]);
  });

  it("a read is not answered", async () => {
    const { id } = await app.done(createSecret, manager, secret("db-prod"));
    app.log.failNext = "before";
    await expect(app.perform(readSecret, manager, { id })).rejects.toThrow(Outage);
  });

  it("a refusal is not answered either", async () => {
    app.log.failNext = "before";
    await expect(app.perform(readSecret, NOBODY, { id: "x" })).rejects.toThrow(Outage);
  });

  it.each(["before", "after"] as const)(
    "%s the write of a change's event, the next start has the event exactly once",
    async (when) => {
      app.log.failNext = when;
      await expect(app.perform(createSecret, manager, secret("db-prod"))).rejects.toThrow(Outage);
      expect(names()).toEqual(["db-prod"]);
      expect(await app.state.pending()).toHaveLength(1);

      expect(await drainOutbox(app.state, app.trail)).toBe(when === "before" ? 1 : 0);
      const creations = app.events().filter(({ operation }) => operation === "secret.create");
      expect(creations).toHaveLength(1);
      expect(creations[0]).toMatchObject({ outcome: "success", target: { name: "db-prod" } });

      await app.done(deleteSecret, manager, {
        id: creations[0]?.responseData["id"] as string,
        forceDelete: false,
      });
      expect(await app.state.pending()).toHaveLength(1);
      expect(await drainOutbox(app.state, app.trail)).toBe(0);
    },
  );
});
