/** Engines: processes inside networks that nobody reaches from outside; and the pools in which several stand for each other. */
import { itemKind } from "../items/item.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";

/** A pool is its name, and nothing more yet. */
export type Pool = Readonly<Record<string, never>>;

export const POOL = itemKind<Pool>("pool");

export interface Engine {
  /** A pool with engines in it stays, so the name is always one that there is. */
  readonly poolName: string;
  /** Ed25519, in PEM. The private key is given out once and kept nowhere here. */
  readonly publicKey: string;
  /** When it was last heard of, as of the last time that this was written down; null before it has ever connected. */
  readonly heardAt: Millis | null;
}

export const ENGINE = itemKind<Engine>("engine");

export const MAX_POOLS_PER_ACCOUNT = 200;
export const MAX_ENGINES_PER_ACCOUNT = 500;
export const MAX_NAME_CHARS = 100;

/** What paths and policies can hold unquoted. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9@+._-]*$/;

/** Throws `invalid_request`, which keeps the name out of the record. */
export function checkedEngineName(name: string, field = "name"): string {
  if (name.length <= MAX_NAME_CHARS && NAME.test(name)) return name;
  const sentence = `The ${field} has 1 to ${MAX_NAME_CHARS} letters, digits, and @ + . _ -, and begins with a letter or a digit.`;
  throw new Refusal("invalid_request", sentence, { field });
}

/** Why a connection is over. Recorded, and told to the engine. */
export const ENDS = [
  /** The engine went away. */
  "closed",
  /** Nothing was heard of it for too long. */
  "silent",
  /** It sent what is no frame. */
  "protocol",
  /** The same engine has connected anew. */
  "replaced",
  /** There is no such engine any more. */
  "deleted",
  /** The server stops. */
  "closing",
] as const;
export type ConnectionEnd = (typeof ENDS)[number];
