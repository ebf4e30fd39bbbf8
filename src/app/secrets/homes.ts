/**
 * Homes: a vault of its own for each identity, an instance that nobody else's roles reach into. It comes to be with the
 * first secret in it.
 */
import type { Home, Place } from "../../audit/crn.ts";
import { accountPlace, instancePlace, type Instance } from "../../identity/account.ts";
import type { Principal } from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { principalCalled, principalNamed } from "../identity/principal-names.ts";
import type { Caller } from "../call.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

/** What the server does with homes in consequence of what others do. */
export const HOMES: Caller = { kind: "internal", job: "homes" };

/** Where the home of `users:bob` is, or would be: of nobody, where there is no such identity. */
export async function homePlace(
  account: string,
  principal: string,
  view: Pick<View, "identity" | "profiles" | "logins">,
): Promise<Place> {
  const owner = await principalCalled(account, principal, view);
  if (!owner) return { ...accountPlace(account), home: { iamId: "", principal } };
  const home: Home = { iamId: owner.iamId, principal: principalNamed(owner) };
  const instance = await view.identity.homeOf(account, owner.iamId);
  if (instance) return { ...instancePlace(instance), home };
  const [first] = await view.identity.instances(account);
  return { account, region: first?.region ?? "global", instance: null, home };
}

/**
 * For `locate`, which only reads: the place of the call; of a home that has not come to be, with the id that it would
 * have. Refused where it would be nobody's.
 */
export async function placeToBe(
  place: Place,
  { identity }: Pick<View, "identity">,
): Promise<Place> {
  const { home, account, instance } = place;
  if (!home || instance !== null) return place;
  if (home.iamId === "") throw new Refusal("not_found", "There is no such identity.");
  const made = await identity.homeOf(account, home.iamId);
  return { ...place, instance: made?.id ?? randomId() };
}

/** Makes the home that has been located, unless it is there, with an event of its own by the server. */
export async function openHome(
  place: Place,
  { store: { identity }, now, also }: Pick<Context<Transaction>, "store" | "now" | "also">,
): Promise<void> {
  const { home, account, region, instance: id } = place;
  if (!home || id === null || (await identity.instance(id))) return;
  const name = `home of ${home.principal}`;
  await identity.putInstance({ id, account, region, name, createdAt: now, home });
  also({
    operation: "instance.create",
    caller: HOMES,
    target: { place, kind: "", id: "", name: "" },
    input: { name, region },
    output: { id },
  });
}

/** The home of whoever has another name by now is called by that. */
export async function renameHome(
  owner: Principal,
  { store: { identity } }: Pick<Context<Transaction>, "store">,
): Promise<void> {
  const instance = await identity.homeOf(owner.account, owner.iamId);
  const principal = principalNamed(owner);
  if (!instance?.home || instance.home.principal === principal) return;
  const renamed: Instance = {
    ...instance,
    name: `home of ${principal}`,
    home: { ...instance.home, principal },
  };
  await identity.putInstance(renamed);
}
