/** The pages that people log in on: public, and the same for everyone, so that showing one is no event. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { State } from "../../../../app/state.ts";
import type { IdentityProvider } from "../../../../identity/identity-provider.ts";
import type { Answer } from "../../../route.ts";
import { html, pageAnswer, type Html } from "./html.ts";
import { cookieIn } from "./identity-cookie.ts";
import { localPath } from "./local-path.ts";

export const LOGIN_PATH = "/identity/login";
export const LOGOUT_PATH = "/identity/logout";
export const PASSCODE_PATH = "/identity/passcode";
/** Where the login with an identity provider begins. */
export const AUTHORIZE_PATH = "/identity/authorize";
/** IBM's console: what logs in here is recorded as it would be. */
export const PAGE_CLIENT_ID = "HOP55v1CCT";

/** A surface of the server: the page to log in on, and the one to get a passcode on. */
export function loginPages(state: State): (server: FastifyInstance) => void {
  return (server) => {
    server.get(LOGIN_PATH, async (request, reply) => {
      const query = request.query as Readonly<Record<string, unknown>>;
      const asked = typeof query["return_to"] === "string" ? query["return_to"] : undefined;
      return shown(reply, loginPage(localPath(asked, PASSCODE_PATH), await providers(state)));
    });
    server.get(PASSCODE_PATH, async (request, reply) => shown(reply, passcodeStart(request)));
  };
}

function shown(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** Of the installation's first account, which is where a login without an account goes. */
async function providers(state: State): Promise<readonly IdentityProvider[]> {
  return state.read(async ({ identity, logins }) => {
    const [first] = await identity.accounts();
    const all = first ? await logins.identityProviders(first.id) : [];
    return all.filter(({ enabled, type }) => enabled && type !== "certificate");
  });
}

function loginPage(returnTo: string, others: readonly IdentityProvider[]): Answer {
  return pageAnswer({
    title: "Log in",
    content: html`<form method="post" action="${LOGIN_PATH}">
        <input type="hidden" name="return_to" value="${returnTo}" />
        <label
          >E-mail address
          <input name="username" type="email" autocomplete="username" required autofocus
        /></label>
        <label
          >Password <input name="password" type="password" autocomplete="current-password" required
        /></label>
        <label
          >One-time code, if you have set one up
          <input name="totp" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]*"
        /></label>
        <button>Log in</button>
      </form>
      ${others.map((provider) => continueWith(provider, returnTo))}`,
  });
}

function continueWith({ id, name }: IdentityProvider, returnTo: string): Html {
  const query = { provider: id, client_id: PAGE_CLIENT_ID, return_to: returnTo };
  return html`<p><a href="${withQuery(AUTHORIZE_PATH, query)}">Continue with ${name}</a></p>`;
}

/** Whether the cookie is still good is found out by using it. */
function passcodeStart(request: FastifyRequest): Answer {
  if (cookieIn(request) === undefined) return toLogin(PASSCODE_PATH);
  return pageAnswer({
    title: "One-time passcode",
    content: html`<p>A passcode logs a command line in as you. It is good once, for ten minutes.</p>
      <form method="post" action="${PASSCODE_PATH}"><button>Get a passcode</button></form>
      ${logOutForm}`,
  });
}

export const logOutForm: Html = html`<form method="post" action="${LOGOUT_PATH}">
  <button>Log out</button>
</form>`;

/** RFC 9110, section 15.4.4: the browser goes there with a GET. */
export function seeOther(path: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 303, headers: { location: path, "cache-control": "no-store", ...headers } };
}

export function toLogin(returnTo: string): Answer {
  return seeOther(withQuery(LOGIN_PATH, { return_to: returnTo }));
}

/** What somebody who reads is told when something was refused. */
export function refusalPage(status: number, sentence: string, returnTo: string): Answer {
  const back = withQuery(LOGIN_PATH, { return_to: returnTo });
  return pageAnswer({
    status,
    title: "That did not work",
    content: html`<p class="fault" role="alert">${sentence}</p>
      <p><a href="${back}">Log in</a></p>`,
  });
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}
