/** What becomes of versions from which the last staging label is taken. */
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf, type Staging } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { giveUpValue } from "./give-up.ts";

/**
 * Their values are given up, unless the secret keeps those; refused where one is locked. Gives the ids of the versions
 * that had one.
 */
export async function dropUnlabelled(
  before: Secret,
  after: Staging,
  context: Context<Transaction>,
): Promise<readonly string[]> {
  const dropped = await unlabelledBy(before, after, context);
  for (const version of dropped) await giveUpValue(before, version, context);
  return dropped.map(({ id }) => id);
}

/** The versions whose values would be given up. Refuses where one is locked. */
export async function unlabelledBy(
  before: Secret,
  after: Staging,
  { store: { secrets } }: Context<View>,
): Promise<readonly Version[]> {
  if (before.keepsUnlabelled) return [];
  const locks = before.locksTotal > 0 ? await secrets.locksOf(before.id) : [];
  const dropped: Version[] = [];
  for (const number of labelledIn(before)) {
    const [stage] = stagesOf(before, number);
    if (stage === undefined || stagesOf(after, number).length > 0) continue;
    const version = await secrets.version(before, { stage });
    if (!version?.hasPayload) continue;
    if (locks.some((lock) => lock.versionId === version.id)) throw locked();
    dropped.push(version);
  }
  return dropped;
}

function labelledIn({ currentVersion, previousVersion, stages }: Staging): ReadonlySet<number> {
  const numbers = new Set([currentVersion, previousVersion, ...Object.values(stages)]);
  numbers.delete(0);
  return numbers;
}
