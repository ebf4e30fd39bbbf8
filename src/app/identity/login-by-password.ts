/**
 * Logging in with a password, and a code of the second factor where there is one. Who is not known, who is locked out
 * and who brings a wrong password get one and the same answer, after the same work.
 */
import type { AccountSettings } from "../../identity/account-settings.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import { loginRefusal, type LoginFault } from "../../identity/api-key.ts";
import { MAX_EMAIL_CHARS } from "../../identity/text.ts";
import {
  afterSuccess,
  isLockedOut,
  type UserCredentials,
} from "../../identity/user-credentials.ts";
import type { User } from "../../identity/user.ts";
import { invariant } from "../../kernel/errors.ts";
import type { Context, Located, Preparing } from "../operation.ts";
import type { View } from "../state.ts";
import {
  addressRefusal,
  failed,
  succeeded,
  type Failing,
  type Login,
  type PasswordLogin,
} from "./login.ts";
import { stepOfCode } from "./second-factor.ts";

/** What the slow hash gave, before there was a transaction. */
export interface CheckedPassword {
  readonly iamId: string | undefined;
  /** What was kept when it was checked. */
  readonly kept: string | null;
  readonly isRight: boolean;
}

export type CheckedPasswordLogin = PasswordLogin & { readonly checked?: CheckedPassword };

/** The slow part of a login with a password: the same whether there is such a user or not. */
export async function withCheckedPassword(
  input: PasswordLogin,
  { view, call, capabilities }: Preparing,
): Promise<CheckedPasswordLogin> {
  const account = await accountOf(input, { store: view, call });
  const user = await userNamed(input, account, view);
  const found = user && (await view.logins.userCredentials(user.account, user.iamId));
  const kept = found?.password ?? null;
  const isRight = await capabilities.credentials.isPassword(input.password, kept ?? undefined);
  return { ...input, checked: { iamId: user?.iamId, kept, isRight } };
}

const OPERATION = "refreshtoken.login";

export async function locateByPassword<Store extends View>(
  input: CheckedPasswordLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store, call, now } = context;
  const { checked, isOnPage, client_id: clientId } = input;
  invariant(checked !== undefined, "the password has been checked");
  const account = await accountOf(input, context);
  const settings = await store.identity.settings(account);
  if (settings.mfa === "NONE_NO_ROPC" && !isOnPage) {
    const sentence = "The account lets people log in with a password on the login page only.";
    return failed(OPERATION, loginRefusal("password-not-allowed", sentence));
  }
  const user = await userNamed(input, account, store);
  // Before anything is said of the password: from there nobody tries one, nor locks anybody out.
  if (!isAddressAllowed(settings.allowedIpAddresses, call.host.address)) {
    return failed(OPERATION, addressRefusal(), user ? { attacked: user } : {});
  }
  if (!user) return unknown({ fault: "unknown-user" });
  const credentials = await store.logins.userCredentials(account, user.iamId);
  if (!credentials?.password) return unknown({ fault: "no-password", attacked: user });
  if (isLockedOut(credentials, now)) return unknown({ fault: "user-locked", attacked: user });
  if (checked.iamId !== user.iamId || checked.kept !== credentials.password) {
    return unknown({ fault: "password-changed-meanwhile", attacked: user });
  }
  const guessed = { user, credentials };
  if (!checked.isRight) {
    return unknown({ fault: "wrong-password", attacked: user, consequences: { guessed } });
  }
  // From here on it is the user, or somebody who knows the password: the record may say whose it was.
  const credential = { key: null, owner: user } as const;
  if (user.state !== "active") return unknown({ fault: "owner-disabled", credential });
  const factor = await secondFactor({ ...guessed, settings }, input, context);
  if ("fault" in factor) {
    const consequences = factor.fault === "bad-second-factor" ? { guessed } : {};
    const refusal = loginRefusal(factor.fault, factorSentences[factor.fault]);
    return failed(OPERATION, refusal, { credential, attacked: user, consequences });
  }
  return succeeded(
    OPERATION,
    {
      kind: "good",
      credential,
      profile: null,
      going: null,
      spent: { kind: "password", after: { ...afterSuccess(credentials), ...factor } },
    },
    { ...context, clientId },
  );
}

export type FactorFault = Extract<
  LoginFault,
  "second-factor-required" | "second-factor-missing" | "bad-second-factor"
>;

export const factorSentences: Readonly<Record<FactorFault, string>> = {
  "second-factor-required": "A code of the second factor is needed with the password.",
  "second-factor-missing":
    "The account asks everyone for a second factor, and this user has none: an administrator can enroll one.",
  "bad-second-factor": "The code of the second factor is not good now.",
};

/** The step of the code, to be remembered; nothing where none is asked for; or what is wrong with it. */
export async function secondFactor<Store extends View>(
  {
    user,
    credentials,
    settings,
  }: {
    readonly user: User;
    readonly credentials: UserCredentials;
    readonly settings: AccountSettings;
  },
  { code }: Pick<PasswordLogin, "code">,
  context: Context<Store>,
): Promise<{ readonly lastTotpStep?: number } | { readonly fault: FactorFault }> {
  if (!credentials.isTotpConfirmed) {
    const isAsked = settings.mfa === "TOTP" || settings.mfa === "TOTP4ALL";
    return isAsked ? { fault: "second-factor-missing" } : {};
  }
  if (!code) return { fault: "second-factor-required" };
  const lastTotpStep = await stepOfCode({ user, credentials }, code, context);
  return lastTotpStep === undefined ? { fault: "bad-second-factor" } : { lastTotpStep };
}

/** One answer for all of them; the record says which it was, and whose password was tried. */
function unknown(failing: Failing): Located<Login> {
  const sentence = "The user is not known, or the password is not right.";
  return failed(OPERATION, loginRefusal("bad-login", sentence), failing);
}

/** The account that was named, that of the call where that is asked for, or the installation's first. */
async function accountOf(
  { account, isOfPlace }: PasswordLogin,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<string> {
  if (account !== undefined) return account;
  if (isOfPlace) return call.place.account;
  const [first] = await store.identity.accounts();
  return first?.id ?? "";
}

async function userNamed(
  { username }: PasswordLogin,
  account: string,
  { identity }: View,
): Promise<User | undefined> {
  const email = username.reveal().normalize("NFC").trim().toLowerCase();
  return email.length > MAX_EMAIL_CHARS ? undefined : identity.userByEmail(account, email);
}
