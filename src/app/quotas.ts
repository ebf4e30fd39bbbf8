/** How often an account may ask for an operation, where the installation says so: a bucket of tokens for each of the two. */
import type { OperationName } from "../audit/catalogue.ts";
import type { Clock, Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Call } from "./call.ts";

export interface Quota {
  readonly operation: OperationName;
  /** Of calls in `perMs`; so many may also come at once. */
  readonly calls: number;
  readonly perMs: number;
}

/** Buckets that are held; beyond, the one that has been left alone longest is forgotten, and is full again. */
export const MAX_BUCKETS = 10_000;

interface Bucket {
  readonly tokens: number;
  readonly at: Millis;
}

export class Quotas {
  readonly #quotas: ReadonlyMap<OperationName, Quota>;
  readonly #clock: Clock;
  /** In the order in which they were last used. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(quotas: readonly Quota[], clock: Clock) {
    this.#quotas = new Map(quotas.map((quota) => [quota.operation, quota]));
    this.#clock = clock;
  }

  /** Counts the call. Refusal `rate_limited` where its account has asked too often; the server itself may always. */
  spend(operation: OperationName, { caller, place }: Call): void {
    const quota = this.#quotas.get(operation);
    if (!quota || caller.kind === "internal") return;
    const account = caller.kind === "identity" ? caller.account : place.account;
    const name = `${operation} ${account}`;
    const tokens = this.#tokensIn(name, quota);
    this.#keep(name, tokens < 1 ? tokens : tokens - 1);
    if (tokens >= 1) return;
    throw new Refusal("rate_limited", "Rate exceeded", { reason: "quota", operation });
  }

  /** What has flowed in since, up to what it holds. A clock that goes backwards takes nothing away. */
  #tokensIn(name: string, { calls, perMs }: Quota): number {
    const bucket = this.#buckets.get(name);
    if (!bucket) return calls;
    const passedMs = Math.max(0, this.#clock.now() - bucket.at);
    return Math.min(calls, bucket.tokens + (passedMs * calls) / perMs);
  }

  #keep(name: string, tokens: number): void {
    this.#buckets.delete(name);
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size >= MAX_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
    this.#buckets.set(name, { tokens, at: this.#clock.now() });
  }
}
