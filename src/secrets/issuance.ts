/** An issuance: a certificate that a public authority has been asked for (ACME, RFC 8555), and how far that has come. */
import type { Millis } from "../kernel/clock.ts";
import type { JsonObject } from "./json.ts";
import type { Instance } from "./secret.ts";
import type { SealedValue } from "./vault.ts";

/**
 * - `order`: to be placed, or, once it has its URL, to be asked for its challenges;
 * - `challenge`: the owner is to publish records and to say so; due when the authority waits no longer;
 * - `validate`: the authority is to be told that the records are there;
 * - `collect`: the authority looks at the records, and signs; the certificate is to be fetched;
 * - `over`: there is a certificate, or there will be none.
 */
export const ISSUANCE_STAGES = ["order", "challenge", "validate", "collect", "over"] as const;

export type IssuanceStage = (typeof ISSUANCE_STAGES)[number];

/** One to a secret: the last one. What of it may be seen is in the secret's attributes. */
export interface Issuance {
  /** Another one with each certificate that is asked for. */
  readonly id: string;
  readonly secretId: string;
  readonly at: Instance;
  readonly stage: IssuanceStage;
  /** When it came to this stage. */
  readonly since: Millis;
  /** When it is to be gone on with; null once it is over. */
  readonly dueAt: Millis | null;
  /** How often this stage has come to nothing so far, in a row. */
  readonly attempts: number;
  /** By the schedule, not by a caller. */
  readonly autoRotated: boolean;
  /** Whether the certificate is for another key than the one before. */
  readonly rotatesKeys: boolean;
  /** Where the order is at the authority; null before it has been placed. */
  readonly orderUrl: string | null;
  /** When the authority waits no longer for the order's names to be proven. */
  readonly orderExpiresAt: Millis | null;
  /** The key that the certificate is for, from the order on: PKCS #8 in PEM. */
  readonly key: SealedValue | null;
  /** How many certificates in a row have been asked for on time and not been had. */
  readonly failures: number;
  readonly versionCustomMetadata: JsonObject | null;
}

/** An issuance that is to be gone on with. */
export type DueIssuance = Pick<Issuance, "id" | "secretId" | "at" | "stage">;

export interface IssuanceReader {
  issuance(secretId: string): Promise<Issuance | undefined>;
  /** The oldest due first. */
  dueIssuances(now: Millis, limit: number): Promise<readonly DueIssuance[]>;
}

export interface IssuanceStore extends IssuanceReader {
  /** In place of the secret's last one. It goes with its secret. */
  putIssuance(issuance: Issuance): Promise<void>;
}

/** After the authority was not reached, or asked to be asked later; twice as long each time. */
export const FIRST_RETRY_MS = 60_000;
/** Until the authority is looked at again while it works; twice as long each time. */
export const FIRST_LOOK_MS = 3_000;
export const MAX_WAIT_MS = 3_600_000;
/** A stage that has come to nothing for so long is given up. */
export const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** Of an order whose authority does not say. */
export const ORDER_LIFETIME_MS = 7 * 24 * 3_600_000;

const DAY_MS = 24 * 3_600_000;
/** IBM's: a certificate is asked for anew so long before its end. */
export const RENEWAL_LEAD_MS = 31 * DAY_MS;
/** A renewal that failed is asked for again after this, then after twice that, up to a day. */
export const FIRST_RENEWAL_RETRY_MS = 3_600_000;

/** What is asked for at first, and with each new certificate. */
export function orderedIssuance(
  of: Pick<Issuance, "id" | "secretId" | "at" | "autoRotated" | "rotatesKeys" | "failures">,
  versionCustomMetadata: JsonObject | undefined,
  now: Millis,
): Issuance {
  return {
    ...of,
    stage: "order",
    since: now,
    dueAt: now,
    attempts: 0,
    orderUrl: null,
    orderExpiresAt: null,
    key: null,
    versionCustomMetadata: versionCustomMetadata ?? null,
  };
}

/** On to a stage, which is due at once unless something else is said. */
export function atStage(
  issuance: Issuance,
  stage: Exclude<IssuanceStage, "over">,
  { now, dueAt = now }: { readonly now: Millis; readonly dueAt?: Millis },
): Issuance {
  return { ...issuance, stage, since: now, dueAt, attempts: 0 };
}

/** Nothing more is to be done, and nothing secret is kept. */
export function ended(issuance: Issuance, now: Millis, failures: number): Issuance {
  return { ...issuance, stage: "over", since: now, dueAt: null, key: null, failures };
}

/** The same stage once more, later. */
export function later(
  issuance: Issuance,
  now: Millis,
  wait: { readonly firstMs: number; readonly atLeastMs: number },
): Issuance {
  const { attempts } = issuance;
  const waitMs = Math.max(waitOf(attempts, wait.firstMs, MAX_WAIT_MS), wait.atLeastMs);
  return { ...issuance, attempts: attempts + 1, dueAt: now + waitMs };
}

export function isGivenUp({ since, orderExpiresAt }: Issuance, now: Millis): boolean {
  return now - since >= GIVE_UP_AFTER_MS || (orderExpiresAt !== null && orderExpiresAt <= now);
}

export function isUnderWay(issuance: Issuance | undefined): boolean {
  return issuance !== undefined && issuance.stage !== "over";
}

/**
 * When a certificate is to be asked for anew: 31 days before its end; of one that lives for less than twice that, after
 * two thirds of its life.
 */
export function renewalOf(certificate: {
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}): Millis {
  const { notBefore, notAfter } = certificate;
  const lifeMs = notAfter - notBefore;
  const leadMs = lifeMs < 2 * RENEWAL_LEAD_MS ? lifeMs / 3 : RENEWAL_LEAD_MS;
  return Math.floor(notAfter - leadMs);
}

/** When a renewal is asked for again that has failed so many times in a row. */
export function renewalRetry(failures: number, now: Millis): Millis {
  return now + waitOf(failures - 1, FIRST_RENEWAL_RETRY_MS, DAY_MS);
}

function waitOf(times: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** times, maxMs);
}
