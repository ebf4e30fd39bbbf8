/** Pages of lists, with the links by which IBM's pagers go from one to the next. */
import type { FastifyRequest } from "fastify";
import type { PageFacts } from "../../../app/secrets/answers.ts";

interface Link {
  readonly href: string;
}

export interface PageLinks {
  readonly total_count: number;
  readonly limit: number;
  readonly offset: number;
  readonly first: Link;
  readonly next?: Link;
  readonly previous?: Link;
  readonly last: Link;
}

/**
 * IBM's pagers read `offset` out of `next.href` and stop where there is no `next`. The links keep the filters of the
 * request, and are absolute by the host that the client itself called.
 */
export function pageLinks(
  page: Omit<PageFacts, "returnedCount">,
  request: FastifyRequest,
): PageLinks {
  const { totalCount, offset, limit } = page;
  const to = (target: number): Link => ({ href: hrefTo(request, target, limit) });
  // Pages are counted from the caller's own offset, which need not be a multiple of the limit.
  const phase = offset % limit;
  const lastOffset =
    totalCount <= phase ? 0 : phase + Math.floor((totalCount - 1 - phase) / limit) * limit;
  return {
    total_count: totalCount,
    limit,
    offset,
    first: to(0),
    ...(offset + limit < totalCount ? { next: to(offset + limit) } : {}),
    ...(offset > 0 ? { previous: to(Math.max(0, offset - limit)) } : {}),
    last: to(lastOffset),
  };
}

function hrefTo(request: FastifyRequest, offset: number, limit: number): string {
  const [path = "", search = ""] = request.url.split("?", 2);
  const query = new URLSearchParams(search);
  query.delete("offset");
  if (offset > 0) query.set("offset", String(offset));
  query.set("limit", String(limit));
  return `${originOf(request)}${path}?${query.toString()}`;
}

/** What the client itself called; nothing, where it did not say. */
export function originOf(request: FastifyRequest): string {
  return request.host === "" ? "" : `${request.protocol}://${request.host}`;
}
