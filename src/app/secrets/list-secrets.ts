/** Lists the secrets a caller may see, without their values. */
import { Refusal } from "../../kernel/errors.ts";
import {
  DEFAULT_SECRETS_PER_PAGE,
  pageOf,
  sortOf,
  type PageInput,
  type Sort,
} from "../../secrets/paging.ts";
import type { Instance, SecretType } from "../../secrets/secret.ts";
import { SECRET_SORT_FIELDS, type SecretSortField } from "../../secrets/store.ts";
import { readOperation } from "../operation.ts";
import type { PageFacts, SecretMetadata } from "./answers.ts";
import { locatedInstance, wholeOf } from "./find.ts";
import { groupsWithin } from "./scope.ts";
import { metadataOf, latestOf } from "./show.ts";

export interface ListSecretsInput extends PageInput {
  readonly sort?: Sort<SecretSortField> | undefined;
  readonly search?: string | undefined;
  /** Ids of groups. */
  readonly groups?: readonly string[] | undefined;
  readonly secretTypes?: readonly SecretType[] | undefined;
  readonly matchAllLabels?: readonly string[] | undefined;
}

export interface ListSecretsOutput extends PageFacts {
  readonly secrets: readonly SecretMetadata[];
}

export const MAX_SEARCH_CHARS = 256;

export const listSecrets = readOperation<ListSecretsInput, Instance, ListSecretsOutput>({
  name: "secret.list",

  async locate(_input, { call }) {
    return locatedInstance(call.place);
  },

  async run(input, { subject: at }, { store, call, scope, capabilities }) {
    const page = pageOf(input, DEFAULT_SECRETS_PER_PAGE);
    const { totalCount, items } = await store.secrets.secrets(at, {
      page,
      sort: checkSort(input.sort ?? "createdAt"),
      search: checkSearch(input.search),
      groups: groupsWithin(scope(wholeOf(call.place)), input.groups),
      secretTypes: input.secretTypes,
      matchAllLabels: input.matchAllLabels,
    });
    const secrets = items.map(({ secret, retrievedAt }) => {
      const times = [...capabilities.retrievals.unsaved(secret.id).values()];
      const known = retrievedAt === null ? times : [...times, retrievedAt];
      return metadataOf(secret, call.place, latestOf(known));
    });
    return { totalCount, returnedCount: secrets.length, ...page, secrets };
  },
});

function checkSort(sort: Sort<SecretSortField>): Sort<SecretSortField> {
  if (!SECRET_SORT_FIELDS.includes(sortOf(sort).field)) {
    throw new Refusal(
      "invalid_request",
      `Secrets are sorted by ${SECRET_SORT_FIELDS.join(", ")}.`,
      {
        field: "sort",
      },
    );
  }
  return sort;
}

/** Also of the other lists that can be searched. */
export function checkSearch(search: string | undefined): string | undefined {
  if (search !== undefined && search.length > MAX_SEARCH_CHARS) {
    throw new Refusal("invalid_request", `A search has at most ${MAX_SEARCH_CHARS} characters.`, {
      field: "search",
    });
  }
  return search;
}
