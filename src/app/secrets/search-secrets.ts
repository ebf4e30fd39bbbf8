/** Lists secrets by what is known of them, as clients of DSV look for them: by their paths, descriptions and metadata. */
import { Refusal } from "../../kernel/errors.ts";
import { pageOf, type PageInput, type Sort } from "../../secrets/paging.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { FieldMatch, SecretSortField } from "../../secrets/store.ts";
import { readOperation } from "../operation.ts";
import type { PageFacts } from "./answers.ts";
import { wholeOf } from "./find.ts";
import { fullOf, type FullSecret } from "./full-secret.ts";
import { locatedInRegion } from "./list-described.ts";
import { checkSearch } from "./list-secrets.ts";
import { groupsWithin } from "./scope.ts";

export interface SearchSecretsInput extends PageInput {
  /** One of these, contained in the name, the description, a label or the metadata. */
  readonly texts?: readonly string[] | undefined;
  readonly fieldMatch?: FieldMatch | undefined;
  readonly sort: Sort<SecretSortField>;
}

export interface SearchSecretsOutput extends PageFacts {
  readonly secrets: readonly FullSecret[];
}

export const DEFAULT_SECRETS_FOUND = 25;
/** How deep in the metadata a field may be. */
export const MAX_FIELD_DEPTH = 8;

export const searchSecrets = readOperation<
  SearchSecretsInput,
  Instance | null,
  SearchSecretsOutput
>({
  name: "secret.list",

  // A home that has not come to be has nothing in it.
  locate: async (_input, context) => locatedInRegion(context),

  async run({ texts, fieldMatch, sort, ...input }, { subject: at }, context) {
    const { store, call, scope } = context;
    const page = pageOf(input, DEFAULT_SECRETS_FOUND);
    for (const text of texts ?? []) checkSearch(text);
    if (fieldMatch) checkMatch(fieldMatch);
    if (at === null) return { totalCount: 0, returnedCount: 0, ...page, secrets: [] };
    const groups = groupsWithin(scope(wholeOf(call.place)), undefined);
    const query = { page, sort, texts, fieldMatch, groups };
    const { totalCount, items } = await store.secrets.secrets(at, query);
    const secrets: FullSecret[] = [];
    for (const { secret } of items) secrets.push(await fullOf(secret, call.place, context));
    return { totalCount, returnedCount: secrets.length, ...page, secrets };
  },
});

function checkMatch({ field, value }: FieldMatch): void {
  if (typeof value === "string") checkSearch(value);
  if (typeof field === "string" || field.metadata.length <= MAX_FIELD_DEPTH) return;
  const sentence = `A field of the metadata is at most ${MAX_FIELD_DEPTH} levels deep.`;
  throw new Refusal("invalid_request", sentence, { field: "field" });
}
