import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { catalogue, operationNames } from "../../audit/catalogue.ts";
import { MAX_PAGE } from "../../search/event-index.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Caller, Identity } from "../call.ts";
import type { Operation } from "../operation.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { createVersion } from "../secrets/create-version.ts";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { readSecretMetadata } from "../secrets/read-secret-metadata.ts";
import { readVersion } from "../secrets/read-version.ts";
import { arbitrary, created, valued } from "../secrets/testing/inputs.ts";
import { ACCOUNT, SCHEDULE } from "../testing/test-app.ts";
import { OTHER_INSTANCE } from "../trail/testing/places.ts";
import { openTrailApp, type TrailApp } from "../trail/testing/trail-app.ts";
import { MAX_EVENTS_PER_IDENTITY } from "./disclosures.ts";
import { exposure, MAX_EXAMINED_EVENTS, type Exposure, type ExposureInput } from "./exposure.ts";
import { Cast } from "./testing/cast.ts";

let app: TrailApp;
let auditor: Caller;
let manager: Caller;
let secretId: string;
let firstVersion: string;
let cast: Cast;

beforeEach(async () => {
  app = await openTrailApp();
  cast = new Cast(app.base.state);
  auditor = await app.base.callerWith(["Auditor"]);
  manager = await app.base.callerWith(["Manager"]);
  const made = valued(await inInstance(createSecret, manager, arbitrary("db-prod")));
  [secretId, firstVersion] = [made.id, made.versionId];
});
afterEach(() => app.close());

