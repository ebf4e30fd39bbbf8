/**
 * The cookie by which a browser goes on with its session on the pages of this server. No script sees it, and no other
 * site has it sent along (`SameSite=Strict`).
 */
import type { FastifyRequest } from "fastify";
import type { IssuedCookie } from "../../../../app/identity/login.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";

export const COOKIE_NAME = "keytrail_identity";
/** Where it is good: whatever else answers under this name, behind one proxy with us, is not sent it. */
const COOKIE_PATH = "/identity";

/** RFC 6265, section 4.2.1. The first of that name, which is the most specific one. */
export function cookieIn({ headers }: FastifyRequest): Sensitive<string> | undefined {
  for (const pair of (headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === COOKIE_NAME) {
      const value = pair.slice(at + 1).trim();
      return value === "" ? undefined : new Sensitive(value);
    }
  }
  return undefined;
}

/** The `Set-Cookie` header that gives the browser its cookie: one of the places where a credential leaves. */
export function givenCookie(request: FastifyRequest, { value, expiresInS }: IssuedCookie): string {
  return attributed(request, value.reveal(), expiresInS);
}

/** The header that takes it away. */
export function takenCookie(request: FastifyRequest): string {
  return attributed(request, "", 0);
}

/** `protocol` is https also behind a proxy that is trusted and says so. */
function attributed({ protocol }: FastifyRequest, value: string, maxAgeS: number): string {
  const secure = protocol === "https" ? "; Secure" : "";
  return `${COOKIE_NAME}=${value}; Path=${COOKIE_PATH}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}
