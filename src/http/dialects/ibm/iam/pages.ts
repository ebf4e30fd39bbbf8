/**
 * Lists of IBM's IAM Identity, page by page. A page token is an encoding of a place in a list, together with what the
 * list was asked for, so that it goes on as it began even where nothing but the token is sent. It gives no right to
 * anything and is read as strictly as a query: it is the same as if all of it had been written out.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { WalkInput, ListPart } from "../../../../app/identity/list-parts.ts";
import { MAX_LIST_LIMIT } from "../../../../identity/store.ts";
import { positionBeside, type Order, type Position } from "../../../../identity/walk.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Query } from "../query.ts";
import { contextOf, type RequestContext } from "./context.ts";

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_TOKEN_CHARS = 8_192;

/** Parameters that may change from page to page; those that do not are what the list is. */
const OF_THE_PAGE = ["pagesize", "include_history"];
const PAGING = ["pagesize", "pagetoken", "sort", "order", "include_history"] as const;
export type PagingParameter = (typeof PAGING)[number];

const tokenShape = z.strictObject({
  asked: z.record(z.string(), z.string()),
  offset: z.int().min(0),
  side: z.enum(["after", "before"]),
  value: z.union([z.string(), z.int()]),
  id: z.string().max(100),
});
type PageToken = z.output<typeof tokenShape>;

/** What a list was asked for; `Own` are the parameters that it has besides those of paging. */
export interface Asked<Own extends string, Field extends string> {
  readonly query: Query<Own | PagingParameter>;
  readonly walk: WalkInput<Field> & { readonly includeHistory: boolean | undefined };
}

/** By which fields a list is sorted, by their names on the wire. */
export type Sorts<Field extends string> = Readonly<Record<string, Field>>;

/** Reads the query of a list. Refuses what is not known, and a token that is of another list, or none of ours. */
export function askedOf<Own extends string, Field extends string>(
  request: FastifyRequest,
  own: readonly Own[],
  sorts: Sorts<Field | "createdAt">,
): Asked<Own, Field | "createdAt"> {
  const { asked, token } = mergedQuery(request);
  const query = new Query<Own | PagingParameter>({ query: asked }, [...own, ...PAGING]);
  const order: Order<Field | "createdAt"> = {
    by: sorts[query.oneOf("sort", Object.keys(sorts)) ?? ""] ?? "createdAt",
    isDescending: query.oneOf("order", ["asc", "desc"]) === "desc",
  };
  const limit = query.whole("pagesize") ?? DEFAULT_PAGE_SIZE;
  if (limit < 1 || limit > MAX_LIST_LIMIT) {
    const sentence = `The query parameter pagesize must be between 1 and ${MAX_LIST_LIMIT}.`;
    throw new Refusal("invalid_request", sentence, { field: "pagesize" });
  }
  const walk = {
    order,
    limit,
    offset: token?.offset ?? 0,
    beside: token && positionIn(token, order),
    includeHistory: query.flag("include_history"),
  };
  return { query, walk };
}

interface Page {
  readonly context: RequestContext;
  readonly offset: number;
  readonly limit: number;
  readonly first: string;
  readonly previous?: string;
  readonly next?: string;
}

/** The links by which a client goes on: absolute, by the host that the client itself called. */
export function pageOf<Field extends string>(
  items: readonly ({ readonly id: string } & Readonly<Record<Field, string | number>>)[],
  { offset, limit, order, hasMoreBefore, hasMoreAfter }: ListPart<Field>,
  request: FastifyRequest,
): Page {
  const { asked } = mergedQuery(request);
  const [first, last] = [items[0], items.at(-1)];
  const beside = (position: Position, at: number): string =>
    hrefTo(request, { ...asked, pagetoken: encode({ asked, offset: at, ...position }) });
  return {
    context: contextOf(request),
    offset,
    limit,
    first: hrefTo(request, asked),
    ...(first && hasMoreBefore
      ? { previous: beside(positionBeside("before", first, order), Math.max(0, offset - limit)) }
      : {}),
    ...(last && hasMoreAfter
      ? { next: beside(positionBeside("after", last, order), offset + items.length) }
      : {}),
  };
}

type Parameters = Readonly<Record<string, string>>;

/** The parameters of the request and, where it goes on with a list, those with which the list began. */
function mergedQuery(request: FastifyRequest): {
  readonly asked: Parameters;
  readonly token?: PageToken;
} {
  const { pagetoken, ...given } = request.query as Readonly<Record<string, string>>;
  if (pagetoken === undefined || pagetoken === "") return { asked: given };
  const token = decode(pagetoken);
  for (const [name, value] of Object.entries(given)) {
    const isSame = OF_THE_PAGE.includes(name) || token.asked[name] === value;
    if (!isSame) throw notOurs();
  }
  return { asked: { ...token.asked, ...given }, token };
}

function positionIn<Field extends string>(
  { side, value, id }: PageToken,
  { by }: Order<Field>,
): Position {
  const isTime = by === "createdAt" || by === "modifiedAt";
  if (isTime !== (typeof value === "number")) throw notOurs();
  return { side, value, id };
}

function encode(token: PageToken): string {
  return Buffer.from(JSON.stringify(token), "utf8").toString("base64url");
}

function decode(text: unknown): PageToken {
  if (typeof text !== "string" || text.length > MAX_PAGE_TOKEN_CHARS) throw notOurs();
  try {
    return tokenShape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    throw notOurs();
  }
}

function notOurs(): Refusal {
  const sentence = "The pagetoken is not one that this list was answered with.";
  return new Refusal("invalid_request", sentence, { field: "pagetoken" });
}

function hrefTo(request: FastifyRequest, parameters: Parameters): string {
  const [path = ""] = request.url.split("?", 1);
  const query = new URLSearchParams(parameters).toString();
  const origin = request.host === "" ? "" : `${request.protocol}://${request.host}`;
  return `${origin}${path}${query === "" ? "" : `?${query}`}`;
}