/** On the wire of secrets, and not refused. */
async function inInstance<I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  caller: Caller,
  input: I,
): Promise<O> {
  const call = app.base.call(caller);
  const performed = await app.performer.perform(operation, call, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

/** A user who may read secrets, calling with an API key of its own. */
async function reader(name: string): Promise<Identity> {
  const iamId = await cast.user(name);
  await cast.grant(iamId, ["SecretsReader"]);
  return {
    kind: "identity",
    id: iamId,
    name,
    account: ACCOUNT,
    typeURI: "service/security/account/user",
    credentialType: "apikey",
    credentialId: "ApiKey-test",
  };
}

const ask = (input: Partial<ExposureInput> = {}, caller = auditor): Promise<Exposure> =>
  app.done(exposure, caller, { secretId, ...input });

const rotate = (value: string) =>
  inInstance(createVersion, manager, {
    id: secretId,
    payload: { kind: "arbitrary", payload: new Sensitive(value) },
  });

describe("the exposure of a secret", () => {
  it("is who was given its value: how often, when, from where, by which events", async () => {
    const ada = await reader("ada@example.com");
    await inInstance(readSecret, ada, { id: secretId });
    app.base.clock.advance(60_000);
    await inInstance(readVersion, ada, { id: secretId, alias: "current" });
    await inInstance(readSecretMetadata, ada, { id: secretId });
    const found = await ask();
    const events = await app.events();
    expect(found.received).toEqual([
      {
        id: ada.id,
        name: "ada@example.com",
        typeURI: "service/security/account/user",
        authnId: null,
        authnName: null,
        isInternal: false,
        count: 2,
        first: "2026-11-21T09:00:00.000Z",
        last: "2026-11-21T09:01:00.000Z",
        addresses: ["192.0.2.7"],
        agents: ["test"],
        dialects: ["ibm"],
        versions: [firstVersion],
        events: [1, 2].map((index) => ({
          id: events[index]?.id,
          index,
          at: events[index]?.eventTime,
          versionId: firstVersion,
        })),
        state: "active",
        authnState: null,
        hasAccess: true,
      },
    ]);
    expect([found.identities, found.disclosures, found.cutAt]).toEqual([1, 2, null]);
    expect(found.complete).toEqual({ isComplete: true, events: 4, counter: 4, first: 1, last: 4 });
  });

  it("tells apart who brought the value, and what the server made by itself", async () => {
    const found = await ask();
    expect(found.received).toEqual([]);
    expect(found.supplied).toMatchObject([{ count: 1, isInternal: false, name: "Manager" }]);
    await app.plant({ operation: "version.create", targetId: secretId, initiatorId: "someone" });
    const scheduled = app.base.call(SCHEDULE);
    await app.performer.perform(createVersion, scheduled, () => ({
      id: secretId,
      payload: { kind: "arbitrary" as const, payload: new Sensitive("x") },
    }));
    expect((await ask()).supplied).toMatchObject([
      { name: "Manager" },
      { id: "someone" },
      { id: "keytrail-schedule", isInternal: true, state: null, hasAccess: false },
    ]);
  });

  it("does not count readings that were refused, or that found no value any more", async () => {
    const blind = await app.base.callerWith(["Reader"]);
    await expect(inInstance(readSecret, blind, { id: secretId })).rejects.toThrow("roles");
    await rotate("second");
    await rotate("third");
    const ada = await reader("ada@example.com");
    await inInstance(readVersion, ada, { id: secretId, versionId: firstVersion });
    const found = await ask();
    expect(found.received).toEqual([]);
    expect(found.complete).toMatchObject({ isComplete: true, events: 5 });
  });

  it("can be of one version, and of the time from a moment on", async () => {
    const [ada, bob] = [await reader("ada@example.com"), await reader("bob@example.com")];
    await inInstance(readSecret, ada, { id: secretId });
    app.base.clock.advance(60_000);
    const { versionId } = created(await rotate("second"));
    await inInstance(readSecret, bob, { id: secretId });
    const names = ({ received }: Exposure) => received.map(({ name }) => name);
    expect(names(await ask({ versionId: firstVersion }))).toEqual(["ada@example.com"]);
    expect(names(await ask({ versionId }))).toEqual(["bob@example.com"]);
    const later = await ask({ since: "2026-11-21T09:00:30Z" });
    expect(names(later)).toEqual(["bob@example.com"]);
    expect(later.complete).toEqual({ isComplete: true, events: 2, counter: 4, first: 3, last: 4 });
    const never = await ask({ since: "2026-11-22" });
    expect(names(never)).toEqual([]);
    expect(never.complete).toEqual({ isComplete: true, events: 0, counter: 4, first: 0, last: 0 });
  });

  it("of a version that there never was is refused, instead of being nobody's", async () => {
    const refused = ask({ versionId: randomId() });
    await expect(refused).rejects.toMatchObject({ code: "not_found" });
    const earlier = await ask({ versionId: firstVersion, since: "2026-11-22" });
    expect(earlier.received).toEqual([]);
  });

  it("tells whether policy documents would let them read it again", async () => {
    const [ada, bob] = [await reader("ada@x.y"), await reader("bob@x.y")];
    for (const who of [ada, bob]) await inInstance(readSecret, who, { id: secretId });
    const found = async () => (await ask()).received.map(({ hasAccess }) => hasAccess);
    expect(await found()).toEqual([true, true]);
    await cast.document("secrets", [{ subjects: ["users:ada@x.y"], effect: "deny" }]);
    expect(await found()).toEqual([false, true]);
    await app.base.state.transact(async ({ identity }) => {
      const { items } = await identity.policies(ACCOUNT, bob.id, { offset: 0, limit: 100 });
      for (const policy of items) await identity.putPolicy({ ...policy, state: "deleted" });
    });
    expect(await found()).toEqual([false, false]);
    await cast.document("secrets:db-prod", [{ subjects: ["users:bob@x.y"], actions: ["read"] }]);
    expect(await found()).toEqual([false, true]);
  });

  it("stands when the secret and its readers are gone", async () => {
    const [ada, bob] = [await reader("ada@example.com"), await reader("bob@example.com")];
    for (const who of [ada, bob]) await inInstance(readSecret, who, { id: secretId });
    await app.base.state.transact(async ({ identity }) => {
      await identity.deleteUser(ACCOUNT, ada.id);
      const still = await identity.principal(ACCOUNT, bob.id);
      if (still?.kind === "user") await identity.putUser({ ...still, state: "disabled" });
    });
    const before = await ask();
    expect(before.received.map(({ state, hasAccess }) => [state, hasAccess])).toEqual([
      ["deleted", false],
      ["disabled", false],
    ]);
    await inInstance(deleteSecret, manager, { id: secretId });
    const after = await ask();
    expect(after.received).toEqual(before.received);
    expect(after.secret).toMatchObject({ name: "db-prod", isDeleted: true });
    expect(after.complete.isComplete).toBe(true);
  });

  it("keeps apart those who act as one trusted profile", async () => {
    const ada = await reader("on-call");
    const people = [
      [await cast.user("a@x.y"), "a@x.y"],
      ["IBMid-GONE", "b@x.y"],
    ] as const;
    for (const [authnId, authnName] of people) {
      const acting: Caller = { ...ada, authnId, authnName };
      await inInstance(readSecret, acting, { id: secretId });
    }
    expect((await ask()).received.map((one) => [one.id, one.authnName, one.authnState])).toEqual([
      [ada.id, "a@x.y", "active"],
      [ada.id, "b@x.y", "deleted"],
    ]);
  });

  it("says when events are missing between those that were found", async () => {
    const ada = await reader("ada@example.com");
    for (let i = 0; i < 3; i++) await inInstance(readSecret, ada, { id: secretId });
    const search = app.index.search.bind(app.index);
    app.index.search = async (selection, page) => {
      const { hits, next } = await search(selection, page);
      return { hits: page.order === "oldest" ? hits.toSpliced(1, 1) : hits, next };
    };
    expect((await ask()).complete).toEqual({
      isComplete: false,
      events: 3,
      counter: 4,
      first: 1,
      last: 4,
    });
    app.index.search = async (selection, page) => {
      const { hits, next } = await search(selection, page);
      return { hits: page.order === "oldest" ? hits.slice(0, -1) : hits, next };
    };
    expect((await ask()).complete).toMatchObject({ isComplete: false, last: 3, counter: 4 });
  });

  it("says when the first events of the time asked for are missing", async () => {
    const ada = await reader("ada@example.com");
    app.base.clock.advance(60_000);
    for (let i = 0; i < 3; i++) await inInstance(readSecret, ada, { id: secretId });
    const since = "2026-11-21T09:00:30Z";
    expect((await ask({ since })).complete).toMatchObject({ isComplete: true, first: 2 });
    const search = app.index.search.bind(app.index);
    app.index.search = async (selection, page) => {
      const { hits, next } = await search(selection, page);
      return { hits: page.order === "oldest" ? hits.slice(1) : hits, next };
    };
    expect((await ask({ since })).complete).toMatchObject({ isComplete: false, first: 3 });
  });

  it("says where it stopped when there is more than one answer looks at", async () => {
    for (let i = 0; i < MAX_PAGE; i++) await app.plant({ targetId: secretId });
    const search = app.index.search.bind(app.index);
    // The same page again and again stands for a secret that has been read without end.
    app.index.search = async (selection, page) => {
      const { hits } = await search(selection, { order: page.order, limit: page.limit });
      return { hits, next: page.order === "oldest" ? hits.at(-1) : undefined };
    };
    const found = await ask();
    expect(found.complete).toMatchObject({ isComplete: false, events: MAX_EXAMINED_EVENTS });
    expect(found.cutAt).toBe("2026-11-21T09:00:00.000Z");
    expect(found.received[0]?.events).toHaveLength(MAX_EVENTS_PER_IDENTITY);
  });

  it("is of every operation that gives out a value", () => {
    const giving = operationNames.filter((name) =>
      catalogue[name].response.includes("payloadAvailable"),
    );
    expect(giving.filter((name) => catalogue[name].discloses === undefined)).toEqual([]);
    const received = operationNames.filter((name) => catalogue[name].discloses === "received");
    expect(received.length).toBeGreaterThan(0);
    expect(received.filter((name) => !giving.includes(name))).toEqual([]);
  });

  it("is recorded with what was asked and how much was found, and with no identity of it", async () => {
    await inInstance(readSecret, await reader("ada@example.com"), { id: secretId });
    await ask({ versionId: firstVersion });
    const last = (await app.events()).at(-1);
    expect(last).toMatchObject({
      operation: "exposure.read",
      target: { id: `crn:v1:bluemix:public:keytrail:global:a/${ACCOUNT}::exposure:${secretId}` },
      requestData: { secretId, versionId: firstVersion },
      responseData: { identities: 1, disclosures: 1 },
    });
    expect(JSON.stringify(last)).not.toContain("ada@example.com");
  });

  it("is told to whoever may see the trail of it only", async () => {
    const { instance } = OTHER_INSTANCE;
    const elsewhere = await app.base.callerWith(["Auditor"], { instance: instance ?? "" });
    const refusal = async (caller: Caller, id = secretId): Promise<string> => {
      const performed = await app.perform(exposure, caller, { secretId: id });
      return performed.kind === "refused" ? performed.refusal.code : "done";
    };
    expect(await refusal(elsewhere)).toBe("not_found");
    expect(await refusal(auditor, randomId())).toBe("not_found");
    for (const roles of [["Manager"], ["Administrator"]] as const) {
      expect(await refusal(await app.base.callerWith(roles))).toBe("forbidden");
    }
    expect(await refusal(await app.base.callerWith(["Operator"]))).toBe("done");
  });
});
