/**
 * What of a version's id or staging label may be recorded, and said. Either is free text: one that the secret does not
 * have is whatever was typed, a password as likely as a slip of the pen.
 */
import { isUuid } from "../../kernel/ids.ts";
import type { Secret } from "../../secrets/secret.ts";
import { CURRENT_STAGE, PENDING_STAGE, PREVIOUS_STAGE, versionAt } from "../../secrets/stages.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";

const OWN_STAGES: ReadonlySet<string> = new Set([CURRENT_STAGE, PREVIOUS_STAGE, PENDING_STAGE]);

/** A label of AWS's own, or one that the secret has. */
export function isKnownStage(secret: Secret, stage: string): boolean {
  return OWN_STAGES.has(stage) || versionAt(secret, stage) !== 0;
}

/** A UUID, or what the secret has a version of. */
export async function isKnownVersion<Store extends View>(
  secret: Secret,
  versionId: string,
  { store }: Context<Store>,
): Promise<boolean> {
  return isUuid(versionId) || (await store.secrets.version(secret, { versionId })) !== undefined;
}

/** In a sentence: the label, if it is known. */
export function spokenStage(secret: Secret, stage: string): string {
  return isKnownStage(secret, stage) ? `staging label ${stage}` : "staging label";
}

/** Facts for the record in place of members that name nothing; the others stay as they are. */
export async function unknownVersionsLeftOut<
  Store extends View,
  Name extends "versionId" | "moveToVersionId" | "removeFromVersionId",
>(
  secret: Secret,
  ids: { readonly [Member in Name]?: string | undefined },
  context: Context<Store>,
): Promise<{ readonly [Member in Name]?: undefined }> {
  const facts: { [Member in Name]?: undefined } = {};
  for (const name of Object.keys(ids) as Name[]) {
    const versionId = ids[name];
    const isLeftOut =
      versionId !== undefined && !(await isKnownVersion(secret, versionId, context));
    if (isLeftOut) facts[name] = undefined;
  }
  return facts;
}
