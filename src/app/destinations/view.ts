/** A destination as whoever may read it sees it: what it is, and how its delivery stands. Credentials by name only. */
import type { CourierReport } from "../../delivery/progress.ts";
import type { SinkAddress, SinkSettings } from "../../delivery/sink.ts";
import { checkSink } from "../../delivery/sinks.ts";
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import type { Pinned } from "./deliveries.ts";
import type { Destination } from "./destination.ts";
import type { Found } from "./find.ts";

/**
 * `waiting`: nothing has been tried yet, or the last attempt has failed and the next one is due; once nothing has arrived
 * for a while that is `failing`.
 */
export const DELIVERY_STATES = ["delivering", "waiting", "failing", "paused"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface DestinationView extends Omit<Destination, "sink" | "sealed" | "start"> {
  readonly id: string;
  readonly name: string;
  /** With every default filled in. */
  readonly settings: SinkSettings;
  readonly address: SinkAddress;
  readonly form: string;
  readonly credentialNames: readonly string[];
  readonly isPinned: boolean;
  /** Null of what is pinned. */
  readonly made: Made | null;
  readonly state: DeliveryState;
  /** What has been found so far; undefined before anything was. */
  readonly report: CourierReport | undefined;
  /** Entries of the log that may still be for it; null before anything is known. */
  readonly lag: number | null;
}

interface Made {
  readonly version: number;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

type Ports = Pick<Context<View>, "capabilities">;

export function viewOf(found: Found, ports: Ports): DestinationView {
  return found.kind === "own" ? ownView(found.item, ports) : pinnedView(found.pinned, ports);
}

function ownView(item: Item<Destination>, ports: Ports): DestinationView {
  const { id, name, version, createdAt, createdBy, modifiedAt, modifiedBy } = item;
  const { sink, sealed, start: _start, ...content } = item.content;
  return {
    ...content,
    id,
    name,
    ...shapeOf(sink),
    credentialNames: Object.keys(sealed).toSorted(),
    isPinned: false,
    made: { version, createdAt, createdBy, modifiedAt, modifiedBy },
    ...standingOf({ id, isPaused: content.isPaused }, ports),
  };
}

function pinnedView(pinned: Pinned, ports: Ports): DestinationView {
  const { id, name, sink, selection, isPaused, maxBacklog } = pinned;
  const { filter, includesOperators, routing } = selection;
  return {
    id,
    name,
    ...shapeOf(sink),
    credentialNames: [],
    filter,
    includesOperators,
    isRouted: routing !== null,
    isPaused,
    maxBacklog,
    shown: {},
    isPinned: true,
    made: null,
    ...standingOf({ id, isPaused }, ports),
  };
}

/** What a later version no longer takes is shown as it is kept, so that it can be put right. */
function shapeOf(kept: SinkSettings): Pick<DestinationView, "settings" | "address" | "form"> {
  try {
    const { settings, address, form } = checkSink(kept);
    return { settings, address, form };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { settings: kept, address: { transport: "", host: "", port: 0 }, form: "" };
  }
}

function standingOf(
  { id, isPaused }: { readonly id: string; readonly isPaused: boolean },
  { capabilities: { deliveries, trail } }: Ports,
): Pick<DestinationView, "state" | "report" | "lag"> {
  const report = deliveries.status(id);
  return {
    state: isPaused ? "paused" : stateOf(report),
    report,
    lag: report ? Math.max(0, trail.log.size - report.progress.acknowledged) : null,
  };
}

function stateOf(report: CourierReport | undefined): DeliveryState {
  if (!report) return "waiting";
  if (report.progress.failingSince !== null) return "failing";
  return report.attempts > 0 ? "waiting" : "delivering";
}
