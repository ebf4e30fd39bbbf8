/**
 * What the server's thread and that of the couriers say to each other. Everything is cloned; the lines of a run are
 * handed over as one buffer.
 */
import type { Millis } from "../../kernel/clock.ts";
import type { ErrorCode, RefusalDetails } from "../../kernel/errors.ts";
import type { Tested } from "../couriers.ts";
import type { Definition } from "../definition.ts";
import type { CourierReport, Progress } from "../progress.ts";

/** What the couriers are to know with everything that is asked of them. */
export interface Present {
  /** Durable entries of the ledger. */
  readonly size: number;
  /** How far the server's clock is behind this machine's: only that of a demonstration is. */
  readonly behindMs: Millis;
}

export type Request =
  | {
      readonly kind: "set";
      readonly definitions: readonly Definition[];
      readonly known: ReadonlyMap<string, Progress>;
    }
  | { readonly kind: "test"; readonly definition: Definition }
  | { readonly kind: "stop" };

/** From the server's thread. */
export type Order =
  | {
      readonly kind: "asked";
      readonly id: number;
      readonly request: Request;
      readonly now: Present;
    }
  | { readonly kind: "grown"; readonly now: Present }
  | {
      readonly kind: "run";
      readonly id: number;
      readonly first: number;
      /** Whole lines, each with its newline. */
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  /** The ledger cannot be read at the moment. */
  | { readonly kind: "unreadable"; readonly id: number };

/** A Refusal, as it crosses over. */
export interface RefusalCopy {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: RefusalDetails;
}

/** From the couriers' thread. */
export type Word =
  /** Done; of a test with what came of it. */
  | { readonly kind: "answer"; readonly id: number; readonly tested: Tested | null }
  | { readonly kind: "refused"; readonly id: number; readonly refusal: RefusalCopy }
  | { readonly kind: "failed"; readonly id: number; readonly error: Error }
  | { readonly kind: "read"; readonly id: number; readonly from: number }
  | { readonly kind: "reports"; readonly reports: readonly CourierReport[] };
