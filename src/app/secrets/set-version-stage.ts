/** Moves a staging label from one version of a secret to another, or takes it off. */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import {
  assertFewStages,
  CURRENT_STAGE,
  PREVIOUS_STAGE,
  versionAt,
  withStage,
  type Staging,
} from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locateSecret, type CalledSecret } from "./find.ts";
import { hasOwnValues } from "./given-value.ts";
import { isKnownStage, spokenStage, unknownVersionsLeftOut } from "./named-version.ts";
import { noVersion, namedSecretOf } from "./show.ts";
import { dropUnlabelled } from "./unlabelled.ts";

export interface SetVersionStageInput extends CalledSecret {
  readonly versionStage: string;
  readonly moveToVersionId?: string | undefined;
  /** The version that has it, where one has: whoever moves a label says from where. */
  readonly removeFromVersionId?: string | undefined;
}

export interface SetVersionStageOutput extends NamedSecret {
  readonly payloadDroppedFrom: string | null;
}

export const setVersionStage = changeOperation<SetVersionStageInput, Secret, SetVersionStageOutput>(
  {
    name: "version.stage.set",

    async locate(input, context) {
      const located = await locateSecret(input, context);
      const { moveToVersionId, removeFromVersionId } = input;
      const ids = { moveToVersionId, removeFromVersionId };
      const leftOut = await unknownVersionsLeftOut(located.subject, ids, context);
      const isMisnamed = "moveToVersionId" in leftOut || "removeFromVersionId" in leftOut;
      const isKnown = isKnownStage(located.subject, input.versionStage);
      const stage = isMisnamed && !isKnown ? { versionStage: undefined } : {};
      return { ...located, facts: { ...located.facts, ...leftOut, ...stage } };
    },

    async run(input, { subject: before }, context) {
      const { store, now, call } = context;
      const to = await versionNamed(before, input.moveToVersionId, context);
      await assertTakenFrom(before, input, { to, context });
      const { versionStage } = input;
      const staging = withStage(stagingOf(before), versionStage, to?.number ?? 0);
      if (to) {
        assertMovable(before, versionStage, to);
        assertFewStages(staging, to.number);
      }
      const dropped = await dropUnlabelled(before, staging, context);
      const secret: Secret = { ...before, ...staging, updatedAt: now };
      await store.secrets.updateSecret(secret);
      return {
        ...namedSecretOf(secret, call.place),
        payloadDroppedFrom: dropped.length === 0 ? null : dropped.join(", "),
      };
    },
  },
);

interface Aim {
  readonly to: Version | undefined;
  readonly context: Context<Transaction>;
}

/** So that of two who move the same label at once the second is told. */
async function assertTakenFrom(
  secret: Secret,
  input: SetVersionStageInput,
  { to, context }: Aim,
): Promise<void> {
  const { versionStage: stage, removeFromVersionId } = input;
  const from = await versionNamed(secret, removeFromVersionId, context);
  const number = versionAt(secret, stage);
  if (from) {
    if (from.number === number) return;
    const sentence = `The ${spokenStage(secret, stage)} is not attached to the version in RemoveFromVersionId.`;
    throw new Refusal("invalid_request", sentence, { reason: "stage-elsewhere" });
  }
  if (number === 0) {
    if (to) return;
    const sentence = `The ${spokenStage(secret, stage)} is attached to no version: MoveToVersionId says to which it goes.`;
    throw new Refusal("invalid_request", sentence, { reason: "stage-elsewhere" });
  }
  if (to?.number === number) return;
  const holder = await context.store.secrets.version(secret, { stage });
  throw new Refusal(
    "invalid_request",
    `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder?.id ?? ""}, so you must explicitly reference that version in RemoveFromVersionId.`,
    { reason: "stage-elsewhere" },
  );
}

/** What is current, or was, has a value, and is all that its secret's type tells of it. */
function assertMovable({ type }: Secret, stage: string, to: Version): void {
  if (stage !== CURRENT_STAGE && stage !== PREVIOUS_STAGE) return;
  if (!hasOwnValues(type)) {
    const sentence = `Which version of a ${type} secret is current follows from its rotations alone.`;
    throw new Refusal("precondition_failed", sentence, { reason: "value-of-type" });
  }
  if (stage === PREVIOUS_STAGE || to.hasPayload) return;
  const sentence = `A version without a value does not become the current one: ${to.id} has none.`;
  throw new Refusal("precondition_failed", sentence, { reason: "value-gone" });
}

async function versionNamed(
  secret: Secret,
  versionId: string | undefined,
  { store }: Context<Transaction>,
): Promise<Version | undefined> {
  if (versionId === undefined) return undefined;
  const version = await store.secrets.version(secret, { versionId });
  if (!version) throw noVersion(secret, { versionId });
  return version;
}

function stagingOf({ currentVersion, previousVersion, stages }: Staging): Staging {
  return { currentVersion, previousVersion, stages };
}
