/** Events on the wire: canonical ones as the very bytes that were hashed, others as their vocabulary has them. */
import { parseEvent } from "../../../audit/event.ts";
import { renderings, type RenderingName } from "../../../audit/renderings.ts";
import { isComplete, type IndexState, type TrailEntry } from "../../../app/trail/trail-reader.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import type { Answer } from "../../route.ts";

export type VocabularyName = "canonical" | RenderingName;

export const JSON_TYPE = "application/json; charset=utf-8";

/** One line of JSON. */
export function eventText({ line }: TrailEntry, vocabulary: VocabularyName): string {
  if (vocabulary === "canonical") return fromUtf8(line);
  return JSON.stringify(renderings[vocabulary].render(parseEvent(line)));
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
