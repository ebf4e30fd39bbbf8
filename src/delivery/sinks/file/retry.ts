/** What failures of a file mean. */
import { DeliveryFault } from "../../fault.ts";

/** A full disk passes; a folder that is not there, or not ours, does not by itself. */
const PASSING: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EFBIG",
  "EDQUOT",
  "EIO",
  "EAGAIN",
  "EMFILE",
  "ENFILE",
]);

export function fileFault(cause: unknown): DeliveryFault {
  if (cause instanceof DeliveryFault) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const kind = PASSING.has(code) ? "unavailable" : "denied";
  return new DeliveryFault(kind, `the file cannot be written (${code || "unknown"})`, { cause });
}
