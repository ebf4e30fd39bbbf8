import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { parseReceipt, verifyReceipt } from "../../../ledger/receipt.ts";
import { policyOfLog } from "../../../ledger/witness-policy.ts";
import { errorShape } from "./errors.ts";
import * as shapes from "./event-shapes.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

let native: NativeServer;
beforeEach(async () => (native = await openNativeServer()));
afterEach(() => native.close());

const lastEvent = async () => (await native.app.events()).at(-1);

describe("GET /trail/v1/events", () => {
  it("answers with the events as the very bytes that were hashed", async () => {
    const { index } = await native.app.plant({ input: { id: "s1", name: 'a "quoted" näme' } });
    const response = await native.get("/trail/v1/events?query=host:secrets-manager", "auditor");
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    const [line] = await native.app.ledger.entries([index]);
    expect(response.body).toContain(`{"index":${index},"event":${fromUtf8(line as Uint8Array)}}`);
    expect(shapes.searchAnswer.parse(response.json())).toMatchObject({
      complete: true,
      index: { size: 1, indexed: 1 },
    });
  });

  it("says which event recorded the answer, and proves it when asked to", async () => {
    const response = await native.get("/trail/v1/events", "auditor", { prefer: "receipt" });
    const {
      "keytrail-event": id,
      "keytrail-index": index,
      "keytrail-receipt": receipt,
    } = response.headers;
    expect(await lastEvent()).toMatchObject({
      id,
      action: "keytrail.events.list",
      dialect: "native",
    });
    expect(index).toBe("0");
    const [leaf] = await native.app.ledger.entries([0]);
    const claim = {
      receipt: parseReceipt(Buffer.from(String(receipt), "base64").toString()),
      leaf: leaf as Uint8Array,
      policy: policyOfLog(native.app.ledger.vkey),
    };
    expect(verifyReceipt(claim).size).toBe(1);
  });

  it("pages by cursor until there is no more", async () => {
    for (let i = 0; i < 5; i += 1) await native.app.plant({ targetId: `c${i}` });
    const seen: string[] = [];
    let cursor = "";
    do {
      const url = `/trail/v1/events?query=host:secrets-manager&order=oldest&limit=2${cursor}`;
      const page = shapes.searchAnswer.parse((await native.get(url, "auditor")).json());
      seen.push(...page.events.map(({ event }) => event.target.name));
      cursor = page.next_cursor === undefined ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(seen).toEqual([0, 1, 2, 3, 4].map((i) => `name of c${i}`));
  });

  it("renders events in IBM's vocabulary when asked to", async () => {
    await native.app.plant();
    const { events } = shapes.searchAnswer.parse(
      (await native.get("/trail/v1/events?vocabulary=ibm", "auditor")).json(),
    );
    expect(events[0]?.event).toMatchObject({
      eventTime: "2026-11-21T09:00:00.00+0000",
      "X-Global-Transaction-Id": "request",
    });
  });

  it.each([
    ["?query=action:(a", { column: 8 }],
    ["?limit=0", { field: "limit" }],
    ["?limit=1001", { field: "limit" }],
    ["?limit=many", { field: "limit" }],
    ["?order=random", { field: "order" }],
    ["?vocabulary=klingon", { field: "vocabulary" }],
    ["?quary=x", { message: expect.stringContaining("those that are: query, from, to") as string }],
    ["?query=a&query=b", { field: "query" }],
    ["?from=soon", { field: "from" }],
    ["?cursor=AAAA", {}],
    [`?query=${"a".repeat(4_097)}`, { field: "query" }],
    [
      `?${"\u00e9".repeat(90)}=1`,
      { message: expect.stringContaining("is not known here") as string },
    ],
  ])("refuses %s in its own form, and records that", async (search, details) => {
    const response = await native.get(encodeURI(`/trail/v1/events${search}`), "auditor");
    expect(response.statusCode).toBe(400);
    const { errors, trace } = errorShape.parse(response.json());
    expect(errors).toEqual([expect.objectContaining({ code: "invalid_request", ...details })]);
    expect(trace).toBe(response.headers["x-request-id"]);
    expect(await lastEvent()).toMatchObject({
      action: "keytrail.events.list",
      outcome: "failure",
      requestId: trace,
      reason: { reasonCode: 400 },
    });
  });

  it("refuses whoever brings no token, a bad one, or too little right", async () => {
    for (const [token, status, code] of [
      [undefined, 401, "unauthenticated"],
      ["stolen", 401, "unauthenticated"],
      ["reader", 403, "forbidden"],
    ] as const) {
      const response = await native.get("/trail/v1/events", token);
      expect(response.statusCode).toBe(status);
      expect(errorShape.parse(response.json()).errors[0]).toMatchObject({ code });
      expect(response.headers["www-authenticate"]).toBe(
        status === 401 ? 'Bearer realm="keytrail"' : undefined,
      );
      expect(await lastEvent()).toMatchObject({ outcome: "failure", severity: "critical" });
    }
  });

  it("refuses what it does not have, and records that too", async () => {
    for (const url of ["/trail/v1/nothing", "/trail", "/log/x", "/trail/v1/../../etc/passwd"]) {
      const response = await native.get(url, "auditor");
      expect(response.statusCode).toBe(404);
      expect(errorShape.parse(response.json()).errors[0]).toMatchObject({ code: "not_found" });
    }
    const post = await native.server.inject({ method: "POST", url: "/trail/v1/events" });
    expect(post.statusCode).toBe(404);
    expect((await native.app.events()).map(({ operation }) => operation)).toEqual(
      Array.from({ length: 5 }, () => "request.reject"),
    );
  });

  it("says 503, and what a client may do, when the index cannot answer", async () => {
    Object.assign(native.app.index, { search: () => Promise.reject(new Error("gone")) });
    const response = await native.get("/trail/v1/events", "auditor");
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(errorShape.parse(response.json()).errors[0]).toMatchObject({ code: "unavailable" });
  });

  it("says that it is not complete when the index is behind", async () => {
    await native.app.indexer.stop();
    await native.app.plant();
    const response = await native.get("/trail/v1/events", "auditor");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      events: [],
      complete: false,
      index: { size: 1, indexed: 0 },
    });
  });
});

