/** Gives out a value of a secret of any type: the current one, or that of a version by its id or its staging label. */
import { Refusal } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import { factsOf, type Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { CURRENT_STAGE, PENDING_STAGE, stagesOf, versionAt } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import { changeOperation, readOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locateSecret, type CalledSecret } from "./find.ts";
import { isMadeWhenRead, mintForReading } from "./kinds/iam-credentials.ts";
import { isKnownStage, unknownVersionsLeftOut } from "./named-version.ts";
import { openVersion } from "./open.ts";
import { namedSecretOf, noVersion } from "./show.ts";

export interface GetValueInput extends CalledSecret {
  readonly versionId?: string | undefined;
  /** With an id, the label has to be on that very version. */
  readonly versionStage?: string | undefined;
}

export interface GetValueOutput extends NamedSecret {
  readonly versionId: string;
  readonly versionStages: readonly string[];
  /** Of the version. */
  readonly createdAt: Millis;
  readonly payloadAvailable: true;
  readonly payload: Payload;
}

export const getValue = readOperation<GetValueInput, Secret, GetValueOutput>({
  name: "secret.read",

  async locate(input, context) {
    const located = await locate(input, context);
    return isMadeWhenRead(located.subject) ? { ...located, instead: leased } : located;
  },

  run: (input, { subject: secret }, context) => valueOf(secret, input, context),
});

/** Of a secret that gives each reading credentials of its own. */
const leasing = changeOperation<GetValueInput, Secret, GetValueOutput>({
  name: "secret.read",
  locate,
  async run(input, { subject: secret }, context) {
    const version = await versionOf(secret, input, context);
    const { payload } = await mintForReading(secret, context);
    return answer({ secret, version }, payload, context);
  },
});

// Of the same input as the reading in whose place it stands.
const leased = leasing as unknown as NonNullable<Located<unknown>["instead"]>;

/** The value that is asked for; its reading is for whoever calls this to record. */
export async function valueOf(
  secret: Secret,
  which: Pick<GetValueInput, "versionId" | "versionStage">,
  context: Context<View>,
): Promise<GetValueOutput> {
  const version = await versionOf(secret, which, context);
  const payload = await openVersion({ secret, version }, context);
  if (payload) return answer({ secret, version }, payload, context);
  if (isExpired(secret, context.now)) throw expired();
  if (versionAt(secret, PENDING_STAGE) === version.number) throw noVersion(secret, asked(which));
  const sentence = "The version is known of, but its value has been destroyed.";
  throw new Refusal("precondition_failed", sentence, { reason: "value-gone" });
}

/** What is neither current nor asked for by its label weighs as the reading of a version. */
async function locate<Store extends View>(
  input: GetValueInput,
  context: Context<Store>,
): Promise<Located<Secret>> {
  const located = await locateSecret(input, context);
  const { versionId, versionStage = CURRENT_STAGE } = input;
  const isCurrent = versionId === undefined && versionStage === CURRENT_STAGE;
  if (isCurrent) return located;
  const { subject: secret } = located;
  const isStage = isKnownStage(secret, versionStage);
  const facts = {
    ...located.facts,
    ...(await unknownVersionsLeftOut(secret, { versionId }, context)),
    ...(isStage ? {} : { versionStage: undefined }),
  };
  return { ...located, facts, operation: "version.read" };
}

async function versionOf(
  secret: Secret,
  which: Pick<GetValueInput, "versionId" | "versionStage">,
  { store }: Context<View>,
): Promise<Version> {
  const { versionId, versionStage: stage } = which;
  const selector = versionId === undefined ? { stage: stage ?? CURRENT_STAGE } : { versionId };
  const version = await store.secrets.version(secret, selector);
  if (!version) throw noVersion(secret, selector);
  if (versionId !== undefined && stage !== undefined) {
    const isOn = versionAt(secret, stage) === version.number;
    if (!isOn) {
      const sentence =
        "You provided a VersionStage that is not associated to the provided VersionId.";
      throw new Refusal("precondition_failed", sentence, { reason: "stage-of-another-version" });
    }
  }
  return version;
}

function asked({
  versionId,
  versionStage = CURRENT_STAGE,
}: Omit<GetValueInput, keyof CalledSecret>) {
  return versionId === undefined ? { stage: versionStage } : { versionId };
}

function answer(
  { secret, version }: { readonly secret: Secret; readonly version: Version },
  payload: Payload,
  { call }: Context<View> | Context<Transaction>,
): GetValueOutput {
  return {
    ...namedSecretOf(secret, call.place),
    ...factsOf(payload),
    versionId: version.id,
    versionStages: stagesOf(secret, version.number),
    createdAt: version.createdAt,
    payloadAvailable: true,
    payload,
  };
}
