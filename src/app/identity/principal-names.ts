/** Identities by the names that policy documents have for them: `users:bob`, `roles:deployers`, `clients:ServiceId-…`. */
import { principalName } from "../../audit/render/dsv.ts";
import type { Principal } from "../../identity/api-key.ts";
import type { View } from "../state.ts";
import { initiatorTypeOf, nameOf } from "./caller.ts";

export async function principalCalled(
  account: string,
  principal: string,
  { identity, profiles }: Pick<View, "identity" | "profiles">,
): Promise<Principal | undefined> {
  const at = principal.indexOf(":");
  const name = principal.slice(at + 1);
  switch (principal.slice(0, Math.max(at, 0)).toLowerCase()) {
    case "users":
      return userCalled(account, name, { identity });
    case "roles":
      return profiles.profileByName(account, name);
    case "clients":
      return identity.serviceId(account, name);
    default:
      return undefined;
  }
}

/** By the login name; one whom a provider vouches for also as `provider:name`. */
export async function userCalled(
  account: string,
  name: string,
  { identity }: Pick<View, "identity">,
): Promise<Extract<Principal, { kind: "user" }> | undefined> {
  const whole = await identity.userByEmail(account, name.toLowerCase());
  const at = name.indexOf(":");
  if (whole || at < 0) return whole;
  const user = await identity.userByEmail(account, name.slice(at + 1).toLowerCase());
  return user?.realm === name.slice(0, at) ? user : undefined;
}

/** The other way round: whose an IAM id is. Whoever is no more goes by the id. */
export async function namedById(
  account: string,
  iamId: string,
  { identity }: Pick<View, "identity">,
): Promise<string> {
  const principal = await identity.principal(account, iamId);
  const name = principal ? nameOf(principal) : "";
  return iamId === "" ? "" : principalName({ id: iamId, name, typeURI: initiatorTypeOf(iamId) });
}
