/**
 * Operations for wires that answer whatever is done to a secret with the secret as it is then, its versions included.
 * What is done, and what is recorded of it, is the operation's own.
 */
import { Refusal } from "../../kernel/errors.ts";
import {
  changeOperation,
  readOperation,
  type ChangeOperation,
  type Context,
  type Located,
  type ReadOperation,
} from "../operation.ts";
import type { View } from "../state.ts";
import type { SecretMetadata, VersionMetadata } from "./answers.ts";
import { instanceOf, noSecret } from "./find.ts";
import { latestOf, metadataOf, retrievalsOf, versionMetadataOf } from "./show.ts";

export interface Shown {
  readonly shown: {
    readonly secret: SecretMetadata;
    /** Newest first. */
    readonly versions: readonly VersionMetadata[];
  };
}

export function changeThenShow<Input extends object, Subject, Output extends object>(
  operation: ChangeOperation<Input, Subject, Output>,
): ChangeOperation<Input, Subject, Output & Shown> {
  return changeWith(operation, shown);
}

export function readThenShow<Input extends object, Subject, Output extends object>(
  operation: ReadOperation<Input, Subject, Output>,
): ReadOperation<Input, Subject, Output & Shown> {
  return readWith(operation, shown);
}

/** What is answered besides, of what the operation was about. It is not recorded. */
export type Further<More extends object> = (
  output: { readonly id?: string | null },
  located: Located<unknown>,
  context: Context<View>,
) => Promise<More>;

export function changeWith<
  Input extends object,
  Subject,
  Output extends object,
  More extends object,
>(
  operation: ChangeOperation<Input, Subject, Output>,
  further: Further<More>,
): ChangeOperation<Input, Subject, Output & More> {
  return changeOperation({
    ...operation,
    async run(input, located, context) {
      const output = await operation.run(input, located, context);
      if (output instanceof Refusal) return output;
      return { ...output, ...(await further(output, located, context)) };
    },
  });
}

export function readWith<Input extends object, Subject, Output extends object, More extends object>(
  operation: ReadOperation<Input, Subject, Output>,
  further: Further<More>,
): ReadOperation<Input, Subject, Output & More> {
  return readOperation({
    ...operation,
    async locate(input, context) {
      const located = await operation.locate(input, context);
      if (!located.instead) return located;
      return { ...located, instead: changeWith(located.instead, further) };
    },
    async run(input, located, context) {
      const output = await operation.run(input, located, context);
      if (output instanceof Refusal) return output;
      return { ...output, ...(await further(output, located, context)) };
    },
  });
}

/** By the target of the event, which is the secret also where it has just been made. */
async function shown(
  _output: object,
  { target }: Located<unknown>,
  context: Context<View>,
): Promise<Shown> {
  const { store, call } = context;
  const secret = await store.secrets.secret(instanceOf(call.place), target.id);
  if (!secret) throw noSecret();
  const retrievals = await retrievalsOf(secret, context);
  const versions = await store.secrets.versions(secret);
  return {
    shown: {
      secret: metadataOf(secret, call.place, latestOf(retrievals.values())),
      versions: versions.map((version) =>
        versionMetadataOf(secret, version, retrievals.has(version.id)),
      ),
    },
  };
}
