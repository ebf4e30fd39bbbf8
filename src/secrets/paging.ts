/** Slices of lists: how far in, and how many. */
import { Refusal } from "../kernel/errors.ts";

export interface PageInput {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

export interface PageOf {
  readonly offset: number;
  readonly limit: number;
}

export interface Page<Item> {
  readonly totalCount: number;
  readonly items: readonly Item[];
}

/** Where in a list an item stands: by what the list is sorted by, then by its id. A page goes on after one. */
export interface Position {
  readonly value: string | number;
  readonly id: string;
}

/** `createdAt` ascending, `-createdAt` descending. */
export type Sort<Field extends string> = Field | `-${Field}`;

export const MAX_PAGE_ITEMS = 1_000;
export const DEFAULT_SECRETS_PER_PAGE = 200;
export const DEFAULT_LOCKS_PER_PAGE = 25;

export function pageOf(input: PageInput, defaultLimit: number): PageOf {
  const { offset = 0, limit = defaultLimit } = input;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new Refusal("invalid_request", "An offset is a whole number, from 0.", {
      field: "offset",
    });
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE_ITEMS) {
    throw new Refusal("invalid_request", `A limit is a whole number from 1 to ${MAX_PAGE_ITEMS}.`, {
      field: "limit",
    });
  }
  return { offset, limit };
}

/** Splits `-field` into its field and direction. */
export function sortOf<Field extends string>(
  sort: Sort<Field>,
): { readonly field: Field; readonly descending: boolean } {
  const descending = sort.startsWith("-");
  return { field: (descending ? sort.slice(1) : sort) as Field, descending };
}
