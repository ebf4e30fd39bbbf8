/** The server's own log: one JSON object to a line on stderr. For the operator; the trail is elsewhere. */
import type { LogEntry } from "../http/exchange.ts";
import { toRfc3339, type Clock, type Millis } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";

export type WriteLog = (entry: LogEntry) => void;

export function logTo(write: (line: string) => void, clock: Clock): WriteLog {
  return ({ error, ...entry }) => {
    const time = toRfc3339(clock.now());
    write(
      JSON.stringify({
        time,
        ...entry,
        ...(error === undefined ? {} : { error: describeError(error) }),
      }),
    );
  };
}

/** What goes on being wrong is written once in this time. */
export const SAME_AGAIN_MS = 60_000;

/** For what is tried again every second: the same message, with the same error, is not written each time. */
export function sparingly(log: WriteLog, clock: Clock): WriteLog {
  const written = new Map<string, Millis>();
  return (entry) => {
    const now = clock.now();
    for (const [text, at] of written) {
      if (Math.abs(now - at) >= SAME_AGAIN_MS) written.delete(text);
    }
    const { message, error } = entry;
    const text = JSON.stringify([message, error === undefined ? null : describeError(error)]);
    if (written.has(text)) return;
    written.set(text, now);
    log(entry);
  };
}

/**
 * What of an error may be written. Only this program's own sentences are repeated: the message of anything else may
 * quote the input that it stumbled over (`JSON.parse` does), and that may be a secret. Frames quote nothing.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const isOurs = error instanceof Outage || error.message.startsWith("invariant broken");
  const code = "code" in error ? String(error.code) : undefined;
  return {
    name: error.name,
    ...(isOurs ? { message: error.message } : {}),
    ...(code === undefined ? {} : { code }),
    at: framesOf(error),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function framesOf(error: Error): readonly string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
