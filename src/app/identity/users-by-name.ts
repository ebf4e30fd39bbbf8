/**
 * Users as wires without ids have them: by the name they log in with. Service IDs stand beside them, to be seen and
 * given keys. What these wires show of a user has to be taken away before the user goes; the rest goes with the user.
 */
import { MAX_API_KEYS_PER_IDENTITY, type CredentialOwner } from "../../identity/api-key.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeInTerms } from "../in-other-terms.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { attachedTo } from "./attached-policies.ts";
import { called, ownerCalled, userCalled, type Called } from "./call-names.ts";
import { findUser } from "./find-user.ts";
import { inAccount, placeOf } from "./find.ts";
import { mayToo } from "./further-rights.ts";
import { serviceIdTarget } from "./service-ids.ts";
import { createUser, deleteUser, updateUser } from "./users.ts";

export interface NamedUser {
  readonly userName: string;
}

export interface CreatedUser extends Called<User> {
  /** Recorded. */
  readonly iamId: string;
}

/** The name is kept in the letters it is given in, and is nobody else's in any others. */
export const createUserByName = changeInTerms(createUser, {
  understood: async ({ userName }: NamedUser) => ({ email: userName, name: userName }),
  async shown(user, { store }): Promise<CreatedUser> {
    return { ...(await called(user, store)), iamId: user.iamId };
  },
});

export interface NamedOwner {
  /** Left out: the caller. */
  readonly userName?: string | undefined;
}

/** A user or a service ID. Everyone may see themselves. */
export const readUserByName = readOperation<NamedOwner, CredentialOwner, Called>({
  name: "user.read",
  async locate({ userName }, context) {
    const owner = await ownerCalled(userName, context);
    const target =
      owner.kind === "user"
        ? (await findUser(owner.iamId, context.call, context.store)).target
        : serviceIdTarget(owner);
    return inAccount("user.read", context.call, { target, subject: owner, owner: owner.iamId });
  },
  run: (_input, { subject: owner }, { store }) => called(owner, store),
});

export interface ListOwnersInput {
  readonly kinds: readonly CredentialOwner["kind"][];
  readonly limit: number;
  readonly after?: OwnerPosition | undefined;
}

/** Where a list goes on: after this one. */
export interface OwnerPosition {
  readonly kind: CredentialOwner["kind"];
  readonly createdAt: number;
  readonly id: string;
}

export interface ListedOwners {
  readonly owners: readonly Called[];
  readonly next: OwnerPosition | null;
}

/**
 * Users and then, to who may see them, service IDs, each in the order of their making. Whoever stands for the account
 * itself is none of its users.
 */
export const listOwners = readOperation<ListOwnersInput, null, ListedOwners>({
  name: "user.list",
  async locate(_input, { call }) {
    return inAccount("user.list", call, { target: null, subject: null });
  },
  async run({ kinds, limit, after }, _located, context) {
    const found: CredentialOwner[] = [];
    if (kinds.includes("user") && after?.kind !== "serviceid") {
      found.push(...(await ownersFrom("user", { after, limit: limit + 1 }, context)));
    }
    if (kinds.includes("serviceid") && (await mayToo("serviceid.list", context))) {
      const position = after?.kind === "serviceid" ? after : undefined;
      const rest = { after: position, limit: limit + 1 - found.length };
      found.push(...(await ownersFrom("serviceid", rest, context)));
    }
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const owners: Called[] = [];
    for (const owner of shown) owners.push(await called(owner, context.store));
    return { owners, next: last && found.length > limit ? positionOf(last) : null };
  },
});

interface Stretch {
  readonly after: OwnerPosition | undefined;
  readonly limit: number;
}

async function ownersFrom(
  kind: CredentialOwner["kind"],
  { after, limit }: Stretch,
  { store, call }: Context<View>,
): Promise<readonly CredentialOwner[]> {
  const { account } = placeOf(call);
  const found: CredentialOwner[] = [];
  for (let position = after; found.length < limit;) {
    const window = { offset: 0, limit: MAX_LIST_LIMIT, after: position };
    const { items } =
      kind === "user"
        ? await store.identity.users(account, window)
        : await store.identity.serviceIds(account, window);
    found.push(...items.filter((one) => one.kind !== "user" || !one.isOwner));
    const last = items.at(-1);
    if (!last || items.length < MAX_LIST_LIMIT) break;
    position = positionOf(last);
  }
  return found.slice(0, limit);
}

function positionOf(owner: CredentialOwner): OwnerPosition {
  const id = owner.kind === "user" ? owner.iamId : owner.id;
  return { kind: owner.kind, createdAt: owner.createdAt, id };
}

export interface RenameUserInput extends NamedUser {
  readonly newUserName?: string | undefined;
}

/** Its keys and its sessions stay its own. */
export const renameUserByName = changeInTerms(updateUser, {
  async understood({ userName, newUserName }: RenameUserInput, context) {
    const { iamId } = await userCalled(userName, context);
    return {
      iamId,
      ...(newUserName === undefined ? {} : { email: newUserName, name: newUserName }),
    };
  },
  shown: async (output) => output,
});

export const deleteUserByName = changeInTerms(deleteUser, {
  async understood({ userName }: NamedUser, context) {
    const { iamId } = await userCalled(userName, context);
    return { iamId };
  },
  async refusal({ iamId }, { store, call }) {
    const { account } = placeOf(call);
    const all = { offset: 0, limit: MAX_API_KEYS_PER_IDENTITY };
    const { items: keys } = await store.identity.apiKeys(account, iamId, all);
    if (keys.some(({ accessKeyId }) => accessKeyId !== null)) {
      return stillHas("access-keys", "Cannot delete entity, must delete access keys first.");
    }
    if ((await attachedTo({ account, iamId }, store)).length === 0) return undefined;
    return stillHas("policies", "Cannot delete entity, must detach all policies first.");
  },
  shown: async (output) => output,
});

/** Of an identity that is not taken away together with what can be seen of it. */
export function stillHas(what: "access-keys" | "policies", sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence, { reason: `still-has-${what}` });
}
