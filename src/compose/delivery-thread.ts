/** The thread of the couriers: what they need that cannot be handed over is made here. */
import { parentPort, workerData } from "node:worker_threads";
import { catalogueVocabulary } from "../audit/vocabulary.ts";
import type { Installation } from "../delivery/sink.ts";
import { attend } from "../delivery/thread/attend.ts";
import { reachability } from "./reachability.ts";

export interface DeliveryThreadGiven {
  readonly installation: Installation;
  /** Addresses and ranges that destinations of others may be at besides. */
  readonly destinationAddresses: readonly string[];
}

if (parentPort) {
  const { installation, destinationAddresses } = workerData as DeliveryThreadGiven;
  attend(parentPort, {
    installation,
    vocabulary: catalogueVocabulary,
    isReachable: reachability(destinationAddresses),
  });
}
