import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDelivering, until } from "../../../app/destinations/testing/delivering.ts";
import { LineReceiver } from "../../../app/destinations/testing/line-receiver.ts";
import type { Definition } from "../../../delivery/definition.ts";
import type { Delivery } from "../../../delivery/delivery.ts";
import { readStatement } from "../../../delivery/proof.ts";
import { extensionsOf, openCheckpoint } from "../../../ledger/checkpoint.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

const TOKEN = "hidden-token-4711";
const PINNED: Definition = {
  id: "pinned:central",
  name: "central",
  sink: { kind: "file", path: "/nowhere/events.jsonl" } as Definition["sink"],
  credentials: {},
  selection: { account: null, includesOperators: true, filter: "", routing: null },
  isPaused: true,
  isPinned: true,
  maxBacklog: null,
  start: { id: "central", index: 0 },
};

let native: NativeServer;
let delivery: Delivery;
let receiver: LineReceiver;
beforeEach(async () => {
  native = await openNativeServer({ pinned: [PINNED] });
  delivery = await startDelivering(native.app, [PINNED]);
  receiver = await LineReceiver.open();
});
afterEach(async () => {
  await delivery.stop();
  await receiver.close();
  await native.close();
});

async function call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, given: Given = {}) {
  const before = native.app.ledger.size;
  const answer = await native.server.inject({
    method,
    url: `/trail/v1/destinations${path}`,
    headers: { authorization: `Bearer ${given.as ?? "operator"}` },
    ...(given.body ? { payload: given.body } : {}),
  });
  const events = (await native.app.events()).slice(before);
  const isJson = String(answer.headers["content-type"]).includes("json");
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  const body: any = isJson ? answer.json() : null;
  return { status: answer.statusCode, body, text: answer.body, events };
}

interface Given {
  readonly body?: object;
  readonly as?: "operator" | "auditor" | "reader";
}

const make = (terms: object = {}) =>
  call("POST", "", { body: { name: "siem", settings: receiver.settings, ...terms } });

/** What the receiver has, by the index at which it stands in the log. */
async function received(count: number): Promise<readonly string[]> {
  await until(() => receiver.lines.length >= count);
  return receiver.lines;
}

