/**
 * What the head lock holds: the last checkpoint this log has signed and the one before it, as one line of JSON. The
 * lock moves first and the published file follows, so after a crash the file may be one step behind, never more.
 */
import { z } from "zod";

const schema = z.strictObject({ current: z.string(), previous: z.string().nullable() });

export interface HeadRecord {
  /** The signed note that was signed last. */
  readonly current: string;
  /** The one that was published before it; null for the first. */
  readonly previous: string | null;
}

export function encodeHeadRecord({ current, previous }: HeadRecord): string {
  return `${JSON.stringify({ current, previous })}\n`;
}

/** Undefined for anything that `encodeHeadRecord` does not write. */
export function decodeHeadRecord(text: string): HeadRecord | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
