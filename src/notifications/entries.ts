/** Which entries of the ledger are told of. Lines of other operations, which are nearly all, are not parsed. */
import { parseEvent, type AuditEvent } from "../audit/event.ts";
import type { Wording } from "./ports.ts";

/** As it stands in every line, behind the id and the time: `audit/event.ts` has the order of the fields. */
const MARK = Buffer.from('"operation":"');
const QUOTE = 0x22;

/** The event of a line, if its operation is one that is told of and it happened in an instance. */
export function toldEvent(line: Uint8Array, wording: Pick<Wording, "isTold">) {
  const operation = operationOf(line);
  if (operation === undefined || !wording.isTold(operation)) return undefined;
  const event = parseEvent(line);
  const { instance } = event;
  return instance === null ? undefined : ({ ...event, instance } satisfies AuditEvent);
}

function operationOf(line: Uint8Array): string | undefined {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  // Before it stand only an id and a time, which hold no such text.
  const at = bytes.indexOf(MARK);
  if (at < 0) return undefined;
  const from = at + MARK.length;
  return bytes.toString("latin1", from, bytes.indexOf(QUOTE, from));
}
