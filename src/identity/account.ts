/** An account owns identities and Secrets Manager instances; an instance is the place of calls about secrets. */
import { randomBytes } from "node:crypto";
import type { Home, Place } from "../audit/crn.ts";
import { toHex } from "../kernel/bytes.ts";
import type { Millis } from "../kernel/clock.ts";

export interface Account {
  /** 32 hexadecimal digits, as IBM's account ids are. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: Millis;
  /** Whether its first credentials have been handed over; until then every start makes them anew. */
  readonly isHandedOver: boolean;
}

export interface Instance {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly createdAt: Millis;
  /** Whose home it is: nobody else's roles reach into it, and no plain name leads there. */
  readonly home?: Home;
}

export function newAccountId(): string {
  return toHex(randomBytes(16));
}

export function isAccountId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** Where an account's identities are: in no region, and in no instance. */
export function accountPlace(account: string): Place {
  return { account, region: "global", instance: null };
}

export function instancePlace({ account, region, id, home }: Instance): Place {
  return { account, region, instance: id, ...(home ? { home } : {}) };
}