describe("a destination", () => {
  it("gets the account's events from its own making on, and says how it stands", async () => {
    await native.app.plant({ targetId: "earlier" });
    const made = await make();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "siem",
      settings: { kind: "json", transport: "tcp", form: "entry" },
      address: { transport: "tcp", host: "127.0.0.1", port: receiver.port },
      credentials: [],
      filter: "",
      includes_installation: true,
      is_routed: false,
      required: null,
      is_pinned: false,
      version: 0,
    });
    expect(made.events[0]).toMatchObject({
      operation: "destination.create",
      outcome: "success",
      requestData: { kind: "json", transport: "tcp", host: "127.0.0.1", form: "entry" },
      responseData: { id: made.body.id },
    });
    await native.app.plant({ targetId: "later" });
    const [first = "{}", second] = await received(2);
    expect(JSON.parse(first)).toMatchObject({ operation: "destination.create" });
    expect(second).toContain('"later"');
    expect(receiver.lines.join()).not.toContain('"earlier"');
    await until(() => (delivery.report(made.body.id)?.progress.acknowledged ?? 0) > 2);
    const read = await call("GET", "/siem", { as: "auditor" });
    expect(read.body.status).toMatchObject({
      state: "delivering",
      delivered: expect.any(Number),
      set_aside: { count: 0, latest: [] },
      last_error: null,
      attempts: 0,
    });
    expect(read.body.status.acknowledged).toBeGreaterThan(2);
    expect((await call("GET", `/${made.body.id}`)).body.name).toBe("siem");
  });

  it("gets earlier events if that is asked for, and only what its filter finds", async () => {
    for (const targetId of ["a", "b", "c"]) await native.app.plant({ targetId });
    await make({ from: "beginning", filter: 'target.name:"name of b"' });
    expect((await received(1))[0]).toContain('"b"');
    await make({ name: "by-time", from: "now-2h", filter: 'target.name:"name of c"' });
    expect((await received(2))[1]).toContain('"c"');
  });

  it("is changed in part, renamed, paused and resumed, each on the record", async () => {
    const { body: made } = await make();
    const changed = await call("PATCH", "/siem", {
      body: { name: "other", filter: "outcome:failure", required: { max_backlog: 5_000 } },
    });
    expect(changed.body).toMatchObject({
      id: made.id,
      name: "other",
      settings: made.settings,
      filter: "outcome:failure",
      required: { max_backlog: 5_000 },
      version: 1,
    });
    expect(changed.events[0]).toMatchObject({
      operation: "destination.update",
      severity: "critical",
      target: { name: "other" },
      requestData: { name: "siem", filter: "outcome:failure", required: 5_000 },
    });
    const lifted = await call("PATCH", "/other", { body: { required: null } });
    expect(lifted.body).toMatchObject({ required: null, filter: "outcome:failure" });
    for (const [verb, state, version] of [
      ["pause", "paused", 3],
      ["pause", "paused", 3],
      ["resume", "delivering", 4],
    ] as const) {
      const answer = await call("POST", `/other/${verb}`);
      expect([answer.status, answer.body.version]).toEqual([200, version]);
      expect(answer.events[0]).toMatchObject({ operation: `destination.${verb}` });
      if (state === "paused") expect(answer.body.status.state).toBe(state);
    }
    const gone = await call("DELETE", "/other");
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await call("GET", "/other")).status).toBe(404);
  });

  it("is sent what it has had once more, and nothing ahead of it", async () => {
    const { body: made } = await make({ filter: 'target.name:"name of again"' });
    const { index } = await native.app.plant({ targetId: "again" });
    await received(1);
    await until(() => (delivery.report(made.id)?.progress.acknowledged ?? 0) > index);
    const replayed = await call("POST", "/siem/replay", { body: { from: index } });
    expect(replayed.body).toEqual({ index });
    expect(replayed.events[0]).toMatchObject({
      operation: "destination.replay",
      requestData: { name: "siem", from: index },
      responseData: { index },
    });
    const [first, second] = await received(2);
    expect(second).toBe(first);
    const beyond = await call("POST", "/siem/replay", { body: { from: 1_000_000 } });
    expect(beyond.body.errors[0]).toMatchObject({ code: "invalid_request", field: "from" });
    await call("POST", "/siem/pause");
    for (let i = 0; i < 5; i += 1) await native.app.plant();
    const ahead = await call("POST", "/siem/replay", { body: { from: "now" } });
    expect(ahead.body.errors[0]).toMatchObject({ code: "precondition_failed" });
  });

  it("is tried, with an event before anything leaves", async () => {
    await make({ filter: 'target.name:"name of tried"' });
    await native.app.plant({ targetId: "tried" });
    await received(1);
    const tried = await call("POST", "/siem/test");
    expect(tried.body).toEqual({ is_reached: true, problem: null, index: expect.any(Number) });
    expect(tried.events.map(({ outcome }) => outcome)).toEqual(["pending", "success"]);
    expect(tried.events[1]?.responseData).toEqual({ isReached: true, problem: null });
    await received(2);
    await call("PATCH", "/siem", { body: { settings: { ...receiver.settings, port: 1 } } });
    const failed = await call("POST", "/siem/test");
    expect(failed.body).toMatchObject({ is_reached: false, problem: expect.any(String) });
    expect(failed.events[1]?.responseData).toMatchObject({ isReached: false });
  });

  it("has what it has proven by the log", async () => {
    const { body: made } = await make();
    expect((await call("GET", "/siem/proof", { as: "auditor" })).status).toBe(200);
    await until(() => (delivery.report(made.id)?.progress.deliveredCount ?? 0) > 0);
    const proof = await call("GET", "/siem/proof", { as: "auditor" });
    const checkpoint = openCheckpoint(proof.text, native.app.ledger.vkey);
    const statement = readStatement(extensionsOf(proof.text));
    expect(statement).toMatchObject({ id: made.id, name: "siem" });
    expect(proof.events[0]).toMatchObject({
      operation: "destination.proof.read",
      responseData: { through: checkpoint.size },
    });
  });

  it("that the operator has pinned is shown to operators, and changed by nobody", async () => {
    await make();
    const listed = await call("GET", "");
    expect(listed.body).toMatchObject({
      total_count: 2,
      destinations: [
        { name: "siem", is_pinned: false },
        { id: "pinned:central", name: "central", is_pinned: true, status: { state: "paused" } },
      ],
    });
    expect((await call("GET", "/central")).body).toMatchObject({ id: "pinned:central" });
    expect((await call("GET", "/pinned:central/proof")).status).toBe(200);
    const changes = [
      ["PATCH", "", { filter: "x" }],
      ["DELETE", ""],
      ["POST", "/pause"],
      ["POST", "/resume"],
      ["POST", "/replay", { from: 0 }],
    ] as const;
    for (const [method, path, body] of changes) {
      const refused = await call(method, `/pinned:central${path}`, body ? { body } : {});
      expect(refused.body.errors[0], path).toMatchObject({
        code: "locked",
        message: "The operator has pinned it in the configuration.",
      });
      expect(refused.events[0]).toMatchObject({ outcome: "failure" });
    }
    expect((await call("GET", "", { as: "auditor" })).body.total_count).toBe(1);
    expect((await call("GET", "/central", { as: "auditor" })).status).toBe(404);
  });

  it("is an Operator's to change, an Auditor's to see, and nobody else's", async () => {
    await make();
    for (const [method, path] of [
      ["POST", ""],
      ["PATCH", "/siem"],
      ["DELETE", "/siem"],
      ["POST", "/siem/test"],
      ["POST", "/siem/pause"],
      ["POST", "/siem/replay"],
    ] as const) {
      const body = path === "" ? { name: "x", settings: receiver.settings } : { from: 0 };
      const isBare = path.endsWith("test") || path.endsWith("pause") || method === "DELETE";
      const sent = method === "PATCH" ? { filter: "" } : body;
      const refused = await call(method, path, {
        as: "auditor",
        ...(isBare ? {} : { body: sent }),
      });
      expect([path, refused.status]).toEqual([path, 403]);
      expect(refused.events[0]).toMatchObject({ outcome: "failure", reason: { reasonCode: 403 } });
    }
    for (const path of ["", "/siem", "/siem/proof"]) {
      expect((await call("GET", path, { as: "reader" })).status).toBe(403);
    }
    expect((await call("GET", "/none", { as: "reader" })).status).toBe(403);
  });
});

