/** Logging in by an identity provider: the browser is sent there, and comes back with a code. */
import type { FastifyRequest } from "fastify";
import { beginLogin, type BeginLoginInput } from "../../../../app/federation/begin-login.ts";
import { confirmLogin, type ConfirmLoginInput } from "../../../../app/federation/confirm-login.ts";
import {
  finishLogin,
  type CodeNeeded,
  type FinishLoginInput,
} from "../../../../app/federation/finish-login.ts";
import { CODE_GRANT, type OpenedLogin } from "../../../../app/federation/vouched-login.ts";
import { isAccountId } from "../../../../identity/account.ts";
import { checkedRealm, isIdentityProviderId } from "../../../../identity/identity-provider.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { route, type Answer, type Route } from "../../../route.ts";
import { Query } from "../query.ts";
import { bindingIn, givenBinding } from "./federation-cookie.ts";
import { formOf, invalid, missing, secret } from "./form.ts";
import { html, pageAnswer } from "./html.ts";
import { givenCookie } from "./identity-cookie.ts";
import { localPath } from "./local-path.ts";
import { assertOwnOrigin } from "./own-origin.ts";
import { AUTHORIZE_PATH, PAGE_CLIENT_ID, PASSCODE_PATH } from "./pages.ts";

const CALLBACK_PATH = "/identity/callback";

/** IBM's console and its command line; the first unless the request says otherwise. */
const CLIENTS = [PAGE_CLIENT_ID, "bx"] as const;
/** Codes and states are opaque (RFC 6749, appendix A.5, A.11); the longest ones in use are half as long. */
export const MAX_PARAMETER_CHARS = 4_096;

export const federationRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: AUTHORIZE_PATH,
    operation: beginLogin,
    decode: decodeBegin,
    encode: ({ address, ...begun }, request) => ({
      status: 302,
      headers: { location: address, "set-cookie": givenBinding(request, begun) },
    }),
  }),
  route({
    method: "GET",
    url: CALLBACK_PATH,
    operation: finishLogin,
    decode: decodeReturn,
    encode: (login, request) =>
      login.kind === "opened" ? opened(login, request) : codeNeeded(login),
  }),
  route({
    method: "POST",
    url: CALLBACK_PATH,
    operation: confirmLogin,
    decode: decodeConfirmation,
    encode: opened,
  }),
];

function decodeBegin(request: FastifyRequest): BeginLoginInput {
  const known = ["realm", "provider", "account", "client_id", "return_to"] as const;
  const query = new Query(request, known);
  const account = query.text("account");
  if (account !== undefined && !isAccountId(account)) throw invalid("account", "an account's id");
  return {
    client_id: query.oneOf("client_id", CLIENTS) ?? CLIENTS[0],
    provider: providerIn(query),
    account,
    returnTo: localPath(query.text("return_to"), PASSCODE_PATH),
    redirectUri: callbackOf(request),
  };
}

/** Checked for their form before they are looked for: a text that is neither is not repeated. */
function providerIn(query: Query<"realm" | "provider">): BeginLoginInput["provider"] {
  const id = query.text("provider");
  const realm = query.text("realm");
  if (id !== undefined && realm !== undefined) throw invalid("realm", "either it or `provider`");
  if (id !== undefined) {
    if (!isIdentityProviderId(id)) throw invalid("provider", "IdentityProvider-…");
    return { kind: "id", id };
  }
  if (realm === undefined) throw missing("realm");
  return { kind: "realm", realm: checkedRealm(realm) };
}

/** Providers add parameters of their own, which are passed over (RFC 6749, section 4.1.2). */
function decodeReturn(request: FastifyRequest): FinishLoginInput {
  const query = request.query as Readonly<Record<string, unknown>>;
  const state = parameter(query, "state");
  if (state === undefined) throw missing("state");
  return {
    grant_type: CODE_GRANT,
    state: new Sensitive(state),
    // Without the cookie nothing is found: this browser did not begin the login.
    binding: bindingIn(request) ?? new Sensitive(""),
    answer: answerIn(query),
    redirectUri: callbackOf(request),
  };
}

/** The form that asked for a code, and nobody else's. */
function decodeConfirmation(request: FastifyRequest): ConfirmLoginInput {
  assertOwnOrigin(request);
  const form = formOf(request);
  return {
    grant_type: CODE_GRANT,
    state: secret(form, "state"),
    binding: bindingIn(request) ?? new Sensitive(""),
    code: secret(form, "totp"),
  };
}

function answerIn(query: Readonly<Record<string, unknown>>): FinishLoginInput["answer"] {
  if (parameter(query, "error") !== undefined) return { kind: "error" };
  const code = parameter(query, "code");
  if (code === undefined) throw missing("code");
  return { kind: "code", code: new Sensitive(code), iss: parameter(query, "iss") };
}

function parameter(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || value.length > MAX_PARAMETER_CHARS) {
    const sentence = `The query parameter ${name} is given more than once, or is too long.`;
    throw new Refusal("invalid_request", sentence, { field: name });
  }
  return value;
}

/** The provider sends browsers nowhere but to an address that it was told of, whatever host a request names. */
function callbackOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}${CALLBACK_PATH}`;
}

/**
 * A page that goes on by itself, and no redirect: a redirect would be the last of a chain that another site began, on
 * which browsers do not send the cookie along (`SameSite=Strict`).
 */
function opened({ cookie, returnTo }: OpenedLogin, request: FastifyRequest): Answer {
  return pageAnswer({
    title: "You are logged in",
    content: html`<p><a href="${returnTo}">Go on</a></p>`,
    headers: {
      refresh: `0; url=${returnTo}`,
      ...(cookie ? { "set-cookie": givenCookie(request, cookie) } : {}),
    },
  });
}

function codeNeeded({ state }: CodeNeeded): Answer {
  return pageAnswer({
    title: "One more step",
    content: html`<p>The account asks for a code of your second factor as well.</p>
      <form method="post" action="${CALLBACK_PATH}">
        <input type="hidden" name="state" value="${state.reveal()}" />
        <label
          >One-time code
          <input
            name="totp"
            inputmode="numeric"
            autocomplete="one-time-code"
            pattern="[0-9 ]*"
            required
            autofocus
        /></label>
        <button>Log in</button>
      </form>`,
  });
}
