/** A destination as the delivery knows it: where, what of the trail, and from where in it. */
import { createHash } from "node:crypto";
import type { SinkSettings } from "./sink.ts";

/** Which entries go to a destination. */
export interface Selection {
  /** The account whose events they are; null for everybody's, which only the operator's own destinations have. */
  readonly account: string | null;
  /** Also what belongs to no account: failed logins, the server's own doings. */
  readonly includesOperators: boolean;
  /** The query language; empty for everything. */
  readonly filter: string;
  /** Null: all of that. Else only what the account's routes send here. */
  readonly routing: Routing | null;
}

/** The routes of an account, as one destination sees them. */
export interface Routing {
  readonly routes: readonly (readonly RoutingRule[])[];
  /** Whether it gets what no route has a rule for. */
  readonly isDefault: boolean;
}

/** Of a route's rules the first that names the location decides. */
export interface RoutingRule {
  /** Regions, or the beginnings of their names; `global`; `*` for any. */
  readonly locations: readonly string[];
  /** Whether it sends here. */
  readonly isHere: boolean;
}

/** From where on the ledger is delivered; another id means: again from there, whatever has been delivered. */
export interface Start {
  readonly id: string;
  /** Null: from wherever the ledger has come to when this is seen first. */
  readonly index: number | null;
}

/** Clones into another thread. The credentials are in the clear: it never leaves this process's memory. */
export interface Definition {
  /** A UUID; of one that the operator has pinned, `pinned:` and its name. */
  readonly id: string;
  readonly name: string;
  readonly sink: SinkSettings;
  readonly credentials: Readonly<Record<string, string>>;
  readonly selection: Selection;
  readonly isPaused: boolean;
  /** Its credentials cannot be opened now: nothing is sent there until they can. */
  readonly isWaiting?: true;
  /** Why nothing can be sent there, whatever the receiver does: said as its failure. */
  readonly problem?: string;
  /** Set up by the operator, or another name for one that is: it may go to addresses that others' may not. */
  readonly isPinned: boolean;
  /** By which others may name it: only the operator gives one. */
  readonly crn?: string;
  /** Of one without which nothing is to happen: how many entries it may be behind. */
  readonly maxBacklog: number | null;
  readonly start: Start;
  /** The selection became another one here: what was passed from there on by the one before is looked at again. */
  readonly selectedFrom?: number;
}

/**
 * What is said of a selection in proofs: 16 digits of the SHA-256 of its JSON. Another one, or another receiver, has not
 * had what this one has had.
 */
export function fingerprintOf({ selection, sink }: Pick<Definition, "selection" | "sink">): string {
  const text = JSON.stringify([selection, sink]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
