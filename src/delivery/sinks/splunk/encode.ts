/** An event to an object of the collector, and objects to a body: one after the other, which is no array. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Entry, Message } from "../../entry.ts";
import { bodyOf, type Form } from "../../form.ts";
import { joinedBytes } from "../../json-text.ts";
import type { Encode, Installation } from "../../sink.ts";
import { sourcetypeOf, type SplunkSettings } from "./config.ts";

export function splunkEncoder(settings: SplunkSettings, { logName }: Installation): Encode {
  const { form, index, source } = settings;
  const sourcetype = sourcetypeOf(settings);
  const about = { host: logName, source, sourcetype, ...(index === undefined ? {} : { index }) };
  return (entry) => {
    const { event } = entry;
    const head = JSON.stringify({ time: secondsOf(event.eventTime), ...about });
    // `index` is taken: in Splunk it is where an event is kept.
    const fields = { id: event.id, log_index: String(entry.index), operation: event.operation };
    const tail = JSON.stringify({ fields });
    return utf8(`${head.slice(0, -1)},"event":${eventOf(entry, form)},${tail.slice(1)}`);
  };
}

/** What is sent, packed if that is set. */
export function splunkBody(
  messages: readonly Message[],
  { gzip: isPacked }: SplunkSettings,
): Promise<Uint8Array> | Uint8Array {
  const body = joinedBytes(
    messages.map(({ bytes }) => bytes),
    { between: "\n" },
  );
  return isPacked ? packed(body) : body;
}

const packed = promisify(gzip);

/** The log's line as a string: of an object Splunk keeps the members, and not their very bytes. */
function eventOf(entry: Entry, form: Form): string {
  const body = bodyOf(entry, form);
  return form === "entry" ? JSON.stringify(body) : body;
}

/** Since the epoch, with milliseconds. */
function secondsOf(time: string): number {
  return Date.parse(time) / 1_000;
}