describe("GET /trail/v1/events/{id}", () => {
  it("answers with the event and its place", async () => {
    await native.app.plant();
    const { eventId } = await native.app.plant();
    const response = await native.get(`/trail/v1/events/${eventId}`, "auditor");
    expect(shapes.placedEvent.parse(response.json())).toMatchObject({
      index: 1,
      event: { id: eventId },
    });
  });

  it.each([
    ["01999999-0000-7000-8000-000000000000", 404, ":event:01999999-0000-7000-8000-000000000000"],
    ["7", 400, ":::"],
    ["..%2f..%2fetc", 400, ":::"],
  ])("refuses %s, and the record names it if it is an id", async (id, status, named) => {
    const response = await native.get(`/trail/v1/events/${id}`, "auditor");
    expect(response.statusCode).toBe(status);
    expect((await lastEvent())?.target.id).toMatch(new RegExp(`${named}$`));
  });
});

describe("GET /trail/v1/histogram and /trail/v1/facets", () => {
  it("count", async () => {
    await native.app.plant({ targetId: "a" });
    await native.app.plant({ targetId: "a", status: 403 });
    await native.app.plant({ targetId: "b" });
    const query = "query=host:secrets-manager";
    const histogram = await native.get(`/trail/v1/histogram?${query}&interval=1h`, "auditor");
    expect(shapes.histogramAnswer.parse(histogram.json())).toMatchObject({
      total_count: 3,
      interval_ms: 3_600_000,
      buckets: [{ start: "2026-11-21T09:00:00.000Z", count: 3, failures: 1 }],
      complete: true,
    });
    const facets = await native.get(
      `/trail/v1/facets?${query}&fields=target.name,%20outcome&limit=1`,
      "auditor",
    );
    expect(shapes.facetsAnswer.parse(facets.json())).toMatchObject({
      total_count: 3,
      facets: [
        { field: "target.name", values: [{ value: "name of a", count: 2 }] },
        { field: "outcome", values: [{ value: "success", count: 2 }] },
      ],
    });
  });

  it.each([
    "/trail/v1/facets",
    "/trail/v1/facets?fields=",
    "/trail/v1/facets?fields=severty",
    "/trail/v1/facets?fields=action&limit=0",
    `/trail/v1/facets?fields=${Array.from({ length: 40 }, () => "id").join(",")}`,
    "/trail/v1/histogram?interval=1y",
  ])("refuse %s", async (url) => {
    expect((await native.get(url, "auditor")).statusCode).toBe(400);
  });
});

describe("the catalogue and the document", () => {
  it("tell tools what can happen, and what it is called elsewhere", async () => {
    const response = await native.get("/trail/v1/catalogue", "reader");
    const { operations } = shapes.catalogueAnswer.parse(response.json());
    expect(operations).toContainEqual(
      expect.objectContaining({
        operation: "version.create",
        action: "secrets-manager.secret-version.create",
        also_known_as: ["secrets-manager.secret.rotate"],
        aws_event_name: "PutSecretValue",
      }),
    );
    expect((await native.get("/trail/v1/catalogue")).statusCode).toBe(401);
  });
});
