/** What operations ask of the delivery of the trail. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { Definition } from "../../delivery/definition.ts";
import type { Tested } from "../../delivery/couriers.ts";
import type { CourierReport } from "../../delivery/progress.ts";

/** A destination that the operator has pinned: as it is, but for its credentials. */
export type Pinned = Omit<Definition, "credentials">;

export interface Deliveries {
  readonly pinned: readonly Pinned[];
  /** How far it has come; undefined of one that nobody has been sent to yet. */
  status(id: string): CourierReport | undefined;
  /**
   * Sends the newest event that it would get once more. Never rejects for what the receiver does. The credentials of a
   * pinned one are known here.
   */
  test(definition: Definition | Pinned): Promise<Tested>;
  /** Throws a Refusal `invalid_request` for an address that deliveries of others than the operator do not leave for. */
  assertAllowed(host: string): void;
  /**
   * Throws an Outage while a required destination, of this account or of everybody's, is further behind than it may be;
   * but not for what it takes to put that right.
   */
  assertRoom(operation: OperationName, account: string): void;
  /** A checkpoint of the log at the place up to which the destination has everything, saying so, signed by the log. */
  prove(id: string): Promise<{ readonly text: string; readonly through: number }>;
}
