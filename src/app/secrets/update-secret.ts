/** Changes what is said of a secret, its value or members of it, or both at once, as clients of AWS and of DSV do. */
import { isDeepStrictEqual } from "node:util";
import { randomId } from "../../kernel/ids.ts";
import type { Payload } from "../../secrets/payload.ts";
import {
  MAX_LONG_DESCRIPTION_CHARS,
  checkCustomMetadata,
  checkDescription,
  type JsonObject,
  type Secret,
} from "../../secrets/secret.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import type { Change } from "./changes.ts";
import { locateToldSecret, type CalledSecret } from "./find.ts";
import { giveValue, type Given, type Giving } from "./give-value.ts";
import { hasOwnValues, type GivenValue } from "./given-value.ts";
import { currentVersion, openVersion } from "./open.ts";
import { isWhollyGiven, withMembers, type GivenMembers } from "./parts.ts";
import { namedSecretOf } from "./show.ts";

export interface UpdateSecretInput extends CalledSecret {
  /** Of the new version, where there is one. */
  readonly clientRequestToken?: string | undefined;
  /** Left out, it stays; null takes it away. */
  readonly description?: string | null | undefined;
  readonly kmsKeyId?: string | null | undefined;
  /** With the id of the version that it makes current. */
  readonly giving?: { readonly token: string; readonly value: GivenValue } | undefined;
  /** In place of a whole value: what of it there is to be. */
  readonly members?: GivenMembers | undefined;
  /** Left out, it stays. */
  readonly customMetadata?: JsonObject | undefined;
}

export interface UpdateSecretOutput extends NamedSecret {
  /** Of the version that has the value, where one was given. */
  readonly versionId?: string;
  readonly previousVersionId?: string | null;
  readonly changes: readonly Change[];
  /** Where members of it were given: the value, as far as the caller has given it or may read it. */
  readonly payload?: Payload | null;
}

export const updateSecret = changeOperation<UpdateSecretInput, Secret, UpdateSecretOutput>({
  name: "secret.update",
  locate,

  async run(input, located, context) {
    const { store, call } = context;
    const { subject: before } = located;
    const described = await describedAnew(before, input, context);
    const changes = changesOf(before, described);
    const giving = input.giving ?? (await givingOf(before, input.members, context));
    if (!giving) {
      await store.secrets.updateSecret(described);
      return { ...namedSecretOf(described, call.place), changes };
    }
    const given = await giveValue(described, giving, context);
    // A value that was given before is not written again; what is said beside it may be new.
    if (!given.isNew && changes.length > 0) {
      await store.secrets.updateSecret(described);
    }
    return {
      ...namedSecretOf(given.secret, call.place),
      versionId: given.version.id,
      previousVersionId: given.previousVersionId,
      changes: given.isNew ? [...changes, { field: "value" }] : changes,
      ...(input.members && { payload: await toldValue(given, { input, located }, context) }),
    };
  },
});

/** The value with the members that were given, under an id of ours. */
async function givingOf(
  secret: Secret,
  members: GivenMembers | undefined,
  context: Context<Transaction>,
): Promise<Giving | undefined> {
  if (!members) return undefined;
  const version =
    hasOwnValues(secret.type) && (await currentVersion(context.store.secrets, secret));
  const payload = version ? await openVersion({ secret, version }, context) : null;
  return { token: randomId(), value: withMembers(payload, members) };
}

/** Of a value that is not wholly the caller's own, whoever may read it hears the whole: that is a reading of its own. */
async function toldValue(
  { secret, version }: Given,
  {
    input: { members },
    located,
  }: { readonly input: UpdateSecretInput; readonly located: Located<Secret> },
  context: Context<Transaction>,
): Promise<Payload | null> {
  const payload = await openVersion({ secret, version }, context);
  if (!payload || !members || isWhollyGiven(payload, members)) return payload;
  const { judge, also } = context;
  const input = { id: secret.id };
  if (judge({ permission: "secret.read", located, input })) return null;
  const output = { id: secret.id, versionId: version.id, payloadAvailable: true };
  also({ operation: "secret.read", target: located.target, input, output });
  return payload;
}

/** Without a value it is a change of what is said of the secret, by permission and record. */
async function locate(input: UpdateSecretInput, context: Context<View>): Promise<Located<Secret>> {
  const located = await locateToldSecret(input, context);
  return input.giving || input.members
    ? located
    : { ...located, operation: "secret.metadata.update" };
}

async function describedAnew(
  before: Secret,
  input: UpdateSecretInput,
  { now }: Context<Transaction>,
): Promise<Secret> {
  const { description = before.description, kmsKeyId = before.kmsKeyId } = input;
  const { customMetadata = before.customMetadata } = input;
  if (description !== null) checkDescription(description, MAX_LONG_DESCRIPTION_CHARS);
  if (input.customMetadata) checkCustomMetadata(input.customMetadata, "customMetadata");
  return { ...before, description, kmsKeyId, customMetadata, updatedAt: now };
}

function changesOf(before: Secret, after: Secret): readonly Change[] {
  const isSame = isDeepStrictEqual(after.customMetadata, before.customMetadata);
  return [
    ...(after.description === before.description ? [] : [{ field: "description" }]),
    ...(after.kmsKeyId === before.kmsKeyId ? [] : [keyChange(before, after)]),
    ...(isSame ? [] : [{ field: "customMetadata" }]),
  ];
}

function keyChange(before: Secret, after: Secret): Change {
  return { field: "kmsKeyId", initialValue: before.kmsKeyId, newValue: after.kmsKeyId };
}
