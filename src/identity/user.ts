/** A person with an identity in an account. */
import { randomInt } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";

export interface User {
  readonly kind: "user";
  readonly iamId: string;
  readonly account: string;
  /** Kept in lower case; one user of an account to an address. */
  readonly email: string;
  readonly name: string;
  readonly state: "active" | "disabled";
  /** Stands for the account itself, as AWS's root user does: made with it. */
  readonly isOwner: boolean;
  /** `IBMid` of a user who was invited; of one whom a federated login made, the realm that vouched. */
  readonly realm: string;
  /** Sessions that began before are over: a password was changed, a user disabled. */
  readonly sessionsSince: Millis;
  readonly createdAt: Millis;
  readonly createdBy: string;
}

/** The realm of users who were invited. */
export const HOME_REALM = "IBMid";
export const USER_ID_PREFIX = "IBMid-";
export const MAX_USERS_PER_ACCOUNT = 10_000;

const USER_ID = /^IBMid-[0-9A-Z]{10,32}$/;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** 82 bits: as hard to meet by chance as anything that is looked up by it. */
const USER_ID_CHARS = 16;

export function newUserId(): string {
  let id = USER_ID_PREFIX;
  for (let i = 0; i < USER_ID_CHARS; i++) id += DIGITS[randomInt(DIGITS.length)];
  return id;
}

export function isUserId(text: string): boolean {
  return USER_ID.test(text);
}
