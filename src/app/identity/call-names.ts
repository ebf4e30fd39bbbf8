/**
 * The one name space in which wires without ids look for whoever has keys: users go by what they log in with, service
 * IDs by their name where that says which one is meant, and by their id otherwise.
 */
import type { CredentialOwner } from "../../identity/api-key.ts";
import { isServiceId, type ServiceId } from "../../identity/service-id.ts";
import { isPlainName } from "../../identity/text.ts";
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import { callerId, type Context } from "../operation.ts";
import type { View } from "../state.ts";

/** A name, or nobody's: then the caller is meant, who must be a user or a service ID. */
export async function ownerCalled(
  name: string | undefined,
  { store, call, caller }: Context<View>,
): Promise<CredentialOwner> {
  const { account } = call.place;
  if (name !== undefined) {
    const owner = await ownerNamed(account, name, store);
    if (!owner) throw new Refusal("not_found", "There is no user with this name.");
    return owner;
  }
  const self = await store.identity.principal(account, callerId(caller));
  if (self && self.kind !== "profile") return self;
  const sentence = "Must specify userName when calling with non-User credentials";
  throw new Refusal("invalid_request", sentence, { reason: "constraint" });
}

export async function userCalled(name: string, context: Context<View>): Promise<User> {
  const owner = await ownerCalled(name, context);
  if (owner.kind === "user") return owner;
  const sentence =
    "This is a service ID: it is renamed and deleted where it was made, by another wire.";
  throw new Refusal("not_found", sentence);
}

async function ownerNamed(
  account: string,
  name: string,
  { identity }: View,
): Promise<CredentialOwner | undefined> {
  const user = await identity.userByEmail(account, name.toLowerCase());
  if (user) return user;
  if (isServiceId(name)) return identity.serviceId(account, name);
  const { items } = await identity.serviceIds(account, { offset: 0, limit: 2 }, name);
  return items.length === 1 ? items[0] : undefined;
}

/** By which `ownerCalled` finds it again. Of a user in the letters in which it was made. */
export async function callNameOf(owner: CredentialOwner, view: View): Promise<string> {
  if (owner.kind === "user") return loginNameOf(owner);
  const { account, name, id } = owner;
  if (!isPlainName(name)) return id;
  const found = await ownerNamed(account, name, view);
  return found?.iamId === owner.iamId ? name : id;
}

function loginNameOf({ name, email }: User): string {
  return name.toLowerCase() === email ? name : email;
}

/** A user or a service ID with the name it is called by. */
export interface Called<Owner extends User | ServiceId = User | ServiceId> {
  readonly owner: Owner;
  readonly callName: string;
}

export async function called<Owner extends User | ServiceId>(
  owner: Owner,
  view: View,
): Promise<Called<Owner>> {
  return { owner, callName: await callNameOf(owner, view) };
}
