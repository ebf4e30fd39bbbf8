/** What a command's output goes to: a terminal of some width, with colour or without, or something else. */
import type { CommandIo } from "./command.ts";
import type { Terminal } from "./format-events.ts";

const DEFAULT_WIDTH = 80;
/** Narrower than this a table is no table: its lines may wrap. */
const MIN_WIDTH = 60;

/** Colour on a terminal only, and not where NO_COLOR is set (no-color.org) or the terminal is dumb. */
export function terminalOf({ stdout, env }: CommandIo): Terminal {
  const { isTTY, columns } = stdout as { readonly isTTY?: boolean; readonly columns?: number };
  if (isTTY !== true) return { width: undefined, hasColour: false };
  const hasColour = !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return { width: Math.max(MIN_WIDTH, columns ?? DEFAULT_WIDTH), hasColour };
}
