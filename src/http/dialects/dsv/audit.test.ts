/** The trail by DSV's wire: who may see it, what is found in it, page by page, as a file, and strictly. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { indexTrail } from "../../../app/trail/testing/indexed-trail.ts";
import type { DsvRecord } from "../../../audit/render/dsv.ts";
import { dsvProblems } from "../../../../test/support/dsv-validator.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let stopIndex: () => Promise<void>;
let ada: DsvUser;

const FIELDS = [
  "id",
  "tenant",
  "tenantName",
  "principal",
  "principalItemId",
  "action",
  "status",
  "path",
  "ipaddress",
  "created",
  "message",
];

beforeAll(async () => {
  server = await DsvServer.open();
  stopIndex = await indexTrail(server.app);
  ada = await server.user("ada@example.com");
  await server.call("POST", "/groups/", { body: { groupName: "audit-readers" } });
  await server.call("POST", "/groups/audit-readers/members", {
    body: { memberNames: ["ada@example.com"] },
  });
  for (const name of ["us-east/a", "us-east/b", "us-eastern"]) {
    await server.call("POST", `/secrets/${name}`, { body: { data: { k: "CANARY" } } });
    server.app.clock.advance(1_000);
    await server.call("GET", `/secrets/${name}`);
    server.app.clock.advance(1_000);
  }
});
afterAll(async () => {
  await stopIndex();
  await server.close();
});

async function found(query: string, as: DsvUser = server.admin): Promise<readonly DsvRecord[]> {
  const { status, body } = await server.call("GET", `/audit${query}`, { as });
  expect([status, body]).toMatchObject([
    200,
    { data: expect.any(Array), cursor: expect.any(String) },
  ]);
  return body.data;
}

const calls = (records: readonly DsvRecord[]) =>
  records.map(({ action, path }) => `${action} ${path}`);

describe("GET /audit", () => {
  it("is refused to whoever has no right to it, and that is recorded", async () => {
    const nobody = await server.user("nobody@example.com");
    const refused = await server.call("GET", "/audit?startDate=2026-11-01", { as: nobody });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 403, message: "Invalid permissions" },
      record: { path: "audit", action: "GET", status: 403, message: "Invalid permissions" },
    });
    expect(refused.record?.principal).toBe("users:nobody@example.com");
  });

  it("is given by a policy to exactly the members of a group", async () => {
    const before = await server.call("GET", "/audit", { as: ada });
    expect(before.status).toBe(403);
    // What `dsv policy create --path audit --actions list --resources audit --subjects groups:audit-readers` sends.
    const permission = {
      actions: ["list"],
      conditions: {},
      description: "",
      effect: "allow",
      meta: null,
      resources: ["audit"],
      subjects: ["groups:audit-readers"],
    };
    const policy = JSON.stringify({ permissionDocument: [permission] });
    const body = { path: "audit", policy, serialization: "json" };
    expect((await server.call("POST", "/config/policies/", { body })).status).toBe(201);
    expect((await found("?startDate=2023-04-20", ada)).length).toBeGreaterThan(5);
    const outside = await server.user("outside@example.com");
    expect((await server.call("GET", "/audit", { as: outside })).status).toBe(403);
    await server.call("DELETE", "/groups/audit-readers/members", {
      body: { memberNames: ["ada@example.com"] },
    });
    expect((await server.call("GET", "/audit", { as: ada })).status).toBe(403);
  });

  it("has the eleven fields, newest first, 25 at a time", async () => {
    for (let i = 0; i < 30; i++) await server.call("GET", "/secrets/us-east/a");
    const { body } = await server.call(
      "GET",
      "/audit?startDate=&endDate=&principal=&path=&action=",
    );
    expect(Object.keys(body).toSorted()).toEqual([
      "cursor",
      "data",
      "length",
      "limit",
      "totalItems",
    ]);
    expect([body.length, body.limit, body.data.length]).toEqual([25, 25, 25]);
    expect(body.totalItems).toBeGreaterThan(30);
    for (const record of body.data as readonly DsvRecord[]) {
      expect(Object.keys(record)).toEqual(FIELDS);
      expect(dsvProblems({ ...record })).toEqual([]);
      expect(record.created).toMatch(/\.\d{9}Z$/);
    }
    const times = (body.data as readonly DsvRecord[]).map(({ created }) => created);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(JSON.stringify(body)).not.toContain("CANARY");
  });

  it("goes on from page to page without a record twice or missing, while others are made", async () => {
    const seen: string[] = [];
    let cursor = "";
    let total = 0;
    do {
      const { body } = await server.call(
        "GET",
        `/audit?limit=7&sort=asc&cursor=${cursor}&path=secrets`,
      );
      total ||= body.totalItems;
      seen.push(...body.data.map(({ id }: DsvRecord) => id));
      cursor = body.cursor;
    } while (cursor !== "");
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(total);
  });

  it("finds by path what is at it and below it, however it is written", async () => {
    const below = [
      "POST secrets:us-east:a",
      "GET secrets:us-east:a",
      "POST secrets:us-east:b",
      "GET secrets:us-east:b",
    ];
    for (const path of [
      "secrets:us-east",
      "/secrets//us-east",
      "secrets/us-east/",
      "secrets:us-east:",
    ]) {
      const all = calls(await found(`?limit=200&sort=asc&path=${encodeURIComponent(path)}`));
      expect([...new Set(all)]).toEqual(below);
    }
    expect(calls(await found("?path=secrets:us-eastern&sort=asc"))).toEqual([
      "POST secrets:us-eastern",
      "GET secrets:us-eastern",
    ]);
    expect(await found("?path=secrets:us")).toEqual([]);
  });

  it("finds by who did it, and by what", async () => {
    const refused = await found("?principal=users:nobody@example.com");
    expect(calls(refused.filter(({ status }) => status === 403))).toEqual(["GET audit"]);
    expect(new Set(refused.map(({ principal }) => principal)).size).toBe(1);
    const made = await found("?action=post&path=secrets&limit=100");
    expect(new Set(made.map(({ action }) => action))).toEqual(new Set(["POST"]));
    expect(await found("?principal=users:nobody")).toEqual([]);
    const both = await found("?action=POST,GET&path=secrets:us-eastern");
    expect(both).toHaveLength(2);
  });

  it("has what is no call here, in DSV's form, by the method that it was tried with", async () => {
    for (const [method, path] of [
      ["DELETE", "/roles"],
      ["PUT", "/nothing"],
      ["GET", "/revoke"],
    ] as const) {
      const { status, body, record } = await server.call(method, path);
      const message = "unable to find item with specified identifier";
      expect([path, status, body]).toEqual([path, 404, { code: 404, message }]);
      expect(record).toMatchObject({ path: "request", action: method, status: 404, message });
    }
    expect(calls(await found("?action=DELETE&path=request"))).toEqual(["DELETE request"]);
    expect(calls(await found("?action=put,delete&path=request"))).toEqual([
      "PUT request",
      "DELETE request",
    ]);
    expect(await found("?action=POST&path=request")).toEqual([]);
  });

  it("finds between two moments, the second left out; a date is its beginning", async () => {
    const all = await found("?limit=200&path=secrets&sort=asc");
    const [first, second] = all;
    const until = await found(
      `?path=secrets&startDate=${first?.created}&endDate=${second?.created}`,
    );
    expect(until.map(({ id }) => id)).toEqual([first?.id]);
    expect(await found("?endDate=2026-11-21&path=secrets")).toEqual([]);
    expect(
      (await found("?startDate=2026-11-21&endDate=2026-11-22&path=secrets&limit=200")).length,
    ).toBe(all.length);
    for (const bad of [
      "startDate=yesterday",
      "endDate=2026-13-01",
      "limit=x",
      "sort=up",
      "cursor=@",
      "paths=a",
    ]) {
      const { status, body } = await server.call("GET", `/audit?${bad}`);
      expect([bad, status, body.code]).toEqual([bad, 400, 400]);
    }
  });

  it("leaves out what DSV does not log, if it is asked to be strict", async () => {
    await server.call("DELETE", "/secrets/us-eastern");
    await server.call("PUT", "/secrets/us-eastern/restore");
    await server.call("GET", "/secrets/not/there");
    const everything = calls(await found("?path=secrets:us-eastern&sort=asc"));
    expect(everything).toContain("GET secrets:us-eastern:restore");
    const strict = await found("?path=secrets:us-eastern&sort=asc&strict=true");
    expect(calls(strict)).toEqual(everything.filter((call) => !/:restore$|:deletion$/.test(call)));
    const refusals = await found("?strict=true&limit=500");
    expect(refusals.filter(({ status }) => status === 403)).toEqual([]);
    expect(refusals.filter(({ path }) => path === "secrets:not:there")).toMatchObject([
      { status: 404 },
    ]);
  });

  it("shows what was done by other wires under DSV's names", async () => {
    const { token } = server.admin;
    await server.http.send({
      method: "GET",
      url: "/api/v2/secrets?search=us-eastern",
      authorization: `Bearer ${token}`,
    });
    expect(calls(await found("?path=secrets&limit=1"))).toEqual(["GET secrets"]);
  });
});

describe("GET /download/audit", () => {
  it("is an archive with every record of the time, oldest first", async () => {
    const { body, headers, status } = await server.call(
      "GET",
      "/download/audit?startDate=2026-11-21&endDate=2026-11-22",
    );
    expect([status, headers["content-type"]]).toEqual([200, "application/zip"]);
    const folder = mkdtempSync(join(tmpdir(), "keytrail-zip-"));
    try {
      writeFileSync(join(folder, "audit.zip"), body as Uint8Array);
      const text = execFileSync("unzip", ["-p", join(folder, "audit.zip"), "audit.json"], {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      });
      const records = JSON.parse(text) as readonly DsvRecord[];
      // The downloading itself was recorded after it.
      expect(records.map(({ id }) => id)).toEqual(
        server.app
          .events()
          .slice(0, -1)
          .filter(({ account }) => account === server.account)
          .map(({ id }) => id),
      );
      expect(text).not.toContain("CANARY");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("wants a beginning and an end, and the right", async () => {
    expect((await server.call("GET", "/download/audit?startDate=2026-11-21")).status).toBe(400);
    const nobody = await server.user("other@example.com");
    const refused = await server.call(
      "GET",
      "/download/audit?startDate=2026-11-21&endDate=2026-11-22",
      { as: nobody },
    );
    expect([refused.status, refused.body.message]).toEqual([403, "Invalid permissions"]);
  });
});
