/**
 * Reads a bundle of the log's entries as they are (C2SP tlog-tiles): everyone's events, uncut, because a bundle that
 * left some out would not verify. For whoever runs the installation only.
 */
import { Refusal } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { trailLocation } from "./whole-trail.ts";

export interface ReadLogEntriesInput {
  /** The bundle's number: it begins with entry 256 times that. */
  readonly bundle: number;
  /** How many entries: 256, or as many as the checkpoint has of an unfinished one. */
  readonly width: number;
}

export interface LogEntries {
  readonly bytes: Uint8Array;
  readonly returnedCount: number;
}

/** Never beyond the published checkpoint: what is not under a signed head is not part of the log yet. */
export const readLogEntries = readOperation<ReadLogEntriesInput, undefined, LogEntries>({
  name: "log.read",
  async locate(_input, { call }) {
    const { target, resource } = trailLocation(call, null);
    return { target: { ...target, name: "log" }, resource, subject: undefined };
  },
  async run({ bundle, width }, _located, { capabilities }) {
    const bytes = await capabilities.trail.log.entryBundle(bundle, width);
    if (bytes === undefined) {
      throw new Refusal("not_found", "The published checkpoint does not cover these entries.");
    }
    return { bytes, returnedCount: width };
  },
});
