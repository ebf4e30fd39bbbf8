/** IAM's lists: `MaxItems` at a time, and a `Marker` that says where the next part begins. */
import { Refusal } from "../../../../kernel/errors.ts";
import type { Members } from "../members.ts";
import type { WireObject } from "../wire-values.ts";

const DEFAULT_ITEMS = 100;
/** More may be asked for, as with AWS; no more are answered. */
const MAX_ITEMS = 100;
const MAX_ASKED = 1_000;
const MAX_MARKER_CHARS = 320;

export function limitIn(members: Members): number {
  const asked = members.numberOrNothing("MaxItems", { min: 1, max: MAX_ASKED });
  return Math.min(asked ?? DEFAULT_ITEMS, MAX_ITEMS);
}

/** What `markerOf` was given; `read` refuses, with undefined, what was never one. */
export function markerIn<Place>(
  members: Members,
  read: (value: unknown) => Place | undefined,
): Place | undefined {
  const marker = members.textOrNothing("Marker", { min: 1, max: MAX_MARKER_CHARS });
  if (marker === undefined) return undefined;
  let place: Place | undefined;
  try {
    place = read(JSON.parse(Buffer.from(marker, "base64url").toString("utf8")));
  } catch {
    place = undefined;
  }
  if (place !== undefined) return place;
  const sentence = "The Marker is none that a list here has given.";
  throw new Refusal("invalid_request", sentence, { reason: "invalid-input" });
}

export function truncation(next: object | null): WireObject {
  if (next === null) return { IsTruncated: false };
  const marker = Buffer.from(JSON.stringify(next)).toString("base64url");
  return { IsTruncated: true, Marker: marker };
}

/** Of lists that are short enough to be counted through. */
export function windowIn(members: Members): { readonly offset: number; readonly limit: number } {
  const { offset } = markerIn(members, offsetOf) ?? { offset: 0 };
  return { offset, limit: limitIn(members) };
}

function offsetOf(value: unknown): { readonly offset: number } | undefined {
  const { offset } = Object(value) as Readonly<Record<string, unknown>>;
  return typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0
    ? { offset }
    : undefined;
}
