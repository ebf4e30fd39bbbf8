/** A few hundred events for receivers: of every operation at least one, and texts that no notation likes. */
import fc from "fast-check";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { EventId } from "../../src/kernel/ids.ts";
import { anyEvent, everyKindOfEvent } from "./sample-events.ts";

const SEED = 20_261_121;
const HOSTILE = 150;
const EACH = 23;

export function variedEvents(): AuditEvent[] {
  const seen = new Set<string>();
  const plain = [...everyKindOfEvent()].filter(({ operation }, place) => {
    const isNew = !seen.has(operation);
    seen.add(operation);
    return isNew || place % EACH === 0;
  });
  const hostile = fc.sample(anyEvent, { seed: SEED, numRuns: HOSTILE });
  const all = [...plain, ...hostile];
  return all.map((event, place) => ({ ...event, id: numbered(place) }));
}

/** A UUIDv7 for the n-th. */
function numbered(n: number): EventId {
  return `019aa5b0-0000-7000-8000-${n.toString(16).padStart(12, "0")}` as EventId;
}
