/**
 * Logging in as the default client, which every SDK is: an API key for an access token and nothing else. It leaves
 * nothing behind in the state, so it needs no transaction.
 */
import { loginRefusal } from "../../identity/api-key.ts";
import { newSessionId } from "../../identity/session.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import { readOperation } from "../operation.ts";
import {
  API_KEY_GRANT,
  failed,
  locateByKey,
  type IssuedTokens,
  type Login,
  type LoginInput,
} from "./login.ts";

export const issueToken = readOperation<LoginInput, Login, IssuedTokens>({
  name: "user-apikey.login",
  forAnyone: true,
  async locate(input, context) {
    if (input.grant_type === API_KEY_GRANT) return locateByKey(input, context);
    // This client is never given a refresh token: one that it brings is another's.
    const sentence = "The refresh token was issued to another client.";
    return failed("refreshtoken.login", loginRefusal("refresh-token-of-another-client", sentence));
  },
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
      expiresInS: issued.expiresInS,
      expiration: issued.expiration,
      scope: TOKEN_SCOPE,
      apikeyId: credential.key?.id,
      session: session.id,
    };
  },
});
