/** Makes a secret as clients of AWS do: with tags, replicas, and a value or none yet, in a region by its name alone. */
import { crn, type Place } from "../../audit/crn.ts";
import { instancePlace } from "../../identity/account.ts";
import { randomId } from "../../kernel/ids.ts";
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import type { Replication } from "../../secrets/replication.ts";
import {
  checkDescription,
  checkName,
  MAX_LONG_DESCRIPTION_CHARS,
  type Secret,
} from "../../secrets/secret.ts";
import { withTags, type Tag } from "../../secrets/tags.ts";
import type { Version } from "../../secrets/version.ts";
import { locateRegion, openRegion, type RegionInstance } from "../instances/open-region.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { addVersion } from "./add-version.ts";
import type { NamedSecret } from "./answers.ts";
import { assertNobodys, blankSecret } from "./create-secret.ts";
import { instanceOf, locatedSecret, SERVICE } from "./find.ts";
import { assertSameValue } from "./give-value.ts";
import type { GivenValue } from "./given-value.ts";
import { replicateTo, type ReplicaRegion } from "./replicate-secret.ts";
import { replicationsOf } from "./replications.ts";
import { namedSecretOf } from "./show.ts";

export interface CreateNamedSecretInput {
  readonly name: string;
  /** The id of its first version. */
  readonly clientRequestToken: string;
  /** Left out, it is made without a version. */
  readonly value?: GivenValue | undefined;
  readonly description?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly addReplicaRegions?: readonly ReplicaRegion[] | undefined;
  readonly forceOverwriteReplicaSecret: boolean;
}

export interface CreateNamedSecretOutput extends NamedSecret {
  readonly crn: string;
  readonly versionId: string | null;
  readonly payloadAvailable: boolean;
  readonly replications: readonly Replication[];
}

interface Prospect {
  readonly id: string;
  readonly region: RegionInstance;
  readonly place: Place;
}

const TYPE = "arbitrary";

export const createNamedSecret = changeOperation<
  CreateNamedSecretInput,
  Prospect,
  CreateNamedSecretOutput
>({
  name: "secret.create",

  /**
   * The id is chosen here: a creation that is refused is recorded under the id it would have had, and one that was done
   * before under that of the secret it made.
   */
  async locate(input, context) {
    checkName(input.name);
    const region = await locateRegion(context.call.place, context);
    const place = instancePlace(region.instance);
    const made = await madeBefore(input, place, context);
    const { id = randomId(), groupId = DEFAULT_GROUP_ID } = made?.secret ?? {};
    const { name } = input;
    return {
      ...locatedSecret(place, { id, name, groupId }, { id, region, place }),
      facts: { secretType: TYPE, secretGroupId: groupId },
    };
  },

  async run(input, { subject: { id, region, place } }, context) {
    const known = await replayed(input, place, context);
    if (known) {
      const replications = await replicationsOf(known.secret, context);
      return answer({ ...known, replications }, place);
    }
    await openRegion(region, context);
    const empty = emptySecret(input, { id, at: instanceOf(place) }, context);
    await context.store.secrets.insertSecret(empty);
    const { secret, version } = await withValue(empty, input, context);
    const { addReplicaRegions: regions = [], forceOverwriteReplicaSecret: isForced } = input;
    const there = { ...context, call: { ...context.call, place } };
    const replications =
      regions.length === 0 ? [] : await replicateTo(secret, { regions, isForced }, there);
    return answer({ secret, version, replications }, place);
  },
});

function emptySecret(
  input: CreateNamedSecretInput,
  { id, at }: Pick<Secret, "id" | "at">,
  context: Context<Transaction>,
): Secret {
  const { name, description, kmsKeyId, tags = [] } = input;
  if (description !== undefined) checkDescription(description, MAX_LONG_DESCRIPTION_CHARS);
  const dataKey = context.capabilities.vault.newDataKey(at, id);
  const named = { id, at, groupId: DEFAULT_GROUP_ID, type: TYPE, name, dataKey } as const;
  return {
    ...blankSecret(named, context),
    description: description ?? null,
    kmsKeyId: kmsKeyId ?? null,
    tags: withTags({}, tags),
    keepsUnlabelled: true,
  };
}

interface Known {
  readonly secret: Secret;
  readonly version: Version;
}

/** What an earlier call with the same token made: its client has not heard of it. */
async function madeBefore(
  { name, clientRequestToken: versionId, value }: CreateNamedSecretInput,
  place: Place,
  { store }: Context<View>,
): Promise<Known | undefined> {
  if (!value) return undefined;
  for (const secret of await store.secrets.secretsCalled(instanceOf(place), name)) {
    if (secret.type !== TYPE || secret.deletion) continue;
    const version = await store.secrets.version(secret, { versionId });
    if (version) return { secret, version };
  }
  return undefined;
}

/** Refuses a name that is taken, by a secret of whatever type, unless by what this very call has made before. */
async function replayed(
  input: CreateNamedSecretInput,
  place: Place,
  context: Context<Transaction>,
): Promise<Known | undefined> {
  const known = await madeBefore(input, place, context);
  if (known && input.value) {
    await assertSameValue(known, { kind: TYPE, payload: input.value }, context);
    return known;
  }
  const taken = await context.store.secrets.secretsCalled(instanceOf(place), input.name);
  assertNobodys(input.name, taken);
  return undefined;
}

async function withValue(
  empty: Secret,
  { value, clientRequestToken: versionId }: CreateNamedSecretInput,
  context: Context<Transaction>,
): Promise<{ readonly secret: Secret; readonly version: Version | null }> {
  if (!value) return { secret: empty, version: null };
  const version = { payload: { kind: TYPE, payload: value } } as const;
  return addVersion(empty, { versionId, version }, context);
}

interface Made {
  readonly secret: Secret;
  readonly version: Version | null;
  readonly replications: readonly Replication[];
}

function answer({ secret, version, replications }: Made, place: Place): CreateNamedSecretOutput {
  return {
    ...namedSecretOf(secret, place),
    crn: crn(SERVICE, place, { kind: "secret", id: secret.id }),
    versionId: version?.id ?? null,
    payloadAvailable: version !== null,
    replications,
  };
}
