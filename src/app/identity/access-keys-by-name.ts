/** Access keys as wires without ids have them: by their own ids, of users and service IDs by their names. */
import {
  MAX_API_KEYS_PER_IDENTITY,
  type ApiKey,
  type CredentialOwner,
} from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeInTerms } from "../in-other-terms.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { createApiKey, deleteApiKey, type CreatedApiKey } from "./api-keys.ts";
import { callNameOf, ownerCalled } from "./call-names.ts";
import { inAccount, placeOf, type ListInput } from "./find.ts";
import { sliceOf, type Slice } from "./list-parts.ts";
import type { NamedOwner } from "./users-by-name.ts";
import { updateApiKey } from "./update-api-key.ts";

export interface CreatedAccessKey extends CreatedApiKey {
  readonly ownerName: string;
}

export const createAccessKeyByName = changeInTerms(createApiKey, {
  async understood({ userName }: NamedOwner, context) {
    const { iamId } = await ownerCalled(userName, context);
    return { iamId, form: "access-key" } as const;
  },
  async shown(key, context, { userName }): Promise<CreatedAccessKey> {
    const owner = await ownerCalled(userName, context);
    return { ...key, ownerName: await callNameOf(owner, context.store) };
  },
});

export interface ListAccessKeysInput extends NamedOwner, ListInput {}

export interface ListedAccessKeys extends Omit<Slice<ApiKey>, "items"> {
  readonly keys: readonly ApiKey[];
  readonly ownerName: string;
}

/** Those that sign requests; what logs in is not shown here. A user without a role for it sees its own. */
export const listAccessKeys = readOperation<ListAccessKeysInput, CredentialOwner, ListedAccessKeys>(
  {
    name: "apikey.list",
    async locate({ userName }, context) {
      const owner = await ownerCalled(userName, context);
      const { iamId } = owner;
      const facts = { iamId };
      return inAccount("apikey.list", context.call, {
        target: null,
        subject: owner,
        owner: iamId,
        facts,
      });
    },
    async run(input, { subject: owner }, { store }) {
      const all = { offset: 0, limit: MAX_API_KEYS_PER_IDENTITY };
      const { items } = await store.identity.apiKeys(owner.account, owner.iamId, all);
      const signing = items.filter(({ accessKeyId }) => accessKeyId !== null);
      const { items: keys, ...rest } = sliceOf(signing, input);
      return { keys, ...rest, ownerName: await callNameOf(owner, store) };
    },
  },
);

export interface NamedAccessKey extends NamedOwner {
  readonly accessKeyId: string;
}

export interface UpdateAccessKeyInput extends NamedAccessKey {
  readonly status: "Active" | "Inactive";
}

export const updateAccessKeyByName = changeInTerms(updateApiKey, {
  async understood({ status, ...named }: UpdateAccessKeyInput, context) {
    const { id } = await keyNamed(named, context);
    const change =
      status === "Active" ? ({ kind: "enable" } as const) : ({ kind: "disable" } as const);
    return { id, change };
  },
  shown: async (key) => key,
});

export const deleteAccessKeyByName = changeInTerms(deleteApiKey, {
  async understood(named: NamedAccessKey, context) {
    const { id } = await keyNamed(named, context);
    return { id };
  },
  shown: async (output) => output,
});

/** A key that is somebody else's than whose it is said to be is not there. */
async function keyNamed(
  { userName, accessKeyId }: NamedAccessKey,
  context: Context<View>,
): Promise<ApiKey> {
  const { account } = placeOf(context.call);
  const { iamId } = await ownerCalled(userName, context);
  const key = await context.store.identity.apiKeyOfAccessKey(account, accessKeyId);
  if (key?.iamId === iamId) return key;
  throw new Refusal("not_found", "There is no such access key.");
}
