/** What may be said of a destination, checked in one place for every wire; a refusal names the field. */
import { isIP } from "node:net";
import { compileSelection } from "../../delivery/selected.ts";
import type { CheckedSink } from "../../delivery/sink.ts";
import { checkSink } from "../../delivery/sinks.ts";
import { bareHost } from "../../delivery/transports/address-guard.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isUuid } from "../../kernel/ids.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import type { Destination } from "./destination.ts";
import { seesOperators } from "./find.ts";

export const MAX_NAME_CHARS = 100;
export const MAX_FILTER_CHARS = 4_096;
/** Of a required destination: with fewer, a restart of its receiver would stop everything. */
export const MIN_BACKLOG = 1_000;
export const MAX_BACKLOG = 10_000_000;
const MAX_HOST_CHARS = 253;

/** DSV's rule. But no UUID: whoever asks for an id is not to be given what somebody else has called by it. */
const NAME = /^[A-Za-z0-9_-]+$/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

type Checking = Pick<Context<View>, "capabilities" | "now">;

export function checkedName(name: string): string {
  if (NAME.test(name) && name.length <= MAX_NAME_CHARS && !isUuid(name)) return name;
  throw bad("name", `The name has 1 to ${MAX_NAME_CHARS} letters, digits, - and _; it is no UUID.`);
}

/** Of one of its sinks, with every default filled in, at an address that deliveries leave for. */
export function checkedSettings(given: unknown, { capabilities }: Checking): CheckedSink {
  const sink = checkSink(given);
  if (sink.isPinnedOnly) {
    const { kind } = sink.settings;
    throw bad("kind", `A destination of the kind ${kind} is the operator's to pin.`);
  }
  const { host } = sink.address;
  // What is another name for a destination has no host of its own.
  if (host !== "") assertHost(host);
  capabilities.deliveries.assertAllowed(host);
  return sink;
}

/**
 * An address or a full name. A name is looked up where a connection is made, and its addresses are looked at there.
 */
export function assertHost(written: string): void {
  const host = bareHost(written);
  if (isIP(host) !== 0) return;
  const labels = host.split(".");
  // What ends in a number is an address to some, however it is written (WHATWG URL, "ends in a number").
  const isNumber = /^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? "");
  const areLabels = labels.every((one) => LABEL.test(one));
  if (host.length <= MAX_HOST_CHARS && !isNumber && areLabels) return;
  throw bad("host", "The host is an IP address or a full domain name.");
}

/** Throws what is wrong with it, with its column. */
export function checkedFilter(filter: string, { capabilities, now }: Checking): string {
  if (filter.length > MAX_FILTER_CHARS) {
    throw bad("filter", `The filter has at most ${MAX_FILTER_CHARS} characters.`);
  }
  const selection = { account: null, includesOperators: true, filter, routing: null };
  try {
    compileSelection(selection, { vocabulary: capabilities.trail.vocabulary, now });
    return filter;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, error.message, { ...error.details, field: "filter" });
  }
}

export function checkedBacklog(maxBacklog: number | null): number | null {
  if (maxBacklog === null) return null;
  const isWithin = maxBacklog >= MIN_BACKLOG && maxBacklog <= MAX_BACKLOG;
  if (Number.isInteger(maxBacklog) && isWithin) return maxBacklog;
  throw bad("max_backlog", `The max_backlog is a number from ${MIN_BACKLOG} to ${MAX_BACKLOG}.`);
}

/**
 * Whether what belongs to no account goes there too: wherever its maker may see it, unless it is not wanted. Asked for by
 * anybody else it is refused.
 */
export function checkedInclusion(
  wanted: boolean | undefined,
  context: Pick<Context<View>, "parts">,
): boolean {
  const may = seesOperators(context);
  if (wanted !== true || may) return wanted ?? may;
  throw new Refusal("forbidden", "What belongs to no account is its operators' to send anywhere.");
}

type Terms = Pick<Destination, "filter" | "isRouted" | "maxBacklog" | "includesOperators">;

/** What of it is recorded: never a path, nor anything else that a secret may be part of. */
export function factsOf(
  { filter, isRouted, maxBacklog, includesOperators }: Terms,
  { settings, address, form }: CheckedSink,
): object {
  const { transport, host, port } = address;
  return {
    kind: settings.kind,
    transport,
    host,
    port,
    form,
    filter,
    isRouted,
    includesOperators,
    ...(believesAnybody(settings) ? { allow_self_signed: true } : {}),
    ...(maxBacklog === null ? {} : { required: maxBacklog }),
  };
}

/** Whether anywhere in the settings no certificate is checked. */
function believesAnybody(settings: object): boolean {
  return Object.entries(settings).some(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? believesAnybody(value)
      : name === "allow_self_signed" && value === true,
  );
}

function bad(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
