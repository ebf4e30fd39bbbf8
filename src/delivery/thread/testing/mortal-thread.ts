/** The couriers' thread for tests: every wait is short, and it can be made to die, with whatever it was doing. */
import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import { catalogueVocabulary } from "../../../audit/vocabulary.ts";
import { attend } from "../attend.ts";

export interface MortalThreadGiven {
  /** By a message on it the thread dies. */
  readonly channel: string;
  /** It never answers. */
  readonly isDeaf?: boolean;
}

const { channel, isDeaf = false } = workerData as MortalThreadGiven;
const deadly = new BroadcastChannel(channel);
deadly.addEventListener("message", () => process.exit(1));

if (parentPort && !isDeaf) {
  attend(parentPort, {
    installation: { logName: "keytrail.test/log", version: "0.0.0" },
    vocabulary: catalogueVocabulary,
    isReachable: { pinned: () => true, others: () => true },
    options: { firstWaitMs: 1, confirmIdleMs: 5 },
  });
}
