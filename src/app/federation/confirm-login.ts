/** The last step of a login by an identity provider where the account asks for a code of its own as well. */
import { loginRefusal } from "../../identity/api-key.ts";
import { afterSuccess, isLockedOut } from "../../identity/user-credentials.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { countGuess } from "../identity/lock-out.ts";
import { stepOfCode } from "../identity/second-factor.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  credentialsOf,
  locatedVouched,
  openVouched,
  refusedVouched,
  underWay,
  refusedUnknown,
  type BadVouched,
  type CODE_GRANT,
  type GoodVouched,
  type OfLogin,
  type OpenedLogin,
  type UnknownLogin,
} from "./vouched-login.ts";

export interface ConfirmLoginInput extends OfLogin {
  readonly grant_type: typeof CODE_GRANT;
  /** Of the user's second factor. */
  readonly code: Sensitive<string>;
}

/**
 * Opens the session of a login that the provider has vouched for. A wrong code may be put right while the login lasts;
 * it counts towards the lock-out, as one with a password does.
 */
export const confirmLogin = changeOperation<
  ConfirmLoginInput,
  GoodVouched | BadVouched | UnknownLogin,
  OpenedLogin
>({
  name: "refreshtoken.login",
  forAnyone: true,
  async locate(input, context) {
    const under = await underWay(input, context.store, context);
    if (!under?.flow.person) return refusedUnknown();
    return withCode(await locatedVouched(under.flow.person, under, context), input.code, context);
  },
  async run(_input, { subject }, context) {
    if (subject.kind === "good") return openVouched(subject, context);
    if (subject.guessed) await countGuess(subject.guessed, context);
    return subject.refusal;
  },
});

/** The same answer to a wrong code and to any code of who is locked out. */
async function withCode(
  located: Located<GoodVouched | BadVouched>,
  code: Sensitive<string>,
  context: Context<Transaction>,
): Promise<Located<GoodVouched | BadVouched>> {
  const { subject } = located;
  if (subject.kind === "bad") return located;
  const { user } = subject.federated;
  const credentials = await credentialsOf(user, context.store);
  const { credential } = subject.login;
  const refusal = loginRefusal("bad-second-factor", "The code is not good now.");
  const attacked = { credential, attacked: user } as const;
  if (!credentials.isTotpConfirmed || isLockedOut(credentials, context.now)) {
    const fault = credentials.isTotpConfirmed ? "user-locked" : "second-factor-missing";
    return refusedVouched(refusal, subject, { ...attacked, fault });
  }
  const guessed = { user, credentials };
  const lastTotpStep = await stepOfCode(guessed, code, context);
  if (lastTotpStep === undefined) {
    return refusedVouched(refusal, subject, { ...attacked, consequences: { guessed } });
  }
  const after = { ...afterSuccess(credentials), lastTotpStep };
  const login = { ...subject.login, spent: { kind: "password", after } } as const;
  return { ...located, subject: { ...subject, login } };
}
