/** The second factor of a user: enrolled, shown to work, asked for with every password from then on, and taken away. */
import {
  isLockedOut,
  noCredentials,
  type UserCredentials,
} from "../../identity/user-credentials.ts";
import { newTotpKey, totpKeyText, totpStep, totpUri } from "../../identity/totp.ts";
import type { User } from "../../identity/user.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Binding, WrappedKey } from "../../secrets/vault.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { inAccount } from "./find.ts";
import { countGuess } from "./lock-out.ts";
import { assertOwnersOwn, findUser, isOwn, type OfUser } from "./find-user.ts";

interface Enrolled {
  readonly user: User;
  readonly credentials: UserCredentials;
}

/** The key, once: for the authenticator app and nobody else. */
export interface NewSecondFactor {
  readonly secret: Sensitive<string>;
  readonly uri: Sensitive<string>;
}

/** Asked for only after `confirmSecondFactor`. Replaces one that was never confirmed. */
export const enrollSecondFactor = changeOperation<OfUser, Enrolled, NewSecondFactor>({
  name: "user-totp.enroll",
  async locate(input, context) {
    return located("user-totp.enroll", input, context);
  },
  async run(
    _input,
    { subject: { user, credentials } },
    { store, caller, capabilities: { vault } },
  ) {
    assertOwnersOwn(user, caller);
    if (credentials.isTotpConfirmed) {
      throw new Refusal("conflict", "The user has a second factor: it has to be removed first.");
    }
    const key = newTotpKey();
    const at = bindingOf(user).at;
    let wrapped = await store.secrets.dataKeyOf(user.iamId);
    if (!wrapped) {
      wrapped = vault.newDataKey(at, user.iamId);
      await store.secrets.insertDataKey({ owner: user.iamId, at, key: wrapped });
    }
    const totp = vault.seal(wrapped, bindingOf(user), key.reveal());
    await store.logins.putUserCredentials({ ...credentials, totp, lastTotpStep: 0 });
    return { secret: totpKeyText(key), uri: totpUri(key, user.email) };
  },
});

export interface ConfirmInput extends OfUser {
  readonly code: Sensitive<string>;
}

/** A code shows that the key has arrived. The same code does not log in as well. */
export const confirmSecondFactor = changeOperation<ConfirmInput, Enrolled, object>({
  name: "user-totp.confirm",
  async locate(input, context) {
    return located("user-totp.confirm", input, context);
  },
  async run({ code }, { subject }, context) {
    const { credentials } = subject;
    if (credentials.totp === null) throw new Refusal("conflict", "No second factor is enrolled.");
    const step = await stepOfCode(subject, code, context);
    if (step === undefined) throw wrongCode();
    const confirmed = { ...credentials, isTotpConfirmed: true, lastTotpStep: step };
    await context.store.logins.putUserCredentials(confirmed);
    return {};
  },
});

export interface RemoveInput extends OfUser {
  /** Users who remove their own show that they still have it; an administrator need not. */
  readonly code?: Sensitive<string>;
}

export const removeSecondFactor = changeOperation<RemoveInput, Enrolled, object>({
  name: "user-totp.delete",
  async locate(input, context) {
    return located("user-totp.delete", input, context);
  },
  async run({ code }, { subject }, context) {
    const { user, credentials } = subject;
    const { store, caller, now } = context;
    assertOwnersOwn(user, caller);
    if (credentials.totp === null) throw new Refusal("not_found", "There is no second factor.");
    if (credentials.isTotpConfirmed && isOwn(user, caller)) {
      const sentence = "To remove your own second factor, show a code of it.";
      if (!code) throw new Refusal("invalid_request", sentence, { field: "code" });
      // While the user is locked out no guess is counted, and so none may be right.
      const isShown =
        !isLockedOut(credentials, now) && (await stepOfCode(subject, code, context)) !== undefined;
      if (!isShown) {
        await countGuess(subject, context);
        return wrongCode();
      }
    }
    await forgetKey(user, context);
    const without = { ...credentials, totp: null, isTotpConfirmed: false, lastTotpStep: 0 };
    await store.logins.putUserCredentials(without);
    return {};
  },
});

/**
 * The step of a code that is good now, for the credentials to remember; undefined for any other code. Refuses while the
 * vault is sealed.
 */
export async function stepOfCode<Store extends View>(
  { user, credentials: { totp, lastTotpStep: lastStep } }: Enrolled,
  code: Sensitive<string>,
  { store, capabilities: { vault }, now }: Context<Store>,
): Promise<number | undefined> {
  const wrapped: WrappedKey | undefined = await store.secrets.dataKeyOf(user.iamId);
  invariant(totp !== null && wrapped !== undefined, "a second factor is there with its data key");
  const key = new Sensitive(vault.open(wrapped, bindingOf(user), totp));
  return totpStep(key, { code, now, lastStep });
}

/** What is sealed for a user goes with the user's data key. */
export async function forgetKey(
  user: Pick<User, "account" | "iamId">,
  { store, capabilities: { vault } }: Context<Transaction>,
): Promise<void> {
  await store.secrets.deleteDataKey(user.iamId);
  vault.forget(bindingOf(user).at, user.iamId);
}

function bindingOf({ account, iamId }: Pick<User, "account" | "iamId">): Binding {
  return { purpose: "user-totp", at: { account, instance: "" }, owner: iamId, part: "key" };
}

async function located(
  operation: "user-totp.enroll" | "user-totp.confirm" | "user-totp.delete",
  { iamId }: OfUser,
  { call, store }: Context<Transaction>,
) {
  const { user, target } = await findUser(iamId, call, store);
  const { account } = user;
  const kept = await store.logins.userCredentials(account, iamId);
  const subject: Enrolled = { user, credentials: kept ?? noCredentials(account, iamId) };
  return inAccount(operation, call, { target, subject, owner: iamId });
}

function wrongCode(): Refusal {
  return new Refusal("forbidden", "The code is not good now.");
}
