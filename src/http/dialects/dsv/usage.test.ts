import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { indexTrail } from "../../../app/trail/testing/indexed-trail.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const DAY_MS = 86_400_000;
let server: DsvServer;
let stopIndex: () => Promise<void>;

beforeEach(async () => {
  server = await DsvServer.open();
  stopIndex = await indexTrail(server.app);
});
afterEach(async () => {
  await stopIndex();
  await server.close();
});

/** What was recorded of the account so far, but for what the server did of its own accord. */
const calls = () =>
  server.app
    .events()
    .filter(({ account, dialect }) => account === server.account && dialect !== "internal");

describe("usage", () => {
  it("counts the calls of each day, and what there is", async () => {
    const before = calls().length;
    await server.call("POST", "/crypto/key/one");
    await server.call("POST", "/crypto/key/two");
    await server.call("DELETE", "/crypto/key/two");
    server.app.clock.advance(DAY_MS);
    const as = await server.user("ada@example.com", ["Auditor"]);
    const today = calls().filter(({ eventTime }) => eventTime > "2026-11-22");
    const asked = "/usage?startDate=2026-11-21&endDate=2026-11-22";
    const { status, body, record } = await server.call("GET", asked, { as });
    expect(status).toBe(200);
    expect(body).toEqual({
      startDate: "2026-11-21",
      endDate: "2026-11-22",
      requestsUsed: { "2026-11-21": before + 3, "2026-11-22": today.length },
      totalRequestsUsed: before + 3 + today.length,
      totalSecrets: 0,
      totalKeys: 1,
    });
    expect(record).toMatchObject({ path: "usage", action: "GET", status: 200 });
    const first = await server.call("GET", "/usage?startdate=2026-11-21&enddate=2026-11-21", {
      as,
    });
    expect(first.body.totalRequestsUsed).toBe(before + 3);
    const since = await server.call("GET", "/usage?startDate=2026-11-22&endDate=", { as });
    expect(since.body).toMatchObject({ endDate: "2026-11-22" });
    // What was asked so far has been counted meanwhile.
    expect(since.body.totalRequestsUsed).toBe(today.length + 2);
  });

  it.each([
    ["without a beginning", ""],
    ["from no day", "?startDate=soon"],
    ["until no day", "?startDate=2026-11-21&endDate=2026-13-01"],
    ["backwards", "?startDate=2026-11-22&endDate=2026-11-20"],
  ])("is refused %s", async (_how, query) => {
    const answered = await server.call("GET", `/usage${query}`);
    expect(answered).toMatchObject({ status: 400, record: { path: "usage", status: 400 } });
  });

  it("is for those who may see the account's", async () => {
    const as = await server.user("bob@example.com", ["Manager"]);
    const answered = await server.call("GET", "/usage?startDate=2026-11-21", { as });
    expect(answered).toMatchObject({ status: 403, body: { message: "Invalid permissions" } });
  });
});
