/** Lists: which part of one is asked for, and the envelope that it comes in. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../kernel/errors.ts";
import { queryAs, wholeNumber } from "./fields.ts";

export const DEFAULT_LIMIT = 25;
export const MAX_LIMIT = 1_000;

export interface Asked {
  readonly search: string | undefined;
  readonly offset: number;
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly sortBy: "name" | "createdAt" | "modifiedAt";
}

/** What every list of DSV's may be asked for; a list with more extends it. */
export const listQuery = z.object({
  searchTerm: z.string().max(512).optional(),
  limit: wholeNumber.optional(),
  cursor: z.string().max(64).optional(),
  sort: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["asc", "desc"]))
    .optional(),
  sortedBy: z.string().max(64).optional(),
});

export function askedOf(request: FastifyRequest): Asked {
  return asked(queryAs(listQuery, request));
}

export function asked(query: z.infer<typeof listQuery>): Asked {
  const { searchTerm, limit = DEFAULT_LIMIT, cursor, sort = "asc", sortedBy = "" } = query;
  return {
    search: searchTerm,
    offset: cursor === undefined ? 0 : offsetOf(cursor),
    limit: Math.min(Math.max(limit, 1), MAX_LIMIT),
    order: sort,
    sortBy: SORTS[sortedBy.toLowerCase()] ?? "name",
  };
}

const SORTS: Readonly<Record<string, Asked["sortBy"]>> = {
  created: "createdAt",
  lastmodified: "modifiedAt",
};

/** Where the next part begins, in Base64; empty at the end. */
export function cursorTo(
  { offset, limit }: Pick<Asked, "offset" | "limit">,
  total: number,
): string {
  const next = offset + limit;
  return next < total ? Buffer.from(String(next)).toString("base64") : "";
}

function offsetOf(cursor: string): number {
  const text = Buffer.from(cursor, "base64").toString("latin1");
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Refusal("invalid_request", "The cursor is none that was given out.", {
    field: "cursor",
  });
}

/** `{cursor, data, length, limit, total}` */
export function envelope(
  { data, total }: { readonly data: readonly object[]; readonly total: number },
  { offset, limit, order }: Pick<Asked, "offset" | "limit" | "order">,
): object {
  return {
    cursor: cursorTo({ offset, limit }, total),
    data,
    length: data.length,
    limit,
    sort: order,
    total,
  };
}
