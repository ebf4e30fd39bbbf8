/** The user that an operation is about, and the end of its sessions. */
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call, Caller } from "../call.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

export interface OfUser {
  readonly iamId: string;
}

export async function findUser(iamId: string, call: Call, { identity }: View) {
  const user = await identity.principal(call.place.account, iamId);
  if (user?.kind !== "user") throw new Refusal("not_found", "There is no such user.");
  return { user, target: { kind: "user", id: user.iamId, name: user.email } as const };
}

/** Whether the user speaks for itself: a trusted profile that it applies is somebody else. */
export function isOwn({ iamId }: User, caller: Caller): boolean {
  return caller.kind === "identity" && caller.id === iamId;
}

/**
 * The owner of the account, whom a policy on a secret cannot lock out, is nobody else's to change or to become: an
 * administrator would have the owner's last word otherwise. AWS's root, and the owner of an account of IBM's, are the same.
 */
export function assertOwnersOwn(user: User, caller: Caller): void {
  if (!user.isOwner || caller.kind === "internal" || isOwn(user, caller)) return;
  const sentence = "Only the owner of the account itself can do this to the owner.";
  throw new Refusal("forbidden", sentence, { reason: "owners-own" });
}

export interface EndedSessions {
  readonly user: User;
  readonly endedSessions: number;
}

/**
 * Ends every session of the user, also those that have no row: what began before now is over. Counts those that could
 * still be gone on with.
 */
export async function endSessions(
  user: User,
  { store, now }: Context<Transaction>,
): Promise<EndedSessions> {
  const { account, iamId } = user;
  const { length: endedSessions } = await store.logins.sessionsOf(account, iamId, now);
  await store.logins.endSessionsOf(account, iamId);
  // A session that begins in this very millisecond is not one of those.
  const since = { ...user, sessionsSince: now };
  await store.identity.putUser(since);
  return { user: since, endedSessions };
}
