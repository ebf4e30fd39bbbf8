/** Gives out the value of a version that is asked for by its number; beside it stands the current one, as DSV has it. */
import { Refusal } from "../../kernel/errors.ts";
import type { Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locateSecret, type CalledSecret } from "./find.ts";
import { valueOf } from "./get-value.ts";
import { isMadeWhenRead } from "./kinds/iam-credentials.ts";
import { currentVersion, openVersion } from "./open.ts";
import { namedSecretOf } from "./show.ts";

export interface ReadCountedVersionInput extends CalledSecret {
  /** Counts from 0. */
  readonly version: number;
}

export interface CountedValue {
  /** Counts from 1, as versions do. */
  readonly number: number;
  readonly payload: Payload;
}

export interface ReadCountedVersionOutput extends NamedSecret {
  readonly versionId: string;
  readonly versionStages: readonly string[];
  readonly payloadAvailable: true;
  /** The current one, of which there is a reading beside this one, if the caller may do that; then the one asked for. */
  readonly values: readonly CountedValue[];
}

export const readCountedVersion = readOperation<
  ReadCountedVersionInput,
  Secret,
  ReadCountedVersionOutput
>({
  name: "version.read",

  locate: locateSecret,

  async run(input, located, context) {
    const { subject: secret } = located;
    if (isMadeWhenRead(secret)) {
      const sentence =
        "Each reading of this secret makes credentials of its own: no version has any.";
      throw new Refusal("precondition_failed", sentence, { reason: "made-when-read" });
    }
    const { id: versionId, number } = await countedVersion(secret, input.version, context);
    const { payload } = await valueOf(secret, { versionId }, context);
    const asked = { number, payload };
    const current = number === secret.currentVersion ? null : await currentOf(located, context);
    return {
      ...namedSecretOf(secret, context.call.place),
      versionId,
      versionStages: stagesOf(secret, number),
      payloadAvailable: true,
      values: current ? [current, asked] : [asked],
    };
  },
});

async function currentOf(
  located: Located<Secret>,
  context: Context<View>,
): Promise<CountedValue | null> {
  const { subject: secret, target } = located;
  const input = { id: secret.id };
  if (context.judge({ permission: "secret.read", located, input })) return null;
  const version = await currentVersion(context.store.secrets, secret);
  const payload = version && (await openVersion({ secret, version }, context));
  if (!payload) return null;
  const { id: versionId, number } = version;
  const output = { ...input, versionId, payloadAvailable: true };
  context.also({ operation: "secret.read", target, input, output });
  return { number, payload };
}

/** By a number that counts from 0. Refuses one that the secret has no version of. */
export async function countedVersion(
  secret: Secret,
  counted: number,
  { store }: Pick<Context<View>, "store">,
): Promise<Version> {
  const version = await store.secrets.version(secret, { number: counted + 1 });
  if (version) return version;
  throw new Refusal("not_found", "There is no such version of the secret.", {
    reason: "no-version",
  });
}
