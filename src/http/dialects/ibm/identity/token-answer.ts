/** What `POST /identity/token` answers: the one place where tokens leave. */
import type { IssuedTokens } from "../../../../app/identity/login.ts";
import { REFRESH_NOT_SUPPORTED } from "../../../../identity/refresh-token.ts";
import type { Answer } from "../../../route.ts";

export function encodeTokens(tokens: IssuedTokens): Answer {
  return {
    status: 200,
    // RFC 6749, section 5.1.
    headers: { "cache-control": "no-store", pragma: "no-cache" },
    body: {
      access_token: tokens.accessToken.reveal(),
      refresh_token: tokens.refreshToken?.reveal() ?? REFRESH_NOT_SUPPORTED,
      token_type: "Bearer",
      expires_in: tokens.expiresInS,
      expiration: tokens.expiration,
      scope: tokens.scope,
    },
  };
}
