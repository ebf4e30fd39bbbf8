import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { registerDeliveryMetrics, type DeliveryMeasure } from "./delivery-metrics.ts";

const measure: DeliveryMeasure = {
  id: "0198c5f2-7d4e-7cc1-8a51-0b6a6f5d3c11",
  kind: "syslog",
  lag: 7,
  acknowledged: 40,
  delivered: 39,
  setAside: 1,
  isFailing: true,
  lastSuccessAt: 1_764_000_000_500,
  attempts: 3,
};

function samples(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("metrics of the delivery", () => {
  it("say how each destination stands, by its id and its kind", async () => {
    const registry = new Registry();
    registerDeliveryMetrics(registry, () => [measure]);
    const labels = `{destination="${measure.id}",kind="syslog"}`;
    expect(samples(await registry.metrics())).toEqual([
      `keytrail_delivery_lag_entries${labels} 7`,
      `keytrail_delivery_acknowledged_entries${labels} 40`,
      `keytrail_delivery_failing${labels} 1`,
      `keytrail_delivery_last_success_timestamp_seconds${labels} 1764000000.5`,
      `keytrail_delivery_attempts${labels} 3`,
      `keytrail_delivery_delivered_total${labels} 39`,
      `keytrail_delivery_set_aside_total${labels} 1`,
    ]);
  });

  it("say the same when they are asked again, and nothing of what is no more", async () => {
    const registry = new Registry();
    let measures = [measure, { ...measure, id: "pinned:siem", lastSuccessAt: null }];
    registerDeliveryMetrics(registry, () => measures);
    const first = await registry.metrics();
    expect(await registry.metrics()).toBe(first);
    expect(samples(first)).toHaveLength(13);
    measures = measures.slice(1);
    expect(await registry.metrics()).not.toContain(measure.id);
  });

  it("have no series without destinations", async () => {
    const registry = new Registry();
    registerDeliveryMetrics(registry, () => []);
    expect(samples(await registry.metrics())).toEqual([]);
  });
});
