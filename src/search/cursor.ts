/** The opaque text of a page's end. It says where, not what: the same query has to come with it. */
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Hit } from "./event-index.ts";

const FORM = /^1:(-?\d{1,16}):(\d{1,16})$/;
const BASE64URL = /^[A-Za-z0-9_-]{1,64}$/;

export function encodeCursor(hit: Hit): string {
  return Buffer.from(utf8(`1:${hit.time}:${hit.seq}`)).toString("base64url");
}

/** Refusal `invalid_request` for a text that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Hit {
  const text = BASE64URL.test(cursor) ? decoded(cursor) : undefined;
  const parts = text === undefined ? null : FORM.exec(text);
  if (parts === null) throw new Refusal("invalid_request", "The cursor is not one of ours");
  return { time: Number(parts[1]), seq: Number(parts[2]) };
}

function decoded(cursor: string): string | undefined {
  try {
    return fromUtf8(Buffer.from(cursor, "base64url"));
  } catch {
    return undefined;
  }
}
