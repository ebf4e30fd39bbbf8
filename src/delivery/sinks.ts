/** Every sink there is, by its name: a destination's settings are those of one of them. */
import { z } from "zod";
import { Refusal } from "../kernel/errors.ts";
import { wrongWith } from "./setting-fault.ts";
import type { CheckedSink, Sink } from "./sink.ts";
import { aliasSink } from "./sinks/alias/sink.ts";
import { bucketSink } from "./sinks/bucket/sink.ts";
import { cefSink } from "./sinks/cef/sink.ts";
import { cloudEventsSink } from "./sinks/cloudevents/sink.ts";
import { fileSink } from "./sinks/file/sink.ts";
import { httpsSink } from "./sinks/https/sink.ts";
import { jsonSink } from "./sinks/json/sink.ts";
import { otlpSink } from "./sinks/otlp/sink.ts";
import { splunkSink } from "./sinks/splunk/sink.ts";
import { syslogSink } from "./sinks/syslog/sink.ts";

const SINKS: readonly Sink[] = [
  aliasSink,
  bucketSink,
  cefSink,
  cloudEventsSink,
  fileSink,
  httpsSink,
  jsonSink,
  otlpSink,
  splunkSink,
  syslogSink,
];

export const SINK_NAMES: readonly string[] = SINKS.map(({ name }) => name);

const byName: ReadonlyMap<string, Sink> = new Map(SINKS.map((sink) => [sink.name, sink]));

/** Throws a Refusal `invalid_request` that names the setting. */
export function checkSink(settings: unknown): CheckedSink {
  const { kind } = kindOnly.safeParse(settings).data ?? {};
  const sink = kind === undefined ? undefined : byName.get(kind);
  if (!sink) {
    const sentence = `The kind of a destination is one of ${SINK_NAMES.join(", ")}.`;
    throw new Refusal("invalid_request", sentence, { field: "kind" });
  }
  try {
    return sink.check(settings);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    const field = issue?.path.join(".") || "settings";
    const what = issue ? wrongWith(issue) : "are not taken";
    const sentence = `The ${field} of a ${sink.name} destination: ${what}.`;
    throw new Refusal("invalid_request", sentence, { field });
  }
}

const kindOnly = z.looseObject({ kind: z.string() });
