/** An event to what the log has of it: it goes nowhere. */
import type { Encode } from "../../sink.ts";

export const aliasEncoder: Encode = ({ line }) => line;
