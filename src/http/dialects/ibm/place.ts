/** Which instance a request is addressed to: the one its host name starts with, or the caller's own. */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../../app/call.ts";
import type { View } from "../../../app/state.ts";
import { operatorPlace, type Place } from "../../../audit/crn.ts";
import { accountPlace, instancePlace } from "../../../identity/account.ts";
import { isUuid } from "../../../kernel/ids.ts";

/**
 * IBM's endpoints are `{instance id}.{region}.secrets-manager.…`; behind any other name, an address for instance, is
 * the first instance of the caller's account. A caller whom nobody knows speaks to the installation's first account:
 * its owner is who must hear of the attempt.
 */
export async function placeOf(
  request: FastifyRequest,
  caller: Caller,
  { identity }: View,
): Promise<Place> {
  const label = request.hostname.split(".", 1)[0] ?? "";
  const named = isUuid(label) ? await identity.instance(label.toLowerCase()) : undefined;
  if (named) return instancePlace(named);
  const account = caller.kind === "identity" ? caller.account : (await identity.accounts())[0]?.id;
  if (account === undefined) return operatorPlace();
  const [first] = await identity.instances(account);
  return first ? instancePlace(first) : accountPlace(account);
}
