/** Which row of the catalogue a change of an API key is: it depends on whose key it is. */
import type { ApiKey } from "../../identity/api-key.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import { isUserId } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { View } from "../state.ts";
import type { Named } from "./find.ts";

export function creationOf({ iamId }: ApiKey): "user-apikey.create" | "serviceid-apikey.create" {
  return isUserId(iamId) ? "user-apikey.create" : "serviceid-apikey.create";
}

export function updateOf({ iamId }: ApiKey): "user-apikey.update" | "serviceid-apikey.update" {
  return isUserId(iamId) ? "user-apikey.update" : "serviceid-apikey.update";
}

export function keyTarget({ id, name }: ApiKey): Named {
  return { kind: "apikey", id, name };
}

/** Whose it is; and what a user is called whose it is, for documents, which speak of users by their names. */
export async function ownerFacts(
  { account, iamId }: Pick<ApiKey, "account" | "iamId">,
  { identity }: Pick<View, "identity">,
): Promise<{ readonly iamId: string; readonly ownerName?: string }> {
  const owner = await identity.principal(account, iamId);
  return owner?.kind === "user" ? { iamId, ownerName: owner.email } : { iamId };
}

/** The service ID whose key it is, if it is one's: while that is locked, so are its keys. */
export async function serviceIdOf(
  { account, iamId }: ApiKey,
  { identity }: View,
): Promise<ServiceId | undefined> {
  if (isUserId(iamId)) return undefined;
  const owner = await identity.principal(account, iamId);
  return owner?.kind === "serviceid" ? owner : undefined;
}

export const noSuchKey = (): Refusal => new Refusal("not_found", "There is no such API key.");
