/** Logging in with something to show for it: good credentials open a session, or go on with one. */
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locateByAssume } from "./assume-profile.ts";
import { countGuess } from "./lock-out.ts";
import {
  API_KEY_GRANT,
  ASSUME_GRANT,
  CERTIFICATE_GRANT,
  CLIENT_GRANT,
  COOKIE_GRANT,
  PASSCODE_GRANT,
  PASSWORD_GRANT,
  REFRESH_GRANT,
  type BadLogin,
  type IssuedTokens,
  type Login,
  type LoginInput,
} from "./login.ts";
import { locateByCertificate } from "./login-by-certificate.ts";
import { locateByClient } from "./login-by-client.ts";
import { locateByKey } from "./login-by-key.ts";
import { locateByPassword, withCheckedPassword } from "./login-by-password.ts";
import { locateByCookie, locateByRefresh } from "./login-by-token.ts";
import { locateByPasscode } from "./passcodes.ts";
import { endedByServer, openedBy } from "./sessions.ts";

/**
 * Recorded as the login that it is: by a key, a refresh token, a passcode, a cookie, or as a trusted profile; by a
 * password it is a refresh token's, as with IBM. What a login that fails leaves behind stays: the count of guesses,
 * the end of a session whose refresh token was copied.
 */
export const openSession = changeOperation<LoginInput, Login, IssuedTokens>({
  name: "refreshtoken.login",
  forAnyone: true,
  async prepare(input, preparing) {
    return input.grant_type === PASSWORD_GRANT ? withCheckedPassword(input, preparing) : input;
  },
  locate: located,
  async run(input, { subject: login }, context) {
    if (login.kind === "bad") {
      await answerFor(login, context);
      return login.refusal;
    }
    const { client_id, grant_type, subject, slides } = input;
    const opening = { client_id, grant_type, subject, slides, leaves: leavesOf(input) };
    return openedBy(login, opening, context);
  },
});

/** A client has its secret to log in again with. */
function leavesOf(input: LoginInput): "cookie" | "nothing" | undefined {
  if (input.grant_type === CLIENT_GRANT) return "nothing";
  return input.grant_type === PASSWORD_GRANT && input.isOnPage === true ? "cookie" : undefined;
}

function located(input: LoginInput, context: Context<Transaction>): Promise<Located<Login>> {
  switch (input.grant_type) {
    case API_KEY_GRANT:
      return locateByKey(input, context);
    case REFRESH_GRANT:
      return locateByRefresh(input, context);
    case PASSWORD_GRANT:
      return locateByPassword(input, context);
    case PASSCODE_GRANT:
      return locateByPasscode(input, context);
    case ASSUME_GRANT:
      return locateByAssume(input, context);
    case CLIENT_GRANT:
      return locateByClient(input, context);
    case CERTIFICATE_GRANT:
      return locateByCertificate(input, context);
    case COOKIE_GRANT:
      return locateByCookie(input, context);
  }
}

/**
 * Somebody holds a copy of a refresh token that comes twice, and nobody can tell whose it is: all tokens of its session
 * are dropped (RFC 9700, section 4.14.2). The refusal stands in the operator's stream; what the server decides on
 * because of it, in the trail of the account.
 */
async function answerFor(
  { replayed, guessed, challenged }: BadLogin,
  context: Context<Transaction>,
): Promise<void> {
  if (replayed) {
    const { session, credential } = replayed;
    await endedByServer(session, { credential, because: "refresh-token-replayed" }, context);
  }
  if (guessed) await countGuess(guessed, context);
  if (challenged !== undefined) await context.store.logins.deleteCertificateChallenge(challenged);
}
