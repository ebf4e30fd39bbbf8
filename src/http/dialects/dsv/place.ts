/** Which account and instance a request is addressed to: by the tenant in its host name, by who calls, and by its path. */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../../app/call.ts";
import type { View } from "../../../app/state.ts";
import { operatorPlace, type Place } from "../../../audit/crn.ts";
import { accountPlace, instancePlace } from "../../../identity/account.ts";
import { homePlace } from "../../../app/secrets/homes.ts";
import { parameter } from "./fields.ts";

/** What is in an instance; all else is the account's. */
const OF_INSTANCE = /^\/v1\/+(?:secrets|home|pki|crypto|pools|engines|task)(?:[/?]|$)/;
const OF_HOME = /^\/v1\/home\/:principal(?:\/|$)/;

export async function placeOf(
  request: FastifyRequest,
  caller: Caller,
  view: Pick<View, "identity" | "profiles" | "logins">,
): Promise<Place> {
  const account = caller.kind === "identity" ? caller.account : await tenantOf(request, view);
  if (account === undefined) return operatorPlace();
  // By the route, not by how the address is written: letters may stand in it as `%68`.
  const { url = request.url } = request.routeOptions;
  if (OF_HOME.test(url)) return homePlace(account, parameter(request, "principal"), view);
  if (!OF_INSTANCE.test(url)) return accountPlace(account);
  const [first] = await view.identity.instances(account);
  return first ? instancePlace(first) : accountPlace(account);
}

/** `{tenant}.…`: an account by its name or its id; behind any other name, the installation's first account. */
export async function tenantOf(
  { hostname }: Pick<FastifyRequest, "hostname">,
  { identity }: Pick<View, "identity">,
): Promise<string | undefined> {
  const accounts = await identity.accounts();
  const [label = ""] = hostname.toLowerCase().split(".", 1);
  const named = accounts.find(({ id, name }) => id === label || name.toLowerCase() === label);
  return (named ?? accounts[0])?.id;
}
