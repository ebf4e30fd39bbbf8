/** A code of a user's second factor that is brought with a signed request, to say that the user is there. */
import type { Credential } from "../../identity/api-key.ts";
import { isLockedOut } from "../../identity/user-credentials.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { countGuess } from "./lock-out.ts";
import { stepOfCode } from "./second-factor.ts";

export interface ShownCode {
  /** Of the device, as the caller calls it: a user has but one. */
  readonly serialNumber?: string | undefined;
  readonly tokenCode?: Sensitive<string> | undefined;
}

/** Refuses the one without the other. */
export function assertWhole({ serialNumber, tokenCode }: ShownCode): void {
  if ((serialNumber === undefined) === (tokenCode === undefined)) return;
  const sentence =
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
  throw new Refusal("invalid_request", sentence);
}

/**
 * Whether a code was brought, and is good: then it is used up. A wrong one counts as a guess, and comes back as a
 * refusal, so that the count stays.
 */
export async function isCodeShown(
  { tokenCode: code }: ShownCode,
  { owner }: Credential,
  context: Context<Transaction>,
): Promise<boolean | Refusal> {
  if (!code) return false;
  const { logins } = context.store;
  const credentials =
    owner.kind === "user" ? await logins.userCredentials(owner.account, owner.iamId) : undefined;
  if (owner.kind !== "user" || !credentials?.isTotpConfirmed) {
    const sentence =
      "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.";
    return new Refusal("forbidden", sentence);
  }
  const enrolled = { user: owner, credentials };
  // While the user is locked out no guess is counted, and so none may be right.
  const step = isLockedOut(credentials, context.now)
    ? undefined
    : await stepOfCode(enrolled, code, context);
  if (step === undefined) {
    await countGuess(enrolled, context);
    const sentence = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    return new Refusal("forbidden", sentence);
  }
  await logins.putUserCredentials({ ...credentials, lastTotpStep: step });
  return true;
}
