/**
 * One-time passcodes: someone who has logged in with a browser gets one, and with it logs in to a command line, which
 * then has a session of its own.
 */
import { loginRefusal } from "../../identity/api-key.ts";
import { PASSCODE_LIFETIME_MS } from "../../identity/passcode.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { inAccount } from "./find.ts";
import { findUser } from "./find-user.ts";
import { failed, succeeded, type Login, type PasscodeLogin } from "./login.ts";
import { standingOf, standingRefusal } from "./standing.ts";

export interface CreatedPasscode {
  readonly passcode: Sensitive<string>;
  /** RFC 3339; under this name it is recorded. */
  readonly expires_at: string;
}

interface Asking {
  readonly account: string;
  readonly iamId: string;
  readonly session: string;
}

/**
 * For people in a session that they opened as themselves. An API key logs in by itself; a session that came of it must
 * not outlive it by way of a passcode.
 */
export const createPasscode = changeOperation<object, Asking, CreatedPasscode>({
  name: "passcode.create",
  async locate(_input, { call, caller, store }) {
    const session = caller.kind === "identity" ? caller.session : undefined;
    if (caller.kind !== "identity" || caller.credentialType !== "user" || !session?.isKept) {
      const sentence = "A passcode is for people who have logged in as themselves.";
      throw new Refusal("forbidden", sentence, { reason: "not-a-person" });
    }
    const { user, target } = await findUser(caller.id, call, store);
    const { account, iamId } = user;
    const subject: Asking = { account, iamId, session: session.id };
    return inAccount("passcode.create", call, { target, subject, owner: iamId });
  },
  async run(_input, { subject }, { store, capabilities, now }) {
    await store.logins.forgetExpiredLogins(now);
    const { value, hash } = capabilities.credentials.makePasscode();
    const expiresAt = now + PASSCODE_LIFETIME_MS;
    await store.logins.putPasscode({ ...subject, hash, expiresAt });
    return { passcode: value, expires_at: toRfc3339(expiresAt) };
  },
});

/** IBM's command line. What it logs in with a passcode is recorded as a refresh token's login: decision 0010. */
const COMMAND_LINE = "bx";

export async function locateByPasscode<Store extends View>(
  { passcode, client_id: clientId }: PasscodeLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store, capabilities, now } = context;
  const operation = clientId === COMMAND_LINE ? "cli-passcode.login" : "passcode.login";
  const hash = capabilities.credentials.hashOfPasscode(passcode);
  const found = hash === undefined ? undefined : await store.logins.passcode(hash);
  const standing = found && (await standingOf(found.session, store));
  if (hash === undefined || !found || !standing || found.expiresAt <= now) {
    const sentence = "The passcode is not known: it is good once, and for ten minutes.";
    return failed(operation, loginRefusal("bad-passcode", sentence), standing);
  }
  const { session: from, credential } = standing;
  const refusal = standingRefusal(standing, now);
  if (refusal) return failed(operation, refusal, { credential });
  return succeeded(
    operation,
    {
      kind: "good",
      credential,
      profile: null,
      going: null,
      from,
      spent: { kind: "passcode", hash },
    },
    { ...context, clientId },
  );
}
