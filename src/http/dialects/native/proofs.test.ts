import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseEvent } from "../../../audit/event.ts";
import { operatorPlace } from "../../../audit/crn.ts";
import { fromUtf8, utf8 } from "../../../kernel/bytes.ts";
import { openCheckpoint } from "../../../ledger/checkpoint.ts";
import { leafHash, verifyInclusion } from "../../../ledger/merkle.ts";
import { decodeBundle } from "../../../ledger/tile.ts";
import * as shapes from "./event-shapes.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

let native: NativeServer;
beforeEach(async () => (native = await openNativeServer()));
afterEach(() => native.close());

const lastEvent = async () => (await native.app.events()).at(-1);

describe("GET /trail/v1/receipts/{id}", () => {
  it("is a tlog-proof, or JSON when that is asked for", async () => {
    const { eventId, index } = await native.app.plant();
    const url = `/trail/v1/receipts/${eventId}`;
    const text = await native.get(url, "auditor");
    expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(text.body).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 0\n/);
    const json = await native.get(url, "auditor", { accept: "application/json" });
    const receipt = shapes.receiptAnswer.parse(json.json());
    const { root, size } = openCheckpoint(receipt.checkpoint, native.app.ledger.vkey);
    const proof = receipt.proof.map((hash) => Buffer.from(hash, "base64"));
    const leaf = leafHash(utf8(receipt.leaf));
    expect(verifyInclusion({ index, size, leaf, proof, root })).toBe(true);
  });

  it("is refused to whoever may not see the event", async () => {
    const { eventId } = await native.app.plant({ place: operatorPlace() });
    expect((await native.get(`/trail/v1/receipts/${eventId}`, "auditor")).statusCode).toBe(404);
    expect((await native.get(`/trail/v1/receipts/${eventId}`, "reader")).statusCode).toBe(403);
    expect((await native.get(`/trail/v1/receipts/${eventId}`, "operator")).statusCode).toBe(200);
  });
});

const exportLine = z.union([
  z.strictObject({
    kind: z.literal("header"),
    checkpoint: z.string(),
    log_vkey: z.string(),
    query: z.string(),
    from: z.string().optional(),
    to: z.string().optional(),
    events: z.int(),
  }),
  z.strictObject({ index: z.int(), line: z.string(), proof: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal("footer"),
    events: z.int(),
    export_event: z.strictObject({ index: z.int(), line: z.string(), proof: z.array(z.string()) }),
  }),
]);

describe("GET /trail/v1/export", () => {
  it("streams a header, each event with its proof, and a footer with its own event, proven too", async () => {
    for (let i = 0; i < 150; i += 1) await native.app.plant({ targetId: `e${i % 2}` });
    const response = await native.get(
      "/trail/v1/export?query=target.name:%22name of e1%22&from=2026-11-21",
      "auditor",
    );
    expect(response.headers["content-type"]).toBe("application/x-ndjson");
    const lines = response.body
      .trimEnd()
      .split("\n")
      .map((line) => exportLine.parse(JSON.parse(line)));
    const [header, footer] = [lines.at(0), lines.at(-1)];
    if (!header || !("checkpoint" in header)) throw new Error("the first line is no header");
    if (!footer || !("export_event" in footer)) throw new Error("the last line is no footer");
    expect([header.events, header.from, footer.events, lines.length]).toEqual([
      75,
      "2026-11-21",
      75,
      77,
    ]);
    const { root, size } = openCheckpoint(header.checkpoint, header.log_vkey);
    const events = [...lines.slice(1, -1), footer.export_event];
    for (const entry of events) {
      if (!("proof" in entry)) throw new Error("a line is no event");
      const proof = entry.proof.map((hash) => Buffer.from(hash, "base64"));
      const leaf = leafHash(utf8(entry.line));
      expect(verifyInclusion({ index: entry.index, size, leaf, proof, root })).toBe(true);
    }
    const own = parseEvent(utf8(footer.export_event.line));
    expect(own.id).toBe(response.headers["keytrail-event"]);
    const { counts } = own.responseData as { counts: { targets: object; initiators: object } };
    expect([Object.values(counts.targets), Object.values(counts.initiators)]).toEqual([
      [75],
      [150],
    ]);
  });

  it("of nothing is a header and a footer", async () => {
    const response = await native.get("/trail/v1/export?query=severity:critical", "auditor");
    expect(
      response.body
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["header", "footer"]);
  });

  it("that fails midway has no footer, and its connection breaks", async () => {
    const url = await native.listen();
    for (let i = 0; i < 3; i += 1) await native.app.plant();
    const { index } = native.app;
    const search = index.search.bind(index);
    Object.assign(index, {
      search: async (...args: Parameters<typeof search>) => {
        const found = await search(...args);
        return { ...found, hits: found.hits.slice(1) };
      },
    });
    const response = await fetch(`${url}/trail/v1/export`, {
      headers: { authorization: "Bearer auditor" },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

describe("the log's surface", () => {
  it("gives the checkpoint and the tiles of hashes to anyone, as C2SP has them", async () => {
    for (let i = 0; i < 300; i += 1) await native.app.plant();
    await native.app.ledger.publish();
    const checkpoint = await native.get("/log/checkpoint");
    expect(checkpoint.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "public, max-age=1",
    });
    expect(openCheckpoint(checkpoint.body, native.app.ledger.vkey).size).toBe(300);
    for (const [path, width] of [
      ["/log/tile/0/000", 256],
      ["/log/tile/0/001.p/44", 44],
      ["/log/tile/1/000.p/1", 1],
    ] as const) {
      const tile = await native.get(path);
      expect(tile.headers).toMatchObject({
        "content-type": "application/octet-stream",
        "cache-control": "public, max-age=31536000, immutable",
      });
      expect(tile.rawPayload).toHaveLength(width * 32);
    }
    expect(await native.app.events()).toHaveLength(300);
  });

  it.each([
    "/log/tile/0/001.p/45",
    "/log/tile/0/1",
    "/log/tile/0/001.p/0",
    "/log/tile/9/000",
    "/log/tile/entries",
    "/log/tile/0/..%2f..%2f..%2fkeys%2flog.key",
  ])("has nothing at %s", async (path) => {
    for (let i = 0; i < 300; i += 1) await native.app.plant();
    await native.app.ledger.publish();
    expect((await native.get(path)).statusCode).toBe(404);
  });

  it("never shows what the published checkpoint does not cover", async () => {
    await native.app.plant();
    await native.app.ledger.publish();
    await native.app.plant();
    expect((await native.get("/log/tile/0/000.p/2")).statusCode).toBe(404);
    expect((await native.get("/log/tile/0/000.p/1")).statusCode).toBe(200);
    expect((await native.get("/log/tile/entries/000.p/2", "operator")).statusCode).toBe(404);
  });

  it("gives entries to the operator only, never to be cached, each bundle recorded", async () => {
    const { index } = await native.app.plant();
    await native.app.ledger.publish();
    const path = "/log/tile/entries/000.p/1";
    const response = await native.get(path, "operator");
    expect(response.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "no-store",
    });
    const [line] = await native.app.ledger.entries([index]);
    expect(decodeBundle(response.rawPayload)?.map(fromUtf8)).toEqual([fromUtf8(line!)]);
    expect(await lastEvent()).toMatchObject({ operation: "log.read", outcome: "success" });
    expect((await native.get(path, "auditor")).statusCode).toBe(403);
    expect((await native.get(path)).statusCode).toBe(401);
  });
});
