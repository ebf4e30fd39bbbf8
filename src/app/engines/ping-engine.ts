/** Has an engine answer over its connection: that it is there, and how long the way to it and back takes. */
import { ENGINE, type Engine } from "../../engines/engine.ts";
import type { Item } from "../../items/item.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { locateItem } from "../items/find.ts";
import { readOperation } from "../operation.ts";
import type { EngineLink } from "./connections.ts";
import { SERVICE } from "./pools.ts";

export interface PingEngineInput {
  readonly name: string;
  /** Found out on the way: by the engine itself. */
  readonly roundTripMs?: number;
}

export interface PingedEngine {
  readonly name: string;
  readonly roundTripMs: number;
}

/** Refused where the engine is not connected, or does not answer in time. */
export const pingEngine = readOperation<PingEngineInput, Item<Engine>, PingedEngine>({
  name: "engine.ping",
  locate: ({ name }, context) => locateItem({ kind: ENGINE, service: SERVICE, name }, context),
  async work(input, { id }, { capabilities }) {
    const link = capabilities.engines.of(id);
    if (!link) throw refused("engine-not-connected", "The engine is not connected.");
    const startedMs = performance.now();
    await assertAnswered(link);
    return { ...input, roundTripMs: Math.round(performance.now() - startedMs) };
  },
  async run({ roundTripMs }, { subject: { name } }) {
    invariant(roundTripMs !== undefined, "an engine has answered before it is said that it has");
    return { name, roundTripMs };
  },
});

async function assertAnswered(link: EngineLink): Promise<void> {
  const answer = await link.ping();
  if (answer === "busy") throw new Refusal("rate_limited", "The engine is being pinged already.");
  if (answer === "silent") {
    throw refused("engine-silent", "The engine is connected, but did not answer in time.");
  }
}

function refused(reason: string, sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence, { reason });
}
