/** What a browser does on the pages of this wire, and a program without them: log in, get a passcode, log out. */
import type { FastifyRequest } from "fastify";
import { logOut, type LogOutInput } from "../../../../app/identity/log-out.ts";
import { PASSWORD_GRANT, type PasswordLogin } from "../../../../app/identity/login.ts";
import { openSession } from "../../../../app/identity/open-session.ts";
import { createPasscode, type CreatedPasscode } from "../../../../app/identity/passcodes.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { route, type Answer, type Route } from "../../../route.ts";
import { formOf, isForm, optional } from "./form.ts";
import { html, pageAnswer, wantsPage } from "./html.ts";
import { cookieIn, givenCookie, takenCookie } from "./identity-cookie.ts";
import { localPath } from "./local-path.ts";
import { assertOwnOrigin } from "./own-origin.ts";
import {
  LOGIN_PATH,
  LOGOUT_PATH,
  logOutForm,
  PAGE_CLIENT_ID,
  PASSCODE_PATH,
  seeOther,
} from "./pages.ts";
import { passwordIn } from "./token-request.ts";

/** The form of the login page. Also refused from another site's page, which would log somebody in as another. */
export const pageLogin: Route = route({
  method: "POST",
  url: LOGIN_PATH,
  operation: openSession,
  decode(request): PasswordLogin {
    assertOwnOrigin(request);
    return {
      client_id: PAGE_CLIENT_ID,
      grant_type: PASSWORD_GRANT,
      isOnPage: true,
      ...passwordIn(formOf(request)),
    };
  },
  encode({ cookie }, request) {
    const returnTo = localPath(optional(formOf(request), "return_to"), PASSCODE_PATH);
    return seeOther(returnTo, cookie ? { "set-cookie": givenCookie(request, cookie) } : {});
  },
});

const passcode: Route = route({
  method: "POST",
  url: PASSCODE_PATH,
  operation: createPasscode,
  decode: () => ({}),
  encode: (created, request) =>
    wantsPage(request) ? passcodePage(created) : passcodeBody(created),
});

const logout: Route = route({
  method: "POST",
  url: LOGOUT_PATH,
  operation: logOut,
  decode(request): LogOutInput {
    const refreshToken = isForm(request) ? optional(formOf(request), "refresh_token") : undefined;
    return refreshToken === undefined ? {} : { refreshToken: new Sensitive(refreshToken) };
  },
  encode(_output, request) {
    const headers = cookieIn(request) ? { "set-cookie": takenCookie(request) } : {};
    return wantsPage(request) ? seeOther(LOGIN_PATH, headers) : { status: 204, headers };
  },
});

/** By an access token, or by the cookie of a browser. */
export const sessionRoutes: readonly Route[] = [passcode, logout];

/** What the form of the login page would go on to; of any other request, the page that it is about. */
export function returnToOf(request: FastifyRequest): string {
  const [path = ""] = request.url.split("?", 1);
  if (path !== LOGIN_PATH || !isForm(request) || !(request.body instanceof Uint8Array)) {
    return PASSCODE_PATH;
  }
  const form = new URLSearchParams(Buffer.from(request.body).toString("latin1"));
  return localPath(optional(form, "return_to"), PASSCODE_PATH);
}

function passcodeBody({ passcode: value, expires_at }: CreatedPasscode): Answer {
  return { status: 200, body: { passcode: value.reveal(), expires_at } };
}

function passcodePage({ passcode: value, expires_at }: CreatedPasscode): Answer {
  return pageAnswer({
    title: "One-time passcode",
    content: html`<p>Type or paste this into the command line that asked for it:</p>
      <code>${value.reveal()}</code>
      <p>It is good once, until <time datetime="${expires_at}">${expires_at}</time>.</p>
      ${logOutForm}`,
  });
}
