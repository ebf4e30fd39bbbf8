/**
 * Logging in as the default client, which every SDK is: an API key for an access token and nothing else. It leaves
 * nothing behind in the state, so it needs no transaction.
 */
import { newSessionId } from "../../identity/session.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import { readOperation } from "../operation.ts";
import type { IssuedTokens, KeyLogin, Login } from "./login.ts";
import { locateByKey } from "./login-by-key.ts";

export const issueToken = readOperation<KeyLogin, Login, IssuedTokens>({
  name: "user-apikey.login",
  forAnyone: true,
  locate: locateByKey,
  async run(input, { subject: login }, { capabilities, now, store }) {
    if (login.kind === "bad") throw login.refusal;
    const { client_id: clientId, grant_type: grantType } = input;
    const { credential } = login;
    const session = { id: newSessionId(), beganAt: now, isKept: false };
    const { accessTokenLifetimeS: lifetimeS } = await store.identity.settings(
      credential.owner.account,
    );
    const terms = { session, clientId, grantType, now, lifetimeS };
    const issued = await capabilities.tokens.issue(login, terms);
    return {
      accessToken: issued.token,
      refreshToken: null,
      cookie: null,
      expiresInS: issued.expiresInS,
      expiration: issued.expiration,
      scope: TOKEN_SCOPE,
      apikeyId: credential.key?.id,
      session: session.id,
    };
  },
});
