/** Identities by the names that policy documents have for them: `users:bob`, `roles:deployers`, `clients:ServiceId-…`. */
import { principalName } from "../../audit/render/dsv.ts";
import type { Principal } from "../../identity/api-key.ts";
import type { User } from "../../identity/user.ts";
import type { View } from "../state.ts";
import { initiatorTypeOf, nameOf } from "./caller.ts";

export async function principalCalled(
  account: string,
  principal: string,
  view: Pick<View, "identity" | "profiles" | "logins">,
): Promise<Principal | undefined> {
  const at = principal.indexOf(":");
  const name = principal.slice(at + 1);
  switch (principal.slice(0, Math.max(at, 0)).toLowerCase()) {
    case "users":
      return userCalled(account, name, view);
    case "roles":
      return view.profiles.profileByName(account, name);
    case "clients":
      return view.identity.serviceId(account, name);
    default:
      return undefined;
  }
}

/** By the login name; one whom a provider vouches for also as `provider:name`, by the provider's name or its realm. */
export async function userCalled(
  account: string,
  name: string,
  { identity, logins }: Pick<View, "identity" | "logins">,
): Promise<User | undefined> {
  const whole = await identity.userByEmail(account, name.toLowerCase());
  const at = name.indexOf(":");
  if (whole || at < 0) return whole;
  const user = await identity.userByEmail(account, name.slice(at + 1).toLowerCase());
  const realm = name.slice(0, at).toLowerCase();
  if (!user || user.realm.toLowerCase() === realm) return user;
  const [link] = await logins.federatedLinksOf(account, user.iamId);
  const providers = await logins.identityProviders(account);
  const isKnownAs = providers.some(
    ({ id, name: called, realm: itsOwn }) =>
      called.toLowerCase() === realm && (link ? link.provider === id : itsOwn === user.realm),
  );
  return isKnownAs ? user : undefined;
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

/** `users:bob`, as documents and records have them. */
export function principalNamed(principal: Principal): string {
  const { iamId: id } = principal;
  return principalName({ id, name: nameOf(principal), typeURI: initiatorTypeOf(id) });
}
