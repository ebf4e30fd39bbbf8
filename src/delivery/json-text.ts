/** JSON as texts that are put together without being read again. */

/**
 * Halves of surrogate pairs, which names may hold and JSON has escapes for, are no characters: I-JSON (RFC 7493, section
 * 2.1) has none, and parsers of receivers refuse or garble them. Each becomes U+FFFD. `JSON.stringify` escapes a half
 * and never a pair.
 */
export function wellFormedJson(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replaceAll(/\\(?:ud[89a-f][\da-f]{2}|.)/g, (escape) =>
    escape.length === HALF_CHARS ? "\ufffd" : escape,
  );
}

const HALF_CHARS = "\\ud800".length;

/** Joins with that text in between, and around. */
export function joinedBytes(
  parts: readonly Uint8Array[],
  { head = "", between = "", tail = "" }: { head?: string; between?: string; tail?: string },
): Uint8Array {
  const separator = Buffer.from(between);
  const pieces: Uint8Array[] = [Buffer.from(head)];
  for (const [place, part] of parts.entries()) {
    if (place > 0) pieces.push(separator);
    pieces.push(part);
  }
  pieces.push(Buffer.from(tail));
  return Buffer.concat(pieces);
}
