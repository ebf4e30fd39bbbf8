import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

/** As the wizard of DSV's command line sends it. */
const SYSLOG = {
  siemType: "syslog",
  name: "syslogtest",
  host: "collector.example.com",
  port: 5514,
  protocol: "udp",
  endpoint: "",
  loggingFormat: "rfc5424",
  authMethod: "token",
  auth: "hidden-token-4711",
  sendToEngine: false,
  pool: "",
  allowSelfSigned: false,
};
const SPLUNK = {
  ...SYSLOG,
  siemType: "splunk",
  name: "spl",
  port: 8088,
  protocol: "https",
  endpoint: "/services/collector/event",
  loggingFormat: "json",
  allowSelfSigned: true,
};

const register = (body: object) => server.call("POST", "/config/siem", { body });

describe("a SIEM endpoint", () => {
  it("is registered, read, changed, listed and deleted, each on the record", async () => {
    const made = await register(SYSLOG);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...SYSLOG,
      auth: "****",
      failed: false,
      failedEvents: 0,
      version: "0",
    });
    expect(made.record).toMatchObject({ path: "config:siem", action: "POST", status: 201 });
    expect(made.events[0]).toMatchObject({
      action: "atracker.target.create",
      requestData: { name: "syslogtest", kind: "syslog", transport: "udp", port: 5514 },
      responseData: { id: made.body.id },
    });
    const read = await server.call("GET", "/config/siem/syslogtest");
    expect(read.body).toEqual(made.body);
    expect(read.record).toMatchObject({
      path: "config:siem:syslogtest",
      action: "GET",
      status: 200,
    });
    const { name: _name, ...rest } = SYSLOG;
    const changed = await server.call("PUT", "/config/siem/syslogtest", {
      body: { ...rest, protocol: "TLS", auth: "****" },
    });
    expect(changed.body).toMatchObject({ protocol: "tls", version: "1", auth: "****" });
    expect(changed.record).toMatchObject({
      path: "config:siem:syslogtest",
      action: "PUT",
      status: 200,
    });
    await register(SPLUNK);
    const listed = await server.call("GET", "/config/siem?searchTerm=spl&limit=&cursor=&sort=");
    expect(listed.body).toMatchObject({ data: [{ name: "spl", port: 8088 }], length: 1, total: 1 });
    expect(listed.body.data[0]).not.toHaveProperty("auth");
    const gone = await server.call("DELETE", "/config/siem/syslogtest");
    expect([gone.status, gone.text]).toEqual([200, ""]);
    expect(gone.record).toMatchObject({
      path: "config:siem:syslogtest",
      action: "DELETE",
      status: 200,
    });
    expect((await server.call("GET", "/config/siem/syslogtest")).body).toMatchObject({ code: 404 });
  });

  it("has its token sealed, and shown and recorded nowhere", async () => {
    const answers = [await register(SYSLOG)];
    answers.push(await server.call("GET", "/config/siem/syslogtest"));
    answers.push(await server.call("GET", "/config/siem"));
    answers.push(await register({ ...SYSLOG, name: "x", protocol: "https" }));
    const kept = server.app.database.all("SELECT content FROM items");
    const said = [answers.map(({ text }) => text), server.app.events(), kept];
    expect(JSON.stringify(said)).not.toContain(SYSLOG.auth);
    expect(JSON.stringify(kept)).toContain('\\"sealed\\"');
    const keys = () => server.app.database.all("SELECT owner FROM data_keys").length;
    const before = keys();
    await server.call("DELETE", "/config/siem/syslogtest");
    expect(keys()).toBe(before - 1);
  });

  it("keeps its token where none is given, and takes a new one", async () => {
    const { name: _name, auth: _auth, ...rest } = SYSLOG;
    const sealed = () =>
      JSON.parse(String(server.app.database.all("SELECT content FROM items")[0]?.["content"]))
        .sealed.token;
    await register(SYSLOG);
    const first = sealed();
    await server.call("PUT", "/config/siem/syslogtest", { body: rest });
    expect(sealed()).toBe(first);
    await server.call("PUT", "/config/siem/syslogtest", { body: { ...rest, auth: "another" } });
    expect(sealed()).not.toBe(first);
  });

  it.each([
    ["another host", { host: "10.0.0.9" }],
    ["another port", { port: 8_089 }],
    ["no protection", { siemType: "json", protocol: "http" }],
    ["any certificate", { allowSelfSigned: true }],
  ])("has its token given anew with %s", async (_what, change) => {
    const before = { ...SPLUNK, allowSelfSigned: false };
    await register(before);
    const { name, auth, ...rest } = { ...before, ...change };
    for (const masked of [{}, { auth: "****" }]) {
      const refused = await server.call("PUT", `/config/siem/${name}`, {
        body: { ...rest, ...masked },
      });
      expect(refused.body).toMatchObject({ code: 400, errors: { auth: [expect.any(String)] } });
      expect(refused.record).toMatchObject({ path: `config:siem:${name}`, status: 400 });
    }
    expect((await server.call("GET", `/config/siem/${name}`)).body).toMatchObject({
      host: SPLUNK.host,
      port: SPLUNK.port,
      version: "0",
    });
    const body = { ...rest, auth };
    expect((await server.call("PUT", `/config/siem/${name}`, { body })).status).toBe(200);
  });

  const FORMATS = { syslog: "rfc5424", cef: "cef", json: "json", splunk: "json" } as const;
  const PAIRS: Record<string, readonly string[]> = {
    syslog: ["udp", "tcp", "tls"],
    cef: ["udp", "tcp", "tls"],
    json: ["udp", "tcp", "http", "https"],
    splunk: ["https"],
  };

  it.each(Object.entries(FORMATS))(
    "of the type %s has DSV's transports and no others",
    async (siemType, loggingFormat) => {
      for (const protocol of ["udp", "tcp", "tls", "http", "https"]) {
        const name = `${siemType}-${protocol}`;
        const answer = await register({ ...SYSLOG, name, siemType, protocol, loggingFormat });
        expect([name, answer.status]).toEqual([
          name,
          PAIRS[siemType]?.includes(protocol) ? 201 : 400,
        ]);
      }
    },
  );

  it.each([
    ["host", { host: "169.254.169.254" }],
    ["host", { host: "[::ffff:169.254.169.254]" }],
    ["host", { host: "0:0:0:0:0:ffff:a9fe:a9fe" }],
    ["host", { host: "fd00:ec2::254" }],
    ["host", { host: "0.0.0.0" }],
    ["host", { host: "2130706433" }],
    ["host", { host: "0x7f.1" }],
    ["host", { host: "a b" }],
    ["host", { host: "user@host" }],
    ["host", { host: "host/path" }],
    ["port", { port: 0 }],
    ["port", { port: 65_536 }],
    ["loggingFormat", { loggingFormat: "cef" }],
    ["authMethod", { authMethod: "basic" }],
    ["auth", { auth: "" }],
    ["auth", { auth: "two\r\nlines" }],
    ["endpoint", { endpoint: "/x" }],
    ["endpoint", { ...SPLUNK, endpoint: "//x y" }],
    ["allowSelfSigned", { allowSelfSigned: true }],
    ["siemType", { siemType: "leef" }],
    ["name", { name: "a b" }],
    ["sendToEngine", { sendToEngine: true, pool: "edge" }],
    ["pool", { pool: "edge" }],
  ])(
    "with such a %s is refused, recorded without what was sent, and not kept: %j",
    async (field, wrong) => {
      const refused = await register({ ...SYSLOG, ...wrong });
      expect(refused.body).toMatchObject({ code: 400, errors: { [field]: [expect.any(String)] } });
      expect(refused.record).toMatchObject({ path: "config:siem", status: 400 });
      expect(refused.events[0]).toMatchObject({ operation: "destination.create", requestData: {} });
      expect((await server.call("GET", "/config/siem")).body.total).toBe(0);
    },
  );

  it("has a name of its own", async () => {
    await register(SYSLOG);
    expect((await register(SPLUNK)).status).toBe(201);
    const again = await register({ ...SPLUNK, name: SYSLOG.name });
    expect(again.body).toEqual({
      code: 400,
      message: "a SIEM endpoint with this name already exists",
    });
    expect(again.events).toMatchObject([{ operation: "destination.create", outcome: "failure" }]);
  });

  it("is an Operator's matter", async () => {
    await register(SYSLOG);
    const operator = await server.user("op@example.com", ["Operator"]);
    const manager = await server.user("m@example.com", ["Manager", "Administrator"]);
    expect((await server.call("GET", "/config/siem", { as: operator })).status).toBe(200);
    const refused = await server.call("GET", "/config/siem/syslogtest", { as: manager });
    expect(refused.body).toEqual({ code: 403, message: "Invalid permissions" });
    expect((await server.call("GET", "/config/siem/none", { as: manager })).status).toBe(403);
  });
});
