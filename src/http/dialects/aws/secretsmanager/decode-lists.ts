/** What lists of secrets are narrowed and sorted by, and where they go on, from AWS's members. */
import {
  MAX_SECRETS_BATCHED,
  type BatchReadInput,
  type MeantSecret,
} from "../../../../app/secrets/batch-read.ts";
import {
  MAX_SECRETS_LISTED,
  type ListDescribedInput,
} from "../../../../app/secrets/list-described.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { Position, Sort } from "../../../../secrets/paging.ts";
import {
  FILTER_KEYS,
  MAX_CONDITION_CHARS,
  MAX_CONDITION_VALUES,
  MAX_CONDITIONS,
  type Condition,
  type DescribedSortField,
} from "../../../../secrets/secret-filter.ts";
import { secretArnIn } from "../arn.ts";
import type { Members, TextBounds } from "../members.ts";
import { nextToken, positionIn, type Bound } from "../next-token.ts";
import { calledSecret, MAX_SECRET_ID_CHARS } from "./secret-id.ts";

const SORT_FIELDS = {
  "created-date": "createdAt",
  "last-accessed-date": "retrievedAt",
  "last-changed-date": "updatedAt",
  name: "name",
} as const satisfies Record<string, DescribedSortField>;

const ORDERS = ["asc", "desc"] as const;

const FILTER_VALUE: TextBounds = {
  max: MAX_CONDITION_CHARS,
  pattern: /^!?[a-zA-Z0-9 :_@/+=.\-!]*$/,
};

/** With what the record says of it in AWS's words. */
interface Listing extends ListDescribedInput {
  readonly sortBy: string | undefined;
  readonly sortOrder: string | undefined;
}

export function listing(members: Members): Listing {
  const sortBy = members.choiceOrNothing("SortBy", keysOf(SORT_FIELDS));
  const sortOrder = members.choiceOrNothing("SortOrder", ORDERS);
  return {
    sortBy,
    sortOrder,
    order: orderOf(SORT_FIELDS[sortBy ?? "created-date"], sortOrder),
    filters: filtersIn(members),
    includePlannedDeletion: members.flagOrNothing("IncludePlannedDeletion"),
    maxResults: members.numberOrNothing("MaxResults", { min: 1, max: MAX_SECRETS_LISTED }),
    after: positionIn(members, listBound(members), positionOf),
  };
}

/** What a page goes on from: the same secrets, in the same order. */
export function listBound(members: Members): Bound {
  const names = ["Filters", "IncludePlannedDeletion", "SortBy", "SortOrder"];
  return ["secrets", ...names.map((name) => members.peek(name))];
}

export function batch(members: Members): BatchReadInput {
  const secretIdList = members.textsOrNothing("SecretIdList", {
    min: 1,
    max: MAX_SECRETS_BATCHED,
    each: { min: 1, max: MAX_SECRET_ID_CHARS },
  });
  const filters = filtersIn(members);
  const maxResults = members.numberOrNothing("MaxResults", { min: 1, max: MAX_SECRETS_BATCHED });
  const after = positionIn(members, batchBound(members), positionOf);
  if ((secretIdList === undefined) === (filters === undefined)) {
    throw unfit("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  }
  if (secretIdList === undefined) return { filters, maxResults, after };
  if (maxResults !== undefined || after !== undefined) {
    throw unfit(
      "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
    );
  }
  return { secretIdList, meant: secretIdList.map(meant) };
}

function meant(secretId: string): MeantSecret {
  return { ...calledSecret(secretId), arn: secretArnIn(secretId) };
}

export function batchBound(members: Members): Bound {
  return ["values", members.peek("Filters")];
}

function filtersIn(members: Members): readonly Condition[] | undefined {
  return members.itemsOrNothing(
    "Filters",
    (filter) => {
      const key = filter.choiceOrNothing("Key", FILTER_KEYS);
      const values = filter.textsOrNothing("Values", {
        min: 1,
        max: MAX_CONDITION_VALUES,
        each: FILTER_VALUE,
      });
      if (key === undefined) throw unfit("Invalid filter key");
      if (values === undefined) throw unfit("Invalid filter values");
      return { key, values };
    },
    { max: MAX_CONDITIONS },
  );
}

/** The token is the client's to alter: what it says is no more than where to begin. */
function positionOf(position: unknown): Position | undefined {
  if (!Array.isArray(position) || position.length !== 2) return undefined;
  const [value, id] = position as readonly unknown[];
  const isValue = typeof value === "string" || Number.isFinite(value);
  return isValue && typeof id === "string" ? { value: value as string | number, id } : undefined;
}

export function pageToken(next: Position | null, bound: Bound): string | undefined {
  return next === null ? undefined : nextToken([next.value, next.id], bound);
}

function orderOf(
  field: DescribedSortField,
  order: (typeof ORDERS)[number] = "asc",
): Sort<DescribedSortField> {
  return order === "desc" ? `-${field}` : field;
}

function keysOf<Key extends string>(table: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(table) as Key[];
}

function unfit(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence);
}
