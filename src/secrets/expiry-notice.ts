/**
 * When the owners of a secret are told that it is about to expire: at fixed times before its date, each once. Times that
 * were past when the date was set are not told of: whoever set it knows.
 */
import type { Millis } from "../kernel/clock.ts";

const DAY_MS = 86_400_000;

/** Whole days before the date; 0 is "less than a day", as IBM's `in_0_days` has it. */
export const NOTICE_DAYS = [90, 60, 30, 10, 1, 0] as const;

export type NoticeDays = (typeof NOTICE_DAYS)[number];

/** The last notice leaves half a day to act on it. */
export const LAST_NOTICE_MS = DAY_MS / 2;

/** `overdue`: the date is past, and locks keep the secret alive. */
export type ExpiryNotice =
  | { readonly kind: "ahead"; readonly days: NoticeDays }
  | { readonly kind: "overdue" };

interface Moment {
  readonly at: Millis;
  readonly notice: ExpiryNotice;
}

/** When the next notice of this date is due, after a moment; null when none is left. */
export function nextExpiryNotice(expiresAt: Millis | null, after: Millis): Millis | null {
  if (expiresAt === null) return null;
  return momentsOf(expiresAt).find(({ at }) => at > after)?.at ?? null;
}

/** Of all notices whose time has come, the one nearest to the date: after a pause nobody is told the others too. */
export function expiryNoticeAt(expiresAt: Millis, now: Millis): ExpiryNotice | null {
  return momentsOf(expiresAt).findLast(({ at }) => at <= now)?.notice ?? null;
}

/** Days until the date, to the nearest whole one; 0 from half a day before it on. */
export function daysLeft(expiresAt: Millis, now: Millis): number {
  return Math.max(0, Math.ceil((expiresAt - now) / DAY_MS - 0.5));
}

/** Earliest first. */
function momentsOf(expiresAt: Millis): readonly Moment[] {
  const ahead = NOTICE_DAYS.map((days): Moment => ({
    at: expiresAt - (days === 0 ? LAST_NOTICE_MS : days * DAY_MS),
    notice: { kind: "ahead", days },
  }));
  return [...ahead, { at: expiresAt, notice: { kind: "overdue" } }];
}
