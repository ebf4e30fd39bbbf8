/** Replicates a secret to other regions of its account: a real secret in each of them, which follows it from now on. */
import type { Place } from "../../audit/crn.ts";
import { isAllowed, type Resource } from "../../identity/authorize.ts";
import { instancePlace, type Instance } from "../../identity/account.ts";
import { rolesAllowing } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import {
  invalidReplicaRegion,
  replicaId,
  type Replication,
  type ReplicationFailure,
} from "../../secrets/replication.ts";
import type { Secret } from "../../secrets/secret.ts";
import { locateRegion, openRegion } from "../instances/open-region.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locatedSecret, locateToldSecret, SERVICE, toldOf, type WhichSecret } from "./find.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { removeSecret } from "./remove-secret.ts";
import { onReplica, recordDifference, type Versions } from "./replica-events.ts";
import { placeOf, replicationsOf } from "./replications.ts";
import { namedSecretOf } from "./show.ts";
import { copyVersions, mirrored } from "./sync-replicas.ts";

const PERMISSION = "secret.replica.create";

export interface ReplicaRegion {
  readonly region: string;
  /** The name of a key, kept and shown; left out, the replica has none. */
  readonly kmsKeyId?: string | undefined;
}

export type ReplicateSecretInput = WhichSecret & {
  readonly addReplicaRegions: readonly ReplicaRegion[];
  readonly forceOverwriteReplicaSecret: boolean;
};

export interface ReplicationOutput extends NamedSecret {
  /** Those that the call was about, for the record. */
  readonly regions: readonly string[];
  /** All there are now. */
  readonly replications: readonly Replication[];
}

export const replicateSecret = changeOperation<ReplicateSecretInput, Secret, ReplicationOutput>({
  name: PERMISSION,

  locate: locateToldSecret,

  async run({ addReplicaRegions, forceOverwriteReplicaSecret }, { subject: secret }, context) {
    const asked = { regions: addReplicaRegions, isForced: forceOverwriteReplicaSecret };
    const replications = await replicateTo(secret, asked, context);
    const regions = addReplicaRegions.map(({ region }) => region);
    return { ...namedSecretOf(secret, context.call.place), regions, replications };
  },
});

export interface Replicating {
  readonly regions: readonly ReplicaRegion[];
  /** Whether a secret of the same name that is in the way there is overwritten. */
  readonly isForced: boolean;
}

/**
 * The secret as it is now, in each of the regions; a region where that fails is remembered as failed. One that has a
 * replica already keeps it. Throws a Refusal, and nothing is done, for a region that there is not, for the secret's own,
 * for a type of secret that is not replicated, and for a caller who may not replicate to the region.
 */
export async function replicateTo(
  primary: Secret,
  replicating: Replicating,
  context: Context<Transaction>,
): Promise<readonly Replication[]> {
  const { regions, isForced } = replicating;
  assertMayReplicate(primary, replicating, context);
  assertReplicable(primary);
  assertRegions(regions, context);
  const replicas = new Map<string, Secret>();
  for (const replica of await context.store.secrets.replicasOf(primary.id)) {
    replicas.set((await placeOf(replica.at, context.store)).region, replica);
  }
  for (const asked of regions) {
    const there = replicas.get(asked.region);
    if (there) await keep(there, asked, context);
    else await replicate(primary, { asked, isForced }, context);
  }
  return replicationsOf(primary, context);
}

/** Types whose values come from elsewhere, or are taken back there, are what they are in one place only. */
function assertReplicable({ type }: Secret): void {
  if (behaviourOf(type).isReplicated) return;
  const sentence = "Secrets of this type are not replicated: their values are made for one place.";
  throw new Refusal("precondition_failed", sentence, { reason: "not-replicable" });
}

function assertRegions(
  regions: readonly ReplicaRegion[],
  { call, capabilities }: Context<Transaction>,
): void {
  const named = regions.map(({ region }) => region);
  const areKnown = named.every((region) => capabilities.regions.find(region)?.events);
  const areOther = !named.includes(call.place.region);
  if (!areKnown || !areOther || new Set(named).size < named.length) throw invalidReplicaRegion();
}

async function keep(
  replica: Secret,
  { kmsKeyId }: ReplicaRegion,
  { store }: Context<Transaction>,
): Promise<void> {
  if (kmsKeyId === undefined || kmsKeyId === replica.kmsKeyId) return;
  await store.secrets.updateSecret({ ...replica, kmsKeyId });
}

async function replicate(
  primary: Secret,
  { asked, isForced }: { readonly asked: ReplicaRegion; readonly isForced: boolean },
  context: Context<Transaction>,
): Promise<void> {
  const { store, now } = context;
  const { region, kmsKeyId = null } = asked;
  const located = await locateRegion({ account: primary.at.account, region }, context);
  await assertMayBring(located.instance, context);
  const instance = await openRegion(located, context);
  const reason = await makeRoom(primary.name, { instance, isForced }, context);
  if (reason) {
    const failed = { secretId: primary.id, region, kmsKeyId, reason, at: now };
    await store.secrets.putFailedReplication(failed);
    return;
  }
  await store.secrets.deleteFailedReplication(primary.id, region);
  await insertReplica(primary, { instance, kmsKeyId }, context);
}

