/**
 * What of a request and of its answer may stand in the record: only fields the catalogue's row allows, only plain
 * values, each cut to a length. A `Sensitive` that is allowed by mistake still shows as `[redacted]`.
 */
import { REDACTED, Sensitive } from "../kernel/sensitive.ts";
import type { EventData } from "./event.ts";

export const MAX_RECORDED_CHARS = 1_024;
export const MAX_RECORDED_ITEMS = 100;
export const MAX_RECORDED_DEPTH = 6;

/** Picks the allowed fields, in the row's order; what is undefined is left out. */
export function recordable(source: object, allowed: readonly string[]): EventData {
  const picked: Record<string, unknown> = {};
  for (const field of allowed) {
    const value = (source as Record<string, unknown>)[field];
    if (value !== undefined) picked[field] = plain(value, 0);
  }
  return picked;
}

export function cut(text: string, max: number = MAX_RECORDED_CHARS): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}

function plain(value: unknown, depth: number): unknown {
  if (value instanceof Sensitive) return REDACTED;
  if (typeof value === "string") return cut(value);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object") return undefined;
  if (depth >= MAX_RECORDED_DEPTH) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_RECORDED_ITEMS).map((item) => plain(item, depth + 1));
    return value.length > MAX_RECORDED_ITEMS ? [...items, `… ${value.length} in all`] : items;
  }
  const entries = Object.entries(value).slice(0, MAX_RECORDED_ITEMS);
  return Object.fromEntries(
    entries
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [cut(key), plain(item, depth + 1)]),
  );
}
