import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

let native: NativeServer;
beforeEach(async () => (native = await openNativeServer()));
afterEach(() => native.close());

describe("health and metrics", () => {
  it("tell whether it lives, whether it can work, and how much", async () => {
    await native.app.plant();
    expect((await native.get("/healthz")).json()).toEqual({ status: "ok" });
    const ready = await native.get("/readyz");
    expect([ready.statusCode, ready.json()]).toMatchObject([
      200,
      { status: "ready", trail: "open", vault: "unsealed", index: { size: 1 } },
    ]);
    await native.get("/trail/v1/events", "reader");
    const metrics = await native.get("/metrics");
    expect(metrics.headers["content-type"]).toContain("text/plain");
    expect(metrics.body).toContain('keytrail_refusals_total{code="forbidden",dialect="native"} 1');
    expect(metrics.body).toContain("keytrail_ledger_entries 2");
  });
});
