/**
 * A value under an id of the client's own choosing: given twice it is there once, so that whoever got no answer can ask
 * again (AWS Secrets Manager, `ClientRequestToken`).
 */
import { secretArn } from "../../audit/render/cloudtrail-arn.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import type { Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import { CURRENT_STAGE } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { addVersion } from "./add-version.ts";
import { isSameValue, newValueOf, type GivenValue } from "./given-value.ts";
import type { NewVersion, OfItsType } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { currentVersion, openVersion } from "./open.ts";
import { fillPendingVersion, isPending } from "./pending-version.ts";

export interface Giving {
  /** What the version is called by. */
  readonly token: string;
  readonly value: GivenValue;
  /** The staging labels it takes; left out, it becomes the current version. */
  readonly stages?: readonly string[] | undefined;
}

export interface Given {
  /** As they are now. */
  readonly secret: Secret;
  readonly version: Version;
  /** False where it had been given before: nothing has changed. */
  readonly isNew: boolean;
  /** Which version was current before. */
  readonly previousVersionId: string | null;
  readonly payloadDroppedFrom: string | null;
}

/** Refuses another value under an id that is in use, and what the secret's type cannot be given. */
export async function giveValue(
  secret: Secret,
  giving: Giving,
  context: Context<Transaction>,
): Promise<Given> {
  const { store, now } = context;
  if (isExpired(secret, now)) throw expired();
  const current = await currentVersion(store.secrets, secret);
  const made = await madeOf(secret, { giving, current }, context);
  const { payload } = made.version;
  const { token, stages = [CURRENT_STAGE] } = giving;
  const unchanged = { previousVersionId: current?.id ?? null, payloadDroppedFrom: null };
  const known = await store.secrets.version(secret, { versionId: token });
  if (!known) {
    const { version, secret: ofItsType } = made;
    const added = await addVersion(
      secret,
      { versionId: token, version, secret: ofItsType, stages },
      context,
    );
    return { ...unchanged, ...added, isNew: true };
  }
  if (isPending(secret, known)) {
    const filled = await fillPendingVersion(
      { secret, version: known },
      { payload, stages },
      context,
    );
    return { ...unchanged, ...filled, isNew: true };
  }
  await assertSameValue({ secret, version: known }, payload, context);
  return { ...unchanged, secret, version: known, isNew: false };
}

/** Whether the version has just this value; refuses if it has another one, or none any more. */
export async function assertSameValue<Store extends View>(
  { secret, version }: { readonly secret: Secret; readonly version: Version },
  payload: Payload,
  context: Context<Store>,
): Promise<void> {
  const kept = await openVersion({ secret, version }, context);
  if (kept && isSameValue(kept, payload)) return;
  const arn = secretArn(context.call.place, secret);
  throw new Refusal(
    "conflict",
    `You can't use ClientRequestToken ${version.id} because that value is already in use for a version of secret ${arn}.`,
    { reason: "token-in-use" },
  );
}

interface MadeOf {
  readonly version: NewVersion & { readonly payload: Payload };
  readonly secret: OfItsType | undefined;
}

async function madeOf(
  secret: Secret,
  { giving, current }: { readonly giving: Giving; readonly current: Version | null },
  context: Context<Transaction>,
): Promise<MadeOf> {
  const { version, secret: ofItsType } = await behaviourOf(secret.type).renew(
    newValueOf(secret, giving.value, context.capabilities.vault),
    { secret, current, versionId: giving.token, autoRotated: false },
    context,
  );
  const payload = version?.payload ?? null;
  invariant(version !== null && payload !== null, "a type that is given values has them at once");
  return { version: { ...version, payload }, secret: ofItsType };
}
