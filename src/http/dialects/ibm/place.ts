/** Which instance a request is addressed to: the one its host name starts with, or the caller's own. */
import type { FastifyRequest } from "fastify";
import type { Caller, Nowhere } from "../../../app/call.ts";
import type { View } from "../../../app/state.ts";
import { operatorPlace, type Place } from "../../../audit/crn.ts";
import { accountPlace, instancePlace } from "../../../identity/account.ts";
import type { Regions } from "../../../identity/region.ts";
import type { IdentityReader } from "../../../identity/store.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { isUuid } from "../../../kernel/ids.ts";

/** What stands between the id and the region in the names of IBM's private endpoints. */
const PRIVATE = "private";
/** What stands after the region in IBM's names. */
const SERVICE_LABEL = "secrets-manager";

/** Most of an id at least, perhaps with a digit too many or too few: no server is called that. */
const LIKE_AN_ID = /^(?=.*-)[0-9a-f-]{24,}$/;

/**
 * IBM's endpoints are `{instance id}.{region}.secrets-manager.…`. A name of that form, or one that starts with an id, is
 * about that instance or about none: whoever mistypes it, or calls an instance that has been deleted, must not reach
 * another one. Behind any other name, an address for instance, is the first instance of the caller's account.
 */
export async function placeOf(
  request: FastifyRequest,
  caller: Caller,
  { identity, regions }: Pick<View, "identity"> & { readonly regions: Regions },
): Promise<Place | Nowhere> {
  const [id = "", ...labels] = request.hostname.toLowerCase().split(".");
  if (!isOfInstance(id, labels)) return homeOf(caller, identity);
  const named = isUuid(id) ? await identity.instance(id) : undefined;
  if (!named) {
    const { account } = await homeOf(caller, identity);
    return { place: accountPlace(account), refusal: noInstance() };
  }
  const place = instancePlace(named);
  const region = regionIn(labels, regions);
  if (region === undefined || region === named.region) return place;
  return { place, refusal: noInstance() };
}

function isOfInstance(id: string, labels: readonly string[]): boolean {
  // `private.{region}.secrets-manager.…` is IBM's name for a whole region.
  const isOfForm = id !== PRIVATE && afterPrivate(labels)[1] === SERVICE_LABEL;
  return isOfForm || LIKE_AN_ID.test(id);
}

function afterPrivate(labels: readonly string[]): readonly string[] {
  return labels[0] === PRIVATE ? labels.slice(1) : labels;
}

/** The same of an instance that is elsewhere: a stranger is not told which of the two it is. */
function noInstance(): Refusal {
  const sentence =
    "The host name is that of no instance: its id is not known, or not in this region.";
  return new Refusal("not_found", sentence);
}

/** The label that is a region by its place in IBM's names, or because there is a region of that name. */
function regionIn(labels: readonly string[], regions: Regions): string | undefined {
  const [label = "", next] = afterPrivate(labels);
  return next === SERVICE_LABEL || regions.find(label) ? label : undefined;
}

/** A caller whom nobody knows speaks to the installation's first account: its owner is who must hear of the attempt. */
async function homeOf(caller: Caller, identity: IdentityReader): Promise<Place> {
  const account = caller.kind === "identity" ? caller.account : (await identity.accounts())[0]?.id;
  if (account === undefined) return operatorPlace();
  const [first] = await identity.instances(account);
  return first ? instancePlace(first) : accountPlace(account);
}
