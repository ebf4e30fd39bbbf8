/** Lists the secrets that a caller may see, with what describes each, as AWS's clients ask for them: by position. */
import type { Position, Sort } from "../../secrets/paging.ts";
import {
  checkConditions,
  recordedConditions,
  type Condition,
  type DescribedSecret as Found,
  type DescribedSortField,
} from "../../secrets/secret-filter.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import type { DescribedSecret, LabelledVersion } from "./describe-secret.ts";
import { instanceOf, wholeOf } from "./find.ts";
import { groupsWithin } from "./scope.ts";
import { latestOf, namedSecretOf } from "./show.ts";

export const MAX_SECRETS_LISTED = 100;

export interface ListDescribedInput {
  /** All of them have to hold. */
  readonly filters?: readonly Condition[] | undefined;
  readonly includePlannedDeletion?: boolean | undefined;
  readonly order?: Sort<DescribedSortField> | undefined;
  /** Up to MAX_SECRETS_LISTED, which is also what is meant when it is left out. */
  readonly maxResults?: number | undefined;
  /** Where the page before has ended. */
  readonly after?: Position | undefined;
}

export interface ListDescribedOutput {
  readonly secrets: readonly ListedDescription[];
  readonly returnedCount: number;
  /** What the next page comes after; null on the last one. */
  readonly next: Position | null;
}

export interface ListedDescription extends DescribedSecret {
  /** Null of a secret that is not replicated. */
  readonly primaryRegion: string | null;
}

/** Null: the account has no instance in the region so far, and so no secrets there. */
type Subject = Instance | null;

export const listDescribed = readOperation<ListDescribedInput, Subject, ListDescribedOutput>({
  name: "secret.list",

  locate: async ({ filters }, context) => ({
    ...locatedInRegion(context),
    facts: { filters: recordedConditions(filters) },
  }),

  async run(input, { subject: at }, context) {
    const { filters = [], includePlannedDeletion = false, order = "createdAt", after } = input;
    const { maxResults: limit = MAX_SECRETS_LISTED } = input;
    checkConditions(filters);
    if (at === null) return { secrets: [], returnedCount: 0, next: null };
    const { place } = context.call;
    const found = await context.store.secrets.describedSecrets(at, {
      conditions: filters,
      groups: groupsWithin(context.scope(wholeOf(place)), undefined),
      includesDeleted: includePlannedDeletion,
      region: place.region,
      sort: order,
      after,
      limit: limit + 1,
    });
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1)?.position ?? null) : null;
    const secrets = page.map((one) => descriptionOf(one, context));
    return { secrets, returnedCount: secrets.length, next };
  },
});

/** A place as AWS's clients have it: a region, whether or not there is anything in it. Enough to be allowed a part. */
export function locatedInRegion({ call: { place } }: Context<View>): Located<Subject> {
  const target = { place, kind: "", id: "", name: "" };
  const subject = place.instance === null ? null : instanceOf(place);
  return { target, resource: wholeOf(place), subject, inPart: true };
}

function descriptionOf(
  { secret, retrievedAt, labelled, hasReplicas }: Found,
  { call: { place }, capabilities }: Context<View>,
): ListedDescription {
  const unsaved = [...capabilities.retrievals.unsaved(secret.id).values()];
  const known = retrievedAt === null ? unsaved : [...unsaved, retrievedAt];
  return {
    ...namedSecretOf(secret, place),
    secret,
    retrievedAt: latestOf(known).retrievedAt,
    labelled: labelledOf(secret, labelled),
    primaryRegion: secret.replicaOf?.region ?? (hasReplicas ? place.region : null),
  };
}

function labelledOf(
  secret: Secret,
  versionIds: ReadonlyMap<number, string>,
): readonly LabelledVersion[] {
  return [...versionIds]
    .map(([number, versionId]) => ({ versionId, stages: stagesOf(secret, number) }))
    .filter(({ stages }) => stages.length > 0);
}
