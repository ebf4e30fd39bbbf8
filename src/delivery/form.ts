/** What of an event is sent: one of its renderings, or the very line that stands in the log. */
import { renderings, renderingNames, type RenderingName } from "../audit/renderings.ts";
import { fromUtf8 } from "../kernel/bytes.ts";
import type { Entry } from "./entry.ts";
import { wellFormedJson } from "./json-text.ts";

/** `entry`: the exact bytes that are hashed into the log, so that the receiver can check them against a proof. */
export const FORMS = [...renderingNames, "entry"] as const;

export type Form = RenderingName | "entry";

/** One line of JSON: the very bytes of an entry, whatever is in them; renderings without what is no character. */
export function bodyOf({ event, line }: Entry, form: Form): string {
  if (form === "entry") return fromUtf8(line);
  return wellFormedJson(JSON.stringify(renderings[form].render(event)));
}
