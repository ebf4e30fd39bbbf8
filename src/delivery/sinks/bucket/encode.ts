/**
 * An event to a line of an object, behind a line that says which object: it is for `objects.ts`, and does not go out. IBM
 * names its objects `<account>/<region>/<date>T<hour>/<time>_<UUID>.log` (Activity Tracker Event Routing).
 */
import { utf8 } from "../../../kernel/bytes.ts";
import { bodyOf } from "../../form.ts";
import type { Encode } from "../../sink.ts";
import type { BucketSettings } from "./config.ts";

const NEWLINE = 0x0a;

export function bucketEncoder({ form }: Pick<BucketSettings, "form">): Encode {
  return (entry) => {
    const { account, region, eventTime } = entry.event;
    const folder = `${account}/${region}/${eventTime.slice(0, "2026-11-21T09".length)}`;
    return utf8(`${folder}/${eventTime}\n${bodyOf(entry, form)}\n`);
  };
}

export interface PlacedLine {
  /** `<account>/<region>/<date>T<hour>` */
  readonly folder: string;
  readonly time: string;
  /** With its newline. */
  readonly line: Uint8Array;
}

export function placedLine(bytes: Uint8Array): PlacedLine {
  const end = bytes.indexOf(NEWLINE);
  const path = Buffer.from(bytes.subarray(0, end)).toString("latin1");
  const slash = path.lastIndexOf("/");
  return {
    folder: path.slice(0, slash),
    time: path.slice(slash + 1),
    line: bytes.subarray(end + 1),
  };
}