/** Also of whoever has been let in to make a secret: that is not yet to bring it to another region. */
function assertMayReplicate(
  primary: Secret,
  { regions: addReplicaRegions, isForced: forceOverwriteReplicaSecret }: Replicating,
  { call, judge }: Context<Transaction>,
): void {
  const located = locatedSecret(call.place, primary, primary);
  const input = { addReplicaRegions, forceOverwriteReplicaSecret };
  const refusal = judge({ permission: PERMISSION, located, input });
  if (refusal) throw refusal;
}

/** It takes as much to bring a secret to a region as to have it there. */
async function assertMayBring(
  instance: Instance,
  { store, caller, now }: Context<Transaction>,
): Promise<void> {
  if (caller.kind === "internal") return;
  const place = instancePlace(instance);
  const resource: Resource = { service: SERVICE, place, secretGroup: DEFAULT_GROUP_ID };
  const grants =
    caller.kind === "identity" && caller.account === place.account
      ? await store.identity.grantsOf(caller.id, place.account, now)
      : [];
  if (isAllowed(grants, PERMISSION, resource)) return;
  const roles = rolesAllowing(PERMISSION);
  const sentence = `Replicating a secret to ${place.region} needs one of the roles ${roles.join(", ")} there.`;
  throw new Refusal("forbidden", sentence, { permission: PERMISSION, roles });
}

/** Why there is none for a secret of this name; a secret that is in the way goes, if it is to. */
async function makeRoom(
  name: string,
  { instance, isForced }: { readonly instance: Instance; readonly isForced: boolean },
  context: Context<Transaction>,
): Promise<ReplicationFailure | null> {
  const { store } = context;
  const at = { account: instance.account, instance: instance.id };
  const [taken, another] = await store.secrets.secretsCalled(at, name);
  if (!taken) return null;
  if (!isForced) return "name-taken";
  const replicas = await store.secrets.replicasOf(taken.id);
  const isBound = taken.replicaOf !== null || replicas.length > 0 || taken.locksTotal > 0;
  if (another || isBound || !behaviourOf(taken.type).isReplicated) return "not-replaceable";
  const place = instancePlace(instance);
  assertMayOverwrite(taken, place, context);
  await removeSecret(taken, { isForced: false }, context);
  const input = { id: taken.id, ...toldOf(taken) };
  const output = { versionsDeleted: taken.versionsTotal };
  context.also(onReplica(taken, place, { operation: "secret.delete", input, output }));
  return null;
}

/** It takes as much to overwrite a secret as to delete it: its own policy, and its group, have a say in that. */
function assertMayOverwrite(taken: Secret, place: Place, { judge }: Context<Transaction>): void {
  const located = locatedSecret(place, taken, taken);
  const input = { forceDeleteWithoutRecovery: true };
  const refusal = judge({ permission: "secret.delete", located, input });
  if (refusal) throw refusal;
}

async function insertReplica(
  primary: Secret,
  { instance, kmsKeyId }: { readonly instance: Instance; readonly kmsKeyId: string | null },
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, capabilities } = context;
  const id = replicaId(primary);
  const at = { account: instance.account, instance: instance.id };
  const replica = mirrored(
    primary,
    {
      id,
      at,
      groupId: DEFAULT_GROUP_ID,
      kmsKeyId,
      replicaOf: { secretId: primary.id, region: call.place.region },
      region: instance.region,
      dataKey: capabilities.vault.newDataKey(at, id),
      createdBy: callerId(context.caller),
    },
    context,
  );
  await store.secrets.insertSecret(replica);
  const versions = await copyVersions(primary, replica, context);
  const place = instancePlace(instance);
  recordReplica(replica, { place, versions }, context);
}

/** It comes with its current value; the others, and further labels, follow. */
function recordReplica(
  replica: Secret,
  { place, versions }: { readonly place: Place; readonly versions: Versions },
  context: Context<Transaction>,
): void {
  const { id, name, currentVersion, tags, kmsKeyId } = replica;
  const current = versions.arrived.find(({ number }) => number === currentVersion);
  const made = {
    operation: "secret.create",
    input: { name, ...toldOf(replica), kmsKeyId, tags: pairsOf(tags) },
    output: { id, versionId: current?.id, payloadAvailable: current?.hasPayload ?? false },
  } as const;
  context.also(onReplica(replica, place, made));
  const before: Secret = { ...replica, previousVersion: 0, stages: {}, resourcePolicy: null };
  const arrived = versions.arrived.filter((one) => one.hasPayload && one !== current);
  recordDifference({ before, after: replica, versions: { ...versions, arrived } }, place, context);
}

function pairsOf(tags: Secret["tags"]) {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
