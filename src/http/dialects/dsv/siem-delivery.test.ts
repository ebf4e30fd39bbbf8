/** SIEM endpoints as what they are: destinations, that every wire sees, and that events arrive at. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDestination } from "../../../app/destinations/create-destination.ts";
import type { DeliveryDesk } from "../../../app/destinations/desk.ts";
import { pauseDestination } from "../../../app/destinations/pause-destination.ts";
import { readDestination } from "../../../app/destinations/read-destinations.ts";
import { deliveringFrom, until } from "../../../app/destinations/testing/delivering.ts";
import { LineReceiver } from "../../../app/destinations/testing/line-receiver.ts";
import { updateTarget } from "../../../app/destinations/targets.ts";
import { updateDestination } from "../../../app/destinations/update-destination.ts";
import type { Caller } from "../../../app/call.ts";
import type { Delivery } from "../../../delivery/delivery.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let operator: Caller;
beforeEach(async () => {
  server = await DsvServer.open();
  ({ caller: operator } = await server.user("op@example.com", ["Operator"]));
});
afterEach(() => server.close());

const JSON_TCP = {
  siemType: "json",
  name: "lines",
  host: "127.0.0.1",
  port: 5514,
  protocol: "tcp",
  loggingFormat: "json",
  authMethod: "token",
  auth: "hidden-token-4711",
};

const register = (body: object) => server.call("POST", "/config/siem", { body });
const update = (body: Partial<typeof JSON_TCP>, as?: DsvUser) => {
  const { name, ...rest } = { ...JSON_TCP, ...body };
  return server.call("PUT", `/config/siem/${name}`, { body: rest, ...(as ? { as } : {}) });
};

describe("an endpoint of DSV's and a destination of any other wire", () => {
  const framed = { kind: "syslog", transport: "tcp", host: "siem.example.com", port: 601 };

  it("are the same, as far as DSV has words for it", async () => {
    const { app } = server.http;
    const make = (name: string, settings: object) =>
      app.done(createDestination, operator, { name, settings });
    await make("framed", { ...framed, framing: "lf", facility: 16 });
    await make("old", { ...framed, format: "rfc3164" });
    await make("other", { kind: "otlp", url: "https://otlp.example.com/v1/logs" });
    const listed = await server.call("GET", "/config/siem");
    expect(listed.body).toMatchObject({
      total: 1,
      data: [{ name: "framed", siemType: "syslog", protocol: "tcp", loggingFormat: "rfc5424" }],
    });
    for (const name of ["old", "other"]) {
      expect((await server.call("GET", `/config/siem/${name}`)).status).toBe(404);
      expect((await update({ name })).status).toBe(404);
      expect((await server.call("DELETE", `/config/siem/${name}`)).status).toBe(404);
    }
    const SYSLOG = { siemType: "syslog", protocol: "tcp", loggingFormat: "rfc5424" };
    const changed = await update({ ...SYSLOG, name: "framed", port: 602 });
    expect(changed.body).toMatchObject({ port: 602, version: "1" });
    const kept = await app.done(readDestination, operator, { name: "framed" });
    expect(kept.settings).toMatchObject({ port: 602, framing: "lf", facility: 16 });
    expect((await update({ name: "framed" })).body).toMatchObject({ siemType: "json" });
  });

  it("are changed by DSV's as DSV's shows them, and lose nothing that another wire has said", async () => {
    const { app } = server.http;
    const tls = { kind: "syslog", transport: "tls", host: "siem.example.com", port: 6514 };
    const { id } = await app.done(createDestination, operator, {
      name: "siem",
      settings: { ...tls, framing: "lf", tls: { allow_self_signed: true } },
      filter: "outcome:failure",
      isRouted: true,
      maxBacklog: 5_000,
    });
    await app.done(updateTarget, operator, {
      id,
      newName: "my-siem",
      shown: { target_name: "my siem" },
    });
    const before = await app.done(readDestination, operator, { name: id });
    const { body: read } = await server.call("GET", "/config/siem/my-siem");
    expect(read).toMatchObject({ protocol: "tls", allowSelfSigned: true });
    const again = Object.fromEntries(
      Object.keys(JSON_TCP).map((name) => [name, read[name]]),
    ) as typeof JSON_TCP;
    const put = await update({ ...again, allowSelfSigned: true } as typeof JSON_TCP);
    expect([put.status, put.body]).toMatchObject([200, { allowSelfSigned: true }]);
    const after = await app.done(readDestination, operator, { name: id });
    const { settings, filter, isRouted, maxBacklog, shown } = after;
    expect({ settings, filter, isRouted, maxBacklog, target_name: shown["target_name"] }).toEqual({
      settings: before.settings,
      filter: "outcome:failure",
      isRouted: true,
      maxBacklog: 5_000,
      target_name: "my siem",
    });
  });

  it("is used again once it is updated, if it was paused", async () => {
    await register(JSON_TCP);
    await server.http.app.done(pauseDestination, operator, { name: "lines" });
    expect((await server.call("GET", "/config/siem/lines")).body).toMatchObject({ failed: true });
    expect((await update({})).body).toMatchObject({ failed: false });
    const view = await server.http.app.done(readDestination, operator, { name: "lines" });
    expect(view).toMatchObject({ isPaused: false, credentialNames: ["token"] });
  });

  it("keeps its token when its type becomes one that sends none, and back", async () => {
    const HEC = { siemType: "splunk", protocol: "https", port: 8088 };
    await register({ ...JSON_TCP, siemType: "cef", loggingFormat: "cef" });
    for (const [siemType, loggingFormat] of [
      ["json", "json"],
      ["syslog", "rfc5424"],
    ] as const) {
      const changed = await update({ siemType, loggingFormat, auth: "****" });
      expect([changed.status, changed.body.auth]).toEqual([200, "****"]);
    }
    expect((await update({ ...HEC, auth: "****" })).status).toBe(400);
    expect((await update(HEC)).body).toMatchObject({ siemType: "splunk", auth: "****" });
  });
});

describe("policy documents on config:siem", () => {
  it("give what they say, and nothing of what belongs to no account", async () => {
    const bob = await server.user("bob@example.com");
    await register(JSON_TCP);
    const permission = {
      subjects: ["users:bob@example.com"],
      actions: ["create", "read", "update"],
      resources: ["config:siem", "config:siem:<.*>"],
      effect: "allow",
    };
    expect((await server.call("GET", "/config/siem/lines", { as: bob })).status).toBe(403);
    const made = await server.call("POST", "/config/policies/", {
      body: { path: "config:siem", policy: { permissionDocument: [permission] } },
    });
    expect(made.status).toBe(201);
    expect((await server.call("GET", "/config/siem/lines", { as: bob })).status).toBe(200);
    const refused = await update({ auth: "another" }, bob);
    expect(refused.body).toEqual({ code: 403, message: "Invalid permissions" });
    expect(refused.events).toMatchObject([
      { operation: "destination.update", outcome: "failure", target: { name: "lines" } },
    ]);
    const own = await server.call("POST", "/config/siem", {
      as: bob,
      body: { ...JSON_TCP, name: "bobs" },
    });
    expect(own.status).toBe(201);
    const view = await server.http.app.done(readDestination, operator, { name: "bobs" });
    expect(view.includesOperators).toBe(false);
    expect((await update({ name: "bobs", auth: "another" }, bob)).status).toBe(200);
    const { app } = server.http;
    await app.done(updateDestination, operator, { name: "bobs", includesOperators: true });
    expect((await update({ name: "bobs", auth: "a-third" }, bob)).status).toBe(403);
    const gone = await server.call("DELETE", "/config/siem/bobs", { as: bob });
    expect(gone.status).toBe(403);
  });
});

describe("delivery to an endpoint of DSV's", () => {
  let delivery: Delivery;
  beforeEach(async () => {
    const { app } = server;
    const desk = app.capabilities.deliveries as DeliveryDesk;
    delivery = await deliveringFrom(app.log, { app, desk });
    app.trail.onRecorded((events) => desk.onRecorded(events));
  });
  afterEach(() => delivery.stop());

  /** An attempt has failed since the clock was set. */
  const troubledNow = (id: string) =>
    until(() => (delivery.report(id)?.progress.lastTrouble?.at ?? 0) >= server.app.clock.now());

  it("brings it DSV's records", async () => {
    const receiver = await LineReceiver.open();
    await register({ ...JSON_TCP, port: receiver.port });
    await server.call("GET", "/config/siem");
    await until(() => receiver.lines.length >= 2);
    const [first, second] = receiver.lines.map((line): unknown => JSON.parse(line));
    expect(first).toMatchObject({ action: "POST", path: "config:siem", status: 201 });
    expect(second).toMatchObject({ action: "GET", path: "config:siem", status: 200 });
    expect(receiver.lines.join()).not.toContain(JSON_TCP.auth);
    await receiver.close();
  });

  it("says that it has failed while nothing arrives, until it is updated", async () => {
    const { id } = (await register({ ...JSON_TCP, port: 1 })).body;
    server.app.clock.advance(1_000);
    await troubledNow(id);
    const failing = await server.call("GET", "/config/siem/lines");
    expect(failing.body).toMatchObject({ failed: true, failedEvents: 0 });
    server.app.clock.advance(1_000);
    expect((await update({ port: 1 })).body).toMatchObject({ failed: false, version: "1" });
    server.app.clock.advance(1_000);
    await troubledNow(id);
    expect((await server.call("GET", "/config/siem/lines")).body).toMatchObject({ failed: true });
  });

  it("counts the events that its server refuses, until it is updated", async () => {
    const picky = await openPicky();
    const { port } = picky.address() as AddressInfo;
    const { id } = (await register({ ...JSON_TCP, protocol: "http", port })).body;
    server.app.clock.advance(1_000);
    await server.call("GET", "/config/siem/poison");
    await server.call("GET", "/config/siem/lines");
    const setAside = () => delivery.report(id)?.progress.setAsideCount === 1;
    await until(setAside);
    const read = await server.call("GET", "/config/siem/lines");
    expect(read.body).toMatchObject({ failed: false, failedEvents: 1 });
    server.app.clock.advance(1_000);
    expect((await update({ protocol: "http", port })).body).toMatchObject({ failedEvents: 0 });
    picky.closeAllConnections();
    picky.close();
  });
});

/** Refuses whatever is about poison. */
async function openPicky(): Promise<Server> {
  const picky = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => response.writeHead(body.includes("poison") ? 400 : 200).end());
  });
  picky.listen(0, "127.0.0.1");
  await once(picky, "listening");
  return picky;
}
