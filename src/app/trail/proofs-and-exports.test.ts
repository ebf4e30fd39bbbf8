import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { operatorPlace } from "../../audit/crn.ts";
import { Outage } from "../../kernel/errors.ts";
import { parseReceipt, formatReceipt, verifyReceipt } from "../../ledger/receipt.ts";
import { policyOfLog } from "../../ledger/witness-policy.ts";
import type { Caller } from "../call.ts";
import { PLACE } from "../testing/test-app.ts";
import { exportEvents, MAX_COUNTED } from "./export-events.ts";
import { readEvent } from "./read-event.ts";
import { readLogEntries } from "./read-log-entries.ts";
import { readReceipt } from "./read-receipt.ts";
import { openTrailApp, type TrailApp } from "./testing/trail-app.ts";
import { auditorOf, collected } from "./testing/places.ts";

let app: TrailApp;
beforeEach(async () => (app = await openTrailApp()));
afterEach(() => app.close());

const auditor = (): Promise<Caller> => auditorOf(app);

describe("a receipt", () => {
  it("proves the event against the log's key, and nothing else", async () => {
    const { eventId: id } = await app.plant();
    await app.plant();
    const { receipt, line, index } = await app.done(readReceipt, await auditor(), { id });
    expect(index).toBe(0);
    const read = parseReceipt(formatReceipt(receipt));
    const policy = policyOfLog(app.ledger.vkey);
    expect(verifyReceipt({ receipt: read, leaf: line, policy }).size).toBe(2);
    const altered = Buffer.from(line).fill("x", 5, 6);
    expect(() => verifyReceipt({ receipt: read, leaf: altered, policy })).toThrow();
  });

  it("is given to whoever did it, though they may not read the trail", async () => {
    const caller = await app.base.callerWith(["Reader"]);
    const { id: initiatorId } = caller as { readonly id: string };
    const { eventId: own } = await app.plant({ initiatorId });
    const { eventId: others } = await app.plant();
    expect(await app.perform(readReceipt, caller, { id: own })).toMatchObject({ kind: "done" });
    expect(await app.perform(readReceipt, caller, { id: others })).toMatchObject({
      refusal: { code: "forbidden" },
    });
    expect(await app.perform(readEvent, caller, { id: own })).toMatchObject({
      refusal: { code: "forbidden" },
    });
  });

  it("of nobody's event is nobody's own", async () => {
    const { eventId: id } = await app.plant({ initiatorId: "", place: operatorPlace() });
    const caller = await auditor();
    expect(await app.perform(readReceipt, caller, { id })).toMatchObject({
      refusal: { code: "not_found" },
    });
  });

  it("is made by the cosigned checkpoint where that covers the event", async () => {
    const { eventId: id } = await app.plant();
    const published = await app.ledger.publish();
    app.cosigned = published;
    await app.plant();
    const { receipt, size } = await app.done(readReceipt, await auditor(), { id });
    expect([size, receipt.checkpoint]).toEqual([1, published.text]);
    const { eventId: later } = await app.plant();
    const newer = await app.done(readReceipt, await auditor(), { id: later });
    expect(newer.size).toBeGreaterThan(1);
  });
});

describe("an export", () => {
  it("states the log's own totals of each target and initiator in it, in its own record", async () => {
    for (let i = 0; i < 3; i += 1) await app.plant({ targetId: "a", initiatorId: "IBMid-Ada" });
    await app.plant({ targetId: "a", initiatorId: "IBMid-Bob", status: 403 });
    await app.plant({ targetId: "b", initiatorId: "IBMid-Ada" });
    const query = 'target.name:"name of a" outcome:success';
    const { exportedCount, counts } = await app.done(exportEvents, await auditor(), { query });
    const target =
      "crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef0123456789abcdef:11111111-2222-4333-8444-555555555555:secret:a";
    expect(exportedCount).toBe(3);
    // Four events on the target and four by Ada: three of either are in the export, and whoever checks can see it.
    expect(counts).toEqual({
      targets: { [target]: 4 },
      initiators: { "IBMid-Ada": 4 },
      partial: false,
    });
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.events.export",
      responseData: { exportedCount: 3, size: 5, counts },
    });
  });

  it("counts as of its own beginning, whatever is recorded meanwhile", async () => {
    for (let i = 0; i < 3; i += 1) await app.plant();
    const caller = await auditor();
    const facets = app.index.facets.bind(app.index);
    Object.assign(app.index, {
      facets: async (...args: Parameters<typeof facets>) => {
        const found = await facets(...args);
        await Promise.all([app.plant(), app.plant()]);
        return found;
      },
    });
    const exported = await app.done(exportEvents, caller, { query: "host:secrets-manager" });
    expect(Object.values(exported.counts.targets)).toEqual([3]);
    expect(await collected(exported.entries())).toHaveLength(3);
  });

  it("of more targets than fit says that its totals are partial", async () => {
    const plants = Array.from({ length: MAX_COUNTED + 1 }, (_, i) =>
      app.plant({ targetId: `m${i}` }),
    );
    await Promise.all(plants);
    const { counts } = await app.done(exportEvents, await auditor(), { query: "" });
    expect(Object.keys(counts.targets)).toHaveLength(MAX_COUNTED);
    expect(counts.partial).toBe(true);
  });

  it("breaks off rather than leave an event out in silence", async () => {
    await app.plant();
    const exported = await app.done(exportEvents, await auditor(), { query: "" });
    await app.indexer.stop();
    await app.index.reset();
    await expect(collected(exported.entries())).rejects.toThrow(Outage);
  });
});

describe("the log's entries", () => {
  it("are for whoever runs the installation, never beyond the published checkpoint, and recorded", async () => {
    await app.plant();
    await app.ledger.publish();
    const operator = await app.base.callerWith(["Operator"]);
    const { returnedCount } = await app.done(readLogEntries, operator, { bundle: 0, width: 1 });
    expect(returnedCount).toBe(1);
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.log-entries.read",
      target: { name: "log" },
      requestData: { bundle: 0, width: 1 },
    });
    expect(await app.perform(readLogEntries, operator, { bundle: 0, width: 2 })).toMatchObject({
      refusal: { code: "not_found" },
    });
    for (const caller of [
      await auditor(),
      await app.base.callerWith(["Operator"], { instance: PLACE.instance }),
    ]) {
      expect(await app.perform(readLogEntries, caller, { bundle: 0, width: 1 })).toMatchObject({
        refusal: { code: "forbidden" },
      });
    }
  });
});
