/** Changes what is said of a secret, its value, or both at once, as clients of AWS do. */
import { MAX_LONG_DESCRIPTION_CHARS, checkDescription, type Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import type { Change } from "./changes.ts";
import { locateToldSecret, type CalledSecret } from "./find.ts";
import { giveValue } from "./give-value.ts";
import type { GivenValue } from "./given-value.ts";
import { namedSecretOf } from "./show.ts";

export interface UpdateSecretInput extends CalledSecret {
  /** Of the new version, where there is one. */
  readonly clientRequestToken?: string | undefined;
  /** Left out, it stays; null takes it away. */
  readonly description?: string | null | undefined;
  readonly kmsKeyId?: string | null | undefined;
  /** With the id of the version that it makes current. */
  readonly giving?: { readonly token: string; readonly value: GivenValue } | undefined;
}

export interface UpdateSecretOutput extends NamedSecret {
  /** Of the version that has the value, where one was given. */
  readonly versionId?: string;
  readonly previousVersionId?: string | null;
  readonly changes: readonly Change[];
}

export const updateSecret = changeOperation<UpdateSecretInput, Secret, UpdateSecretOutput>({
  name: "secret.update",
  locate,

  async run(input, { subject: before }, context) {
    const { store, call } = context;
    const described = await describedAnew(before, input, context);
    const changes = [
      ...(described.description === before.description ? [] : [{ field: "description" }]),
      ...(described.kmsKeyId === before.kmsKeyId ? [] : [keyChange(before, described)]),
    ];
    if (!input.giving) {
      await store.secrets.updateSecret(described);
      return { ...namedSecretOf(described, call.place), changes };
    }
    const given = await giveValue(described, input.giving, context);
    // A value that was given before is not written again; what is said beside it may be new.
    if (!given.isNew && changes.length > 0) {
      await store.secrets.updateSecret(described);
    }
    return {
      ...namedSecretOf(given.secret, call.place),
      versionId: given.version.id,
      previousVersionId: given.previousVersionId,
      changes: given.isNew ? [...changes, { field: "value" }] : changes,
    };
  },
});

/** Without a value it is a change of what is said of the secret, by permission and record. */
async function locate(input: UpdateSecretInput, context: Context<View>): Promise<Located<Secret>> {
  const located = await locateToldSecret(input, context);
  return input.giving ? located : { ...located, operation: "secret.metadata.update" };
}

async function describedAnew(
  before: Secret,
  { description = before.description, kmsKeyId = before.kmsKeyId }: UpdateSecretInput,
  { now }: Context<Transaction>,
): Promise<Secret> {
  if (description !== null) checkDescription(description, MAX_LONG_DESCRIPTION_CHARS);
  return { ...before, description, kmsKeyId, updatedAt: now };
}

function keyChange(before: Secret, after: Secret): Change {
  return { field: "kmsKeyId", initialValue: before.kmsKeyId, newValue: after.kmsKeyId };
}
