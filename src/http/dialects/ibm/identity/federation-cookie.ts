/**
 * The cookie that ties a federated login to the browser that began it, for the few minutes that it takes. It comes back
 * from the provider's site (`SameSite=Lax`), and gives nothing by itself. Once the login is over it is good for nothing.
 */
import type { FastifyRequest } from "fastify";
import type { SentToProvider } from "../../../../app/federation/begin-login.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";

export const LOGIN_COOKIE_NAME = "keytrail_login";

const BINDING = new RegExp(`(?:^|;)\\s*${LOGIN_COOKIE_NAME}=([A-Za-z0-9_-]{43})\\s*(?:;|$)`);

/** Undefined also for what never was one of ours. */
export function bindingIn({ headers }: FastifyRequest): Sensitive<string> | undefined {
  const value = BINDING.exec(headers.cookie ?? "")?.[1];
  return value === undefined ? undefined : new Sensitive(value);
}

/** The `Set-Cookie` header. Another login in the same browser takes the place of one under way. */
export function givenBinding(
  { protocol }: FastifyRequest,
  { binding, expiresInS }: Pick<SentToProvider, "binding" | "expiresInS">,
): string {
  const secure = protocol === "https" ? "; Secure" : "";
  const attributes = `Path=/identity/callback; Max-Age=${expiresInS}; HttpOnly; SameSite=Lax`;
  return `${LOGIN_COOKIE_NAME}=${binding.reveal()}; ${attributes}${secure}`;
}
