/** Proves how much of the log a destination has: a checkpoint that says so, signed by the log. */
import { readOperation } from "../operation.ts";
import { locateDestination, type Found, type WhichDestination } from "./find.ts";

export interface DeliveryProof {
  /** The checkpoint: a signed note. */
  readonly text: string;
  /** Of every entry before this one is said what became of it. */
  readonly through: number;
}

export const proveDestination = readOperation<WhichDestination, Found, DeliveryProof>({
  name: "destination.proof.read",
  locate: locateDestination,
  async run(_input, { subject }, { capabilities }) {
    const { id } = subject.kind === "own" ? subject.item : subject.pinned;
    return capabilities.deliveries.prove(id);
  },
});
