/** Versions that have grown too many: which of a secret's go, whenever one has come. */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import {
  MAX_UNLABELLED_IN_ALL,
  MAX_UNLABELLED_VERSIONS,
  MAX_VERSIONS_KEPT,
  MIN_UNLABELLED_AGE_MS,
  type Version,
} from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";

/**
 * The secret without the versions that it has too many of; those with a staging label or a lock stay. One that goes with
 * its value has an event of its own. Refused where there are too many that may not go yet.
 */
export async function withoutOldVersions(
  secret: Secret,
  context: Context<Transaction>,
): Promise<Secret> {
  const { store } = context;
  const isFew = secret.versionsTotal <= Math.min(MAX_VERSIONS_KEPT, MAX_UNLABELLED_VERSIONS);
  if (isFew) return secret;
  const locks = secret.locksTotal > 0 ? await store.secrets.locksOf(secret.id) : [];
  const isLocked = ({ id }: Version) => locks.some((lock) => lock.versionId === id);
  const versions = (await store.secrets.versions(secret)).filter((one) => !isLocked(one));
  const gone = old(secret, versions, context.now);
  for (const version of gone) {
    await store.secrets.deleteVersion(version);
    if (version.hasPayload) pruned(secret, version, context);
  }
  return { ...secret, versionsTotal: secret.versionsTotal - gone.length };
}

/** Newest first, as they are listed. */
function old(secret: Secret, versions: readonly Version[], now: number): readonly Version[] {
  const unlabelled = versions.filter(({ number }) => stagesOf(secret, number).length === 0);
  if (!secret.keepsUnlabelled) {
    return unlabelled.filter(({ number }) => number <= secret.lastVersion - MAX_VERSIONS_KEPT);
  }
  const gone = unlabelled
    .slice(MAX_UNLABELLED_VERSIONS)
    .filter(({ createdAt }) => createdAt <= now - MIN_UNLABELLED_AGE_MS);
  if (unlabelled.length - gone.length > MAX_UNLABELLED_IN_ALL) {
    const sentence = `A secret has at most ${MAX_UNLABELLED_IN_ALL} versions without a staging label: older ones go after a day.`;
    throw new Refusal("limit_reached", sentence);
  }
  return gone;
}

function pruned(secret: Secret, version: Version, context: Context<Transaction>): void {
  const { call } = context;
  context.also({
    operation: "version.prune",
    caller: { kind: "internal", job: "versions" },
    target: { place: call.place, kind: "secret", id: secret.id, name: secret.name },
    input: { id: secret.id, versionId: version.id },
    output: {},
  });
}
