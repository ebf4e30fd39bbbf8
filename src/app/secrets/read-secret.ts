/** Gives out the current value of a secret: by its id, or by its type, group and name. */
import type { Place } from "../../audit/crn.ts";
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import type { Secret, SecretType } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import { readOperation } from "../operation.ts";
import type { SecretWithPayload } from "./answers.ts";
import { instanceOf, locatedSecret, noSecret } from "./find.ts";
import { currentVersion, openVersion } from "./open.ts";
import { metadataOf, retrievalOf } from "./show.ts";

export type ReadSecretInput =
  | { readonly id: string; readonly name?: undefined }
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

  async locate(input, { store, call }) {
    const secret = await findSecret(store.secrets, input, call.place);
    if (!secret) throw noSecret();
    return locatedSecret(call.place, secret, secret);
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
      versionId: version?.id ?? null,
      payloadAvailable: payload !== null,
      payload,
    };
  },
});

async function findSecret(
  reader: SecretReader,
  input: ReadSecretInput,
  place: Place,
): Promise<Secret | undefined> {
  const at = instanceOf(place);
  if (input.id !== undefined) return reader.secret(at, input.id);
  const secret = await reader.secretNamed(at, input.secretType, input.name);
  if (!secret) return undefined;
  const groupName =
    secret.groupId === DEFAULT_GROUP_ID
      ? DEFAULT_GROUP_ID
      : (await reader.group(at, secret.groupId))?.name;
  return groupName === input.secretGroup ? secret : undefined;
}
