/** Gives an application for tests an index over its log, so that what it has recorded can be searched. */
import { catalogueVocabulary } from "../../../audit/vocabulary.ts";
import { Indexer } from "../../../search/indexer.ts";
import { MemoryEventIndex } from "../../../storage/memory/event-index.ts";
import type { Capabilities } from "../../capabilities.ts";
import type { TestApp } from "../../testing/test-app.ts";
import { TrailReader, type ProvenLog } from "../trail-reader.ts";

/** Resolves to what stops it; to be called before the application is closed. Nothing can be proven by it. */
export async function indexTrail({
  log,
  trail,
  capabilities,
}: TestApp): Promise<() => Promise<void>> {
  const index = new MemoryEventIndex();
  const indexer = await Indexer.start(index, log, { gatherMs: 0, minBackoffMs: 1 });
  const reader = new TrailReader({
    // The log in memory can be read, but is no tree.
    log: log as unknown as ProvenLog,
    index,
    follower: indexer,
    totals: (keys) => trail.totals(keys),
    vocabulary: catalogueVocabulary,
  });
  const given: { -readonly [Name in keyof Capabilities]: Capabilities[Name] } = capabilities;
  given.trail = reader;
  return () => indexer.stop();
}
