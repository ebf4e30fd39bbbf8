/** Who guesses at a user's password or code locks that user out for a while; an administrator lets the user in again. */
import {
  afterFailure,
  afterSuccess,
  isLockedOut,
  noCredentials,
  type UserCredentials,
} from "../../identity/user-credentials.ts";
import type { User } from "../../identity/user.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { inAccount, targetOf } from "./find.ts";
import { findUser, type OfUser } from "./find-user.ts";

/** Counts a guess. Where it locks the user out, the account hears of it: the guess itself is the operator's matter. */
export async function countGuess(
  { user, credentials }: { readonly user: User; readonly credentials: UserCredentials },
  { store, call, now, also }: Context<Transaction>,
): Promise<void> {
  const after = afterFailure(credentials, now);
  await store.logins.putUserCredentials(after);
  if (after.lockedUntil === null || isLockedOut(credentials, now)) return;
  const inItsAccount = { ...call, place: { ...call.place, account: user.account } };
  also({
    operation: "user.lock-out",
    target: targetOf(inItsAccount, { kind: "user", id: user.iamId, name: user.email }),
    input: {
      iamId: user.iamId,
      failures: after.failures,
      until: toRfc3339(after.lockedUntil),
    },
    output: {},
    caller: { kind: "internal", job: "logins" },
  });
}

/** Forgets the logins that failed. Done for a user who is not locked out, it is done all the same. */
export const unlockUser = changeOperation<OfUser, User, object>({
  name: "user.unlock",
  async locate({ iamId }, { call, store }) {
    const { user, target } = await findUser(iamId, call, store);
    return inAccount("user.unlock", call, { target, subject: user });
  },
  async run(_input, { subject: { account, iamId } }, { store }) {
    const kept = await store.logins.userCredentials(account, iamId);
    await store.logins.putUserCredentials(afterSuccess(kept ?? noCredentials(account, iamId)));
    return {};
  },
});
