/** Events on the wire: canonical ones as the very bytes that were hashed, others as their vocabulary has them. */
import { parseEvent } from "../../../audit/event.ts";
import { renderIbm } from "../../../audit/render/ibm.ts";
import { isComplete, type IndexState, type TrailEntry } from "../../../app/trail/trail-reader.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import type { Answer } from "../../route.ts";

export type VocabularyName = "canonical" | "ibm";

export const JSON_TYPE = "application/json; charset=utf-8";

/** One line of JSON. */
export function eventText({ line }: TrailEntry, vocabulary: VocabularyName): string {
  return vocabulary === "ibm" ? JSON.stringify(renderIbm(parseEvent(line))) : fromUtf8(line);
}

/** `{"index":…,"event":…}`, the event's bytes put in as they are. */
export function placedText(entry: TrailEntry, vocabulary: VocabularyName): string {
  return `{"index":${entry.index},"event":${eventText(entry, vocabulary)}}`;
}

export function jsonText(body: string): Answer {
  return { status: 200, headers: { "content-type": JSON_TYPE }, body };
}

export function completenessOf(index: IndexState): object {
  return { complete: isComplete(index), index: { size: index.size, indexed: index.indexed } };
}
