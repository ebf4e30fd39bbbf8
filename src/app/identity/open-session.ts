/** Logging in as a client that names itself: an API key, or the last refresh token, for an access token and the next one. */
import { REFRESH_TOKEN_LIFETIME_MS } from "../../identity/refresh-token.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  API_KEY_GRANT,
  locateByKey,
  locateByRefresh,
  type IssuedTokens,
  type Login,
  type LoginInput,
} from "./login.ts";

/** Recorded as the login that it is: by a user's key, by a service ID's, or by a refresh token. */
export const openSession = changeOperation<LoginInput, Login, IssuedTokens>({
  name: "refreshtoken.login",
  forAnyone: true,
  locate(input, context) {
    return input.grant_type === API_KEY_GRANT
      ? locateByKey(input.apiKey, context)
      : locateByRefresh(input, context);
  },
  async run(input, { subject: login }, context) {
    if (login.kind === "bad") throw login.refusal;
    const { client_id: clientId, grant_type: grantType } = input;
    const { capabilities, now } = context;
    const issued = await capabilities.tokens.issue(login.credential, { clientId, grantType, now });
    return {
      accessToken: issued.token,
      refreshToken: await nextRefreshToken(clientId, login, context),
      expiresInS: issued.expiresInS,
      expiration: issued.expiration,
      scope: TOKEN_SCOPE,
      apikeyId: login.credential.key.id,
    };
  },
});

/** Uses up the token that was brought, and gives the next of its session; or the first of a new one. */
async function nextRefreshToken(
  clientId: string,
  { credential, used }: Login & { readonly kind: "good" },
  { store, capabilities, now }: Context<Transaction>,
): Promise<Sensitive<string>> {
  const { value, hash } = capabilities.credentials.makeRefreshToken();
  await store.identity.forgetRefreshTokens(now);
  if (used) await store.identity.useRefreshToken(used.hash);
  await store.identity.putRefreshToken({
    hash,
    session: used?.session ?? randomId(),
    clientId,
    credentialId: credential.key.id,
    account: credential.owner.account,
    expiresAt: now + REFRESH_TOKEN_LIFETIME_MS,
    isUsed: false,
  });
  return value;
}
