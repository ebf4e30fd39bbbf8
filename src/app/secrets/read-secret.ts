/** Gives out the current value of a secret: by its id, or by its type, group and name. */
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import { factsOf } from "../../secrets/payload.ts";
import type { Secret, SecretType } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import type { SecretWithPayload } from "./answers.ts";
import { locatedSecret, locateSecret, noSecret, type WhichSecret } from "./find.ts";
import { isMadeWhenRead } from "./kinds/iam-credentials.ts";
import { leaseSecret } from "./lease-secret.ts";
import { currentVersion, openVersion } from "./open.ts";
import { metadataOf, retrievalOf } from "./show.ts";

export type ReadSecretInput =
  | (WhichSecret & { readonly secretGroup?: undefined })
  | {
      readonly id?: undefined;
      readonly name: string;
      readonly secretType: SecretType;
      /** The group's name. */
      readonly secretGroup: string;
    };

export type ReadSecretOutput = SecretWithPayload;

export const readSecret = readOperation<ReadSecretInput, Secret, ReadSecretOutput>({
  name: "secret.read",

  async locate(input, context) {
    const located = await locateReading(input, context);
    return isMadeWhenRead(located.subject) ? { ...located, instead: leased } : located;
  },

  async run(_input, { subject: secret }, context) {
    const version = await currentVersion(context.store.secrets, secret);
    const payload = version && (await openVersion({ secret, version }, context));
    // The reading under way is itself a retrieval: there is no need to look for an earlier one.
    const retrieval = payload
      ? { downloaded: true, retrievedAt: context.now }
      : await retrievalOf(secret, context);
    return {
      ...metadataOf(secret, context.call.place, retrieval),
      ...factsOf(payload),
      versionId: version?.id ?? null,
      payloadAvailable: payload !== null,
      payload,
    };
  },
});

const leased = leaseSecret(locateReading);

async function locateReading<Store extends View>(
  input: ReadSecretInput,
  context: Context<Store>,
): Promise<Located<Secret>> {
  if (input.secretGroup === undefined) return locateSecret(input, context);
  const { store, call } = context;
  const { subject: secret } = await locateSecret(input, context);
  if ((await groupNameOf(secret, store.secrets)) !== input.secretGroup) throw noSecret();
  return locatedSecret(call.place, secret, secret);
}

async function groupNameOf(
  { at, groupId }: Secret,
  reader: SecretReader,
): Promise<string | undefined> {
  if (groupId === DEFAULT_GROUP_ID) return DEFAULT_GROUP_ID;
  return (await reader.group(at, groupId))?.name;
}
