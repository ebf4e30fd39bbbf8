/** An event to a line. */
import { utf8 } from "../../../kernel/bytes.ts";
import { bodyOf } from "../../form.ts";
import type { Encode } from "../../sink.ts";
import type { FileSettings } from "./config.ts";

export function fileEncoder({ form }: FileSettings): Encode {
  return (entry) => utf8(`${bodyOf(entry, form)}\n`);
}
