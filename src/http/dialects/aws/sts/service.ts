/** AWS Security Token Service: credentials for a while, and who one is. */
import type { AwsService } from "../service.ts";
import { callerLines } from "./callers.ts";
import { sessionLines } from "./sessions.ts";

export const sts: AwsService = {
  name: "sts",
  target: null,
  shape: null,
  query: { version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
  lines: [...sessionLines, ...callerLines],
};