describe("what is said of a destination", () => {
  it.each([
    ["name", { name: "a b" }],
    ["name", { name: "x".repeat(101) }],
    ["name", { name: "6e1f7f5a-1a7e-4d0e-9a0e-2a6f3c9a1b01" }],
    [
      "settings",
      { settings: { kind: "json", transport: "udp", host: "localhost", port: 1, [TOKEN]: 1 } },
    ],
    ["kind", { settings: { kind: "pigeon" } }],
    ["kind", { settings: { kind: "file", path: "/tmp/x" } }],
    ["host", { settings: { kind: "json", transport: "tcp", host: "a b", port: 1 } }],
    ["host", { settings: { kind: "json", transport: "tcp", host: "169.254.169.254", port: 1 } }],
    ["port", { settings: { kind: "json", transport: "tcp", host: "localhost", port: 0 } }],
    ["filter", { filter: "target.id:(" }],
    ["filter", { filter: "x".repeat(4_097) }],
    ["max_backlog", { required: { max_backlog: 999 } }],
    ["from", { from: "yesterday" }],
    ["from", { from: -1 }],
    ["credentials", { credentials: { [TOKEN]: "x" } }],
    ["credentials", { credentials: { token: 4_711 } }],
  ])("with such a %s is refused, and nothing of it recorded: %j", async (field, wrong) => {
    const refused = await make(wrong);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].field).toMatch(new RegExp(`(^|\\.)${field}$`));
    expect(refused.events).toMatchObject([
      { operation: "destination.create", outcome: "failure", requestData: {} },
    ]);
    expect(JSON.stringify([refused.body, refused.events])).not.toContain(TOKEN);
    expect((await call("GET", "")).body.total_count).toBe(1);
  });

  const HTTPS = { kind: "json", transport: "https", host: "collector.example.com", port: 443 };

  it.each([["two\r\nlines"], [" spaced "], [""], ["x".repeat(4_097)], ["ünprintable"]])(
    "takes no token that could not stand in a header: %j",
    async (token) => {
      const refused = await make({ settings: HTTPS, credentials: { token } });
      expect(refused.body.errors[0]).toMatchObject({ field: "credentials.token" });
    },
  );

  it("may not have its credentials sent elsewhere by whoever does not know them", async () => {
    const tls = { ca: undefined };
    await make({ settings: { ...HTTPS, tls }, credentials: { token: TOKEN } });
    const elsewhere = [
      { ...HTTPS, host: "other.example.com" },
      { ...HTTPS, port: 8_443 },
      { ...HTTPS, transport: "http" },
      { ...HTTPS, tls: { allow_self_signed: true } },
      { ...HTTPS, tls: { server_name: "other.example.com" } },
    ];
    for (const settings of elsewhere) {
      const refused = await call("PATCH", "/siem", { body: { settings } });
      expect(refused.body.errors[0]).toMatchObject({ field: "credentials" });
      expect(refused.events[0]).toMatchObject({ operation: "destination.update", requestData: {} });
    }
    const same = await call("PATCH", "/siem", { body: { settings: { ...HTTPS, form: "ecs" } } });
    expect(same.body).toMatchObject({ settings: { form: "ecs" }, credentials: ["token"] });
    const [settings] = elsewhere;
    const told = await call("PATCH", "/siem", {
      body: { settings, credentials: { token: "another" } },
    });
    expect(told.body).toMatchObject({ address: { host: "other.example.com" }, version: 2 });
    const none = await call("PATCH", "/siem", { body: { credentials: { token: null } } });
    expect(none.body.credentials).toEqual([]);
    const said = [told, none, await call("GET", ""), await native.app.events()];
    expect(JSON.stringify(said)).not.toContain(TOKEN);
    const kept = native.app.base.database.all("SELECT content FROM items");
    expect(JSON.stringify(kept)).not.toContain(TOKEN);
  });

  it("is unique by its name, and there may be fifty", async () => {
    for (let i = 0; i < 50; i += 1) {
      expect((await make({ name: `d${i}`, is_routed: true })).status).toBe(201);
    }
    expect((await make({ name: "d0" })).body.errors[0]).toMatchObject({ code: "conflict" });
    expect((await make({ name: "d50" })).body.errors[0]).toMatchObject({ code: "limit_reached" });
    const renamed = await call("PATCH", "/d1", { body: { name: "d0" } });
    expect(renamed.body.errors[0]).toMatchObject({ code: "conflict" });
    const part = await call("GET", "?search=D1&offset=1&limit=2");
    expect(part.body).toMatchObject({ total_count: 11, offset: 1, limit: 2 });
    expect(part.body.destinations.map(({ name }: { name: string }) => name)).toEqual([
      "d10",
      "d11",
    ]);
  });
});
