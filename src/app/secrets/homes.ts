/**
 * Homes: a vault of its own for each identity, an instance that nobody else's roles reach into. It comes to be with the
 * first secret in it.
 */
import type { Home, Place } from "../../audit/crn.ts";
import { accountPlace, instancePlace, type Instance } from "../../identity/account.ts";
import type { Principal } from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { principalCalled } from "../identity/principal-names.ts";

/** Where the home of `users:bob` is, or would be: of nobody, where there is no such identity. */
export async function homePlace(
  account: string,
  principal: string,
  view: Pick<View, "identity" | "profiles">,
): Promise<Place> {
  const owner = await principalCalled(account, principal, view);
  if (!owner) return { ...accountPlace(account), home: { iamId: "", principal } };
  const home: Home = { iamId: owner.iamId, principal: namedAs(owner) };
  const instance = await view.identity.homeOf(account, owner.iamId);
  if (instance) return { ...instancePlace(instance), home };
  const [first] = await view.identity.instances(account);
  return { account, region: first?.region ?? "global", instance: null, home };
}

function namedAs(owner: Principal): string {
  if (owner.kind === "user") return `users:${owner.email}`;
  return owner.kind === "profile" ? `roles:${owner.name}` : `clients:${owner.id}`;
}

/** The home that the call is about, made now if there is none. */
export async function openHome(
  { call: { place }, now, also }: Pick<Context<View>, "call" | "now" | "also">,
  { identity }: Pick<Transaction, "identity">,
): Promise<Place> {
  const { home, account, region } = place;
  if (!home || place.instance !== null) return place;
  if (home.iamId === "") throw new Refusal("not_found", "There is no such identity.");
  const name = `home of ${home.principal}`;
  const instance: Instance = { id: randomId(), account, region, name, createdAt: now, home };
  await identity.putInstance(instance);
  const opened: Place = { account, region, instance: instance.id, home };
  const target = { place: opened, kind: "", id: "", name: "" };
  also({
    operation: "instance.create",
    target,
    input: { name, region },
    output: { id: instance.id },
  });
  return opened;
}
