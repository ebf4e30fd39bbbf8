/** What a question about access is about: an id in whichever form, and what policies look at in its place. */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import { crn, parseCrn, type Place } from "../../audit/crn.ts";
import { isAccessGroupId } from "../../identity/access-group.ts";
import { accountPlace, instancePlace } from "../../identity/account.ts";
import { isApiKeyId } from "../../identity/api-key.ts";
import type { Resource } from "../../identity/authorize.ts";
import { isOnTrail, SERVICE_WITH_INSTANCES } from "../../identity/roles.ts";
import { isActingServiceId, isServiceId } from "../../identity/service-id.ts";
import { isActingProfile, isProfileId } from "../../identity/trusted-profile.ts";
import { isUserId } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isUuid } from "../../kernel/ids.ts";
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { View } from "../state.ts";

/** A CRN with the longest of ids. */
export const MAX_TARGET_CHARS = 512;

export type TargetKind =
  | "account"
  | "instance"
  | "secret"
  | "secret-group"
  | "user"
  | "serviceid"
  | "profile"
  | "groups"
  | "apikey"
  | "policy";

export interface AccessTarget {
  readonly kind: TargetKind;
  /** The CRN by which events name it, of the service it belongs to. */
  readonly crn: string;
  readonly name: string;
  readonly place: Place;
  readonly secretGroup?: string;
  /** The secret itself, where it is one: its policy has a say. */
  readonly secret?: Secret;
  /** Whose it is, by an IAM id: what is an identity's own matter needs no role. */
  readonly owner?: string;
}

interface Where {
  readonly account: string;
  readonly store: View;
}

/**
 * Finds what a text names in the account: nothing (the account as a whole), the id of a secret, a secret group, an
 * instance or a policy, an id of an identity, a group or an API key, or the CRN of any of them. Refuses what has no such
 * form as `invalid_request`, and what is not there as `not_found`.
 */
export async function findTarget(text: string | undefined, where: Where): Promise<AccessTarget> {
  const id = text === undefined ? undefined : idOf(text.trim(), where.account);
  const found = id === undefined ? wholeAccount(where) : await byId(id, where);
  if (found) return found;
  throw new Refusal("not_found", "There is nothing of that id in the account.");
}

/** What is looked for, with the secret group that every instance has told apart by its instance. */
interface Id {
  readonly id: string;
  /** Of a CRN: the instance that it names. */
  readonly instance?: string | undefined;
}

function idOf(text: string, account: string): Id | undefined {
  const parsed = parseCrn(text);
  if (!parsed) return { id: text };
  if (parsed.account !== account) {
    throw new Refusal("not_found", "There is nothing of that id in the account.");
  }
  const { kind, id, instance } = parsed;
  if (kind === "account" || (id === "" && instance === null)) return undefined;
  if (id === "") return { id: instance ?? "" };
  return { id, instance: instance ?? undefined };
}

async function byId({ id, instance }: Id, where: Where): Promise<AccessTarget | undefined> {
  if (id === DEFAULT_GROUP_ID && instance !== undefined) return inInstances(id, where, instance);
  if (isUuid(id)) {
    return (await inInstances(id.toLowerCase(), where, instance)) ?? policy(id, where);
  }
  if (isAccessGroupId(id)) return accessGroup(id, where);
  if (isApiKeyId(id)) return apiKey(id, where);
  const acting = isServiceId(id) || isProfileId(id) ? `iam-${id}` : id;
  if (isUserId(acting) || isActingServiceId(acting) || isActingProfile(acting)) {
    return identity(acting, where);
  }
  const sentence = "`target` is no id: give that of a secret, an identity or a group, or a CRN.";
  throw new Refusal("invalid_request", sentence, { field: "target" });
}

function wholeAccount({ account: id }: Where): AccessTarget {
  const place = accountPlace(id);
  return { kind: "account", crn: crn("iam-identity", place), name: "", place };
}

/** A secret, a secret group, or an instance itself. */
async function inInstances(
  id: string,
  { account: of, store }: Where,
  only: string | undefined,
): Promise<AccessTarget | undefined> {
  for (const instance of await store.identity.instances(of)) {
    if (only !== undefined && instance.id !== only) continue;
    const place = instancePlace(instance);
    const at = { account: of, instance: instance.id };
    const named = (kind: "secret" | "secret-group") => crn("secrets-manager", place, { kind, id });
    const secret = await store.secrets.secret(at, id);
    if (secret) {
      const { name, groupId: secretGroup } = secret;
      return { kind: "secret", crn: named("secret"), name, place, secretGroup, secret };
    }
    const group =
      id === DEFAULT_GROUP_ID ? { name: DEFAULT_GROUP_ID } : await store.secrets.group(at, id);
    if (group) {
      const { name } = group;
      return { kind: "secret-group", crn: named("secret-group"), name, place, secretGroup: id };
    }
    if (instance.id === id) {
      return { kind: "instance", crn: crn("secrets-manager", place), name: instance.name, place };
    }
  }
  return undefined;
}

async function policy(id: string, { account: of, store }: Where) {
  const found = await store.identity.policy(of, id);
  return found && inAccount(of, "iam-am", { kind: "policy", id, name: "" });
}

async function accessGroup(id: string, { account: of, store }: Where) {
  const found = await store.groups.group(of, id);
  return found && inAccount(of, "iam-groups", { kind: "groups", id, name: found.name });
}

async function apiKey(id: string, { account: of, store }: Where) {
  const found = await store.identity.apiKey(of, id);
  if (!found) return undefined;
  const target = inAccount(of, "iam-identity", { kind: "apikey", id, name: found.name });
  return { ...target, owner: found.iamId };
}

async function identity(iamId: string, { account: of, store }: Where) {
  const found = await store.identity.principal(of, iamId);
  if (!found) return undefined;
  const { kind, name } = found;
  const service = kind === "user" ? "user-management" : "iam-identity";
  const id = kind === "user" ? iamId : found.id;
  return { ...inAccount(of, service, { kind, id, name }), owner: iamId };
}

function inAccount(
  of: string,
  service: string,
  target: { readonly kind: TargetKind; readonly id: string; readonly name: string },
): AccessTarget {
  const place = accountPlace(of);
  return { kind: target.kind, crn: crn(service, place, target), name: target.name, place };
}

/** Whether an operation is done to such a thing at all; to the account as a whole, every one may be. */
export function isDoneTo(operation: OperationName, { kind }: AccessTarget): boolean {
  const service = serviceOf(catalogue[operation].action);
  const isOfInstances = service === "secrets-manager";
  const isOfTrail = service === "keytrail";
  switch (kind) {
    case "account":
      return true;
    case "instance":
      return isOfInstances || isOfTrail;
    case "secret":
      return isOfInstances || isOnTrail(operation);
    case "secret-group":
      return isOfInstances;
    case "user":
    case "serviceid":
    case "profile":
    case "groups":
    case "apikey":
    case "policy":
      return !isOfInstances && !isOfTrail;
  }
}

/** The target as the decision looks at it when this is done to it. */
export function resourceFor(
  operation: OperationName,
  { place, secretGroup }: AccessTarget,
): Resource {
  // What is seen of the trail is the events of a thing, and they are of the service that has it.
  const isOfEvents = isOnTrail(operation) && place.instance !== null;
  const service = isOfEvents ? SERVICE_WITH_INSTANCES : serviceOf(catalogue[operation].action);
  return { service, place, ...(secretGroup === undefined ? {} : { secretGroup }) };
}
