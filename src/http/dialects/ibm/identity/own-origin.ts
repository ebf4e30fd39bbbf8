/** Whether a request comes from a page of this server, or of another site that has a browser do things for it. */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../../kernel/errors.ts";

/**
 * A browser says where a form that it posts comes from (Fetch Standard, `Origin` and `Sec-Fetch-Site`), and no page can
 * make it say something else. A program that is no browser says nothing, and brings nobody's cookie by accident.
 */
export function isOwnOrigin({ headers, host }: FastifyRequest): boolean {
  const { origin } = headers;
  // Which scheme a proxy in front was asked by is not always known here; the name and the port are.
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === hostOf(host);
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}

export function assertOwnOrigin(request: FastifyRequest): void {
  if (!isOwnOrigin(request)) throw foreignOrigin();
}

export function foreignOrigin(): Refusal {
  return new Refusal("forbidden", "The request was sent by a page of another site.");
}

/** Without a port that is the scheme's own: browsers leave it out of the origin. */
function hostOf(host: string): string {
  return host.replace(/:(?:80|443)$/, "").toLowerCase();
}
