/** Tokens: logging in, going on, being revoked. */
import type { FastifyRequest } from "fastify";
import { beginLogin } from "../../../app/federation/begin-login.ts";
import { confirmLogin } from "../../../app/federation/confirm-login.ts";
import { finishLogin } from "../../../app/federation/finish-login.ts";
import { readCallerIdentity } from "../../../app/identity/caller-identity.ts";
import { challengeCertificate } from "../../../app/identity/certificate-challenge.ts";
import type { IssuedTokens } from "../../../app/identity/login.ts";
import { openSession } from "../../../app/identity/open-session.ts";
import { revokeRefreshToken } from "../../../app/identity/revoke-refresh-token.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Answer, Route } from "../../route.ts";
import { parameter } from "./fields.ts";
import { empty, line, ok } from "./line.ts";
import {
  decodeBegin,
  decodeCertificates,
  decodeConfirmation,
  decodeFinish,
  decodeLogin,
  grantIn,
  OIDC_GRANT,
} from "./token-request.ts";

const login = line("POST /token", openSession, { decode: decodeLogin, encode: tokens });
const finish = line("POST /token", finishLogin, {
  decode: decodeFinish,
  encode: (output) => (output.kind === "opened" ? tokens(output) : codeNeeded()),
});
const confirm = line("POST /token", confirmLogin, { decode: decodeConfirmation, encode: tokens });

/** By the grant; what cannot be read is refused as any login is. */
const token: Route = {
  ...login,
  chosenBy(request) {
    const asked = grantIn(request);
    if (asked?.grant !== OIDC_GRANT) return login;
    return asked.hasCode ? finish : confirm;
  },
};

/** The server has made its first administrator itself, at its first start: who asks for another is nobody. */
const initialize: Route = {
  method: "POST",
  url: "/v1/initialize",
  operation: "request.reject",
  about: () => null,
  perform: (performer, call) => performer.reject(call, initialized(), { method: "POST" }),
  refuse: (performer, call, refusal) => performer.reject(call, refusal, { method: "POST" }),
};

function initialized(): Refusal {
  return new Refusal("conflict", "The tenant has been initialized: log in as its administrator.");
}

export const tokensRoutes: readonly Route[] = [
  token,
  initialize,
  line("POST /certificate/auth", challengeCertificate, {
    decode: decodeCertificates,
    encode: ok(({ id, encrypted }) => ({
      cert_challenge_id: id,
      encrypted: Buffer.from(encrypted.reveal()).toString("base64"),
    })),
  }),
  line("POST /oidc/auth", beginLogin, {
    decode: decodeBegin,
    encode: ok(({ address }) => ({ redirect_url: address })),
  }),
  line("POST /revoke/:refreshtoken", revokeRefreshToken, {
    decode: decodeRevocation,
    encode: empty(204),
  }),
  line("GET /whoami", readCallerIdentity, {
    decode: () => ({}),
    encode: ok(({ principal, id, account }) => ({ principal, id, account })),
  }),
];

function decodeRevocation(request: FastifyRequest): { readonly refreshToken: Sensitive<string> } {
  return { refreshToken: new Sensitive(parameter(request, "refreshtoken")) };
}

/** The one place of this wire where tokens leave. */
function tokens({ accessToken, expiresInS, refreshToken }: IssuedTokens): Answer {
  return {
    status: 200,
    headers: { "cache-control": "no-store", pragma: "no-cache" },
    body: {
      accessToken: accessToken.reveal(),
      tokenType: "bearer",
      expiresIn: expiresInS,
      ...(refreshToken ? { refreshToken: refreshToken.reveal() } : {}),
    },
  };
}

/** The provider has vouched, and the account asks for a code of its own: `totp`, with the same state. */
function codeNeeded(): Answer {
  const message = "a one-time code is required: send it as totp, with the same provider and state";
  return { status: 401, body: { code: 401, message } };
}
