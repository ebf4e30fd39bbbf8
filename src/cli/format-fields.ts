/** Fields of an event by path, as text and as values: what `--fields` picks. */
import type { PlacedEvent } from "../client/answers.ts";

/** The value at a path such as `initiator.host.address`; `index` is the event's place in the log. */
export function valueAt({ index, event }: PlacedEvent, path: string): unknown {
  if (path === "index") return index;
  let value: unknown = event;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** One line of text; objects as JSON, nothing for what is not there. */
export function textAt(placed: PlacedEvent, path: string): string {
  const value = valueAt(placed, path);
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
