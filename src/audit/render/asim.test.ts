import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyEvent, everyKindOfEvent, sampleEvent } from "../../../test/support/sample-events.ts";
import { faultsOfAsim } from "../../../test/support/sentinel-receiver.ts";
import { renderAsim } from "./asim.ts";

describe("the columns of ASIM", () => {
  it("hold for every kind of event what the schema allows", () => {
    for (const event of everyKindOfEvent()) {
      expect(faultsOfAsim(renderAsim(event)), event.operation).toEqual([]);
    }
  });

  it("hold it for any event at all", () => {
    fc.assert(fc.property(anyEvent, (event) => faultsOfAsim(renderAsim(event)).length === 0));
  });

  it("say who did what to which secret, and how it ended", () => {
    const event = sampleEvent({ operation: "secret.delete", refusal: "forbidden" });
    expect(renderAsim(event)).toMatchObject({
      EventType: "Delete",
      EventResult: "Failure",
      EventResultDetails: "Forbidden",
      Operation: "secret.delete",
      Object: "db-prod",
      ActorUsername: "ada@example.com",
      ActorUserType: "Regular",
      SrcIpAddr: "10.1.2.3",
    });
  });
});
