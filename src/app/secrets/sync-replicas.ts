/**
 * Replicas follow their primary within the transaction of every change to it: there is no moment in which they differ.
 * What comes to a replica is recorded in its own region, as the server's doing.
 */
import { isDeepStrictEqual } from "node:util";
import type { Place } from "../../audit/crn.ts";
import { Refusal } from "../../kernel/errors.ts";
import { NO_ROTATION } from "../../secrets/rotation.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { SealedValue } from "../../secrets/vault.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { openUsername, resealPayload, sealUsername } from "./open.ts";
import { policyElsewhere } from "./replica-policy.ts";
import { recordDifference, type Versions } from "./replica-events.ts";
import { placeOf } from "./replications.ts";

/**
 * After every change, whatever it was: the performer calls it, so that no operation can forget to. It is kept who has
 * changed which secret.
 */
export async function followChanges(context: Context<Transaction>): Promise<void> {
  const { secrets } = context.store;
  const by = callerId(context.caller);
  for (const id of secrets.takeChanged()) {
    await secrets.setChangedBy(id, by);
    const replicas = await secrets.replicasOf(id);
    if (replicas.length === 0) continue;
    const primary = await secrets.secretById(id);
    if (!primary) continue;
    for (const replica of replicas) await follow(primary, replica, context);
  }
  for (const id of secrets.takeChanged()) await secrets.setChangedBy(id, by);
}

async function follow(
  primary: Secret,
  replica: Secret,
  context: Context<Transaction>,
): Promise<void> {
  const { store } = context;
  const place = await placeOf(replica.at, store);
  const after = mirrored(primary, { ...replica, region: place.region }, context);
  await assertNameFree(after, replica, { place, context });
  const versions = await copyVersions(primary, after, context);
  if (!isDeepStrictEqual(after, replica)) await store.secrets.updateSecret(after);
  recordDifference({ before: replica, after, versions }, place, context);
}

/**
 * The primary as it is in another region. What is done to it on time is done to the primary alone; a lock on a version
 * keeps the replica's values past their date too.
 */
export function mirrored(
  primary: Secret,
  own: Pick<Secret, "id" | "at" | "groupId" | "kmsKeyId" | "replicaOf" | "dataKey"> &
    Partial<Secret> & { readonly region: string },
  { capabilities: { vault }, now }: Context<Transaction>,
): Secret {
  const { id, at, groupId, kmsKeyId, replicaOf, dataKey, region: to } = own;
  return {
    ...primary,
    id,
    at,
    groupId,
    kmsKeyId,
    replicaOf,
    dataKey,
    createdBy: own.createdBy ?? primary.createdBy,
    createdAt: own.createdAt ?? now,
    // A username stays what it is for as long as there is one.
    username:
      primary.username && (own.username ?? sealUsername(vault, own, openUsername(vault, primary))),
    updatedAt: Math.max(primary.updatedAt, own.updatedAt ?? 0),
    resourcePolicy: policyElsewhere(primary.resourcePolicy, { from: replicaOf?.region ?? to, to }),
    expiresAt: primary.locksTotal > 0 ? null : primary.expiresAt,
    rotation: primary.rotation && NO_ROTATION,
    nextRotationAt: null,
    rotator: null,
    locksTotal: 0,
  };
}

/** Makes the replica's versions those of the primary, with their values sealed for it. */
export async function copyVersions(
  primary: Secret,
  replica: Secret,
  { store: { secrets }, capabilities: { vault } }: Context<Transaction>,
): Promise<Versions> {
  const wanted = await secrets.versions(primary);
  const held = new Map((await secrets.versions(replica)).map((one) => [one.id, one]));
  const kept = new Set(wanted.map(({ id }) => id));
  const removed = [...held.values()].filter(({ id }) => !kept.has(id));
  for (const version of removed) await secrets.deleteVersion(version);
  const arrived: Version[] = [];
  const emptied: Version[] = [];
  const changed: Version[] = [];
  // Oldest first, as they were made.
  for (const version of wanted.toReversed()) {
    const before = held.get(version.id);
    const after: Version = { ...version, secretId: replica.id };
    if (isDeepStrictEqual(before, after)) continue;
    const comes = version.hasPayload && !before?.hasPayload;
    const sealed = comes ? await resealed(version) : null;
    if (!before) await secrets.insertVersion(after, sealed);
    else await secrets.updateVersion(after);
    if (before && sealed) await secrets.putPayload(after, sealed);
    if (!before || comes) arrived.push(after);
    else if (before.hasPayload && !after.hasPayload) emptied.push(after);
    else if (!isDeepStrictEqual(before.customMetadata, after.customMetadata)) changed.push(after);
  }
  const ids = new Map([...removed, ...wanted].map(({ number, id }) => [number, id]));
  return { arrived, emptied, changed, removed, ids };

  async function resealed(version: Version): Promise<SealedValue | null> {
    const sealed = await secrets.payload(version);
    return sealed
      ? resealPayload(vault, [primary, replica], { versionId: version.id, sealed })
      : null;
  }
}

/** A primary that is given another name keeps it in every region, or does not get it. */
async function assertNameFree(
  after: Secret,
  before: Secret,
  { place, context }: { readonly place: Place; readonly context: Context<Transaction> },
): Promise<void> {
  if (after.name === before.name) return;
  if (!(await context.store.secrets.secretNamed(after.at, after.type, after.name))) return;
  const sentence = `A secret of this type and name already exists in ${place.region}, where this one has a replica.`;
  throw new Refusal("conflict", sentence, { field: "name" });
}
