/** The objects of OCSF 1.8 that an event is made of: users, groups, entities, resources, endpoints. */
import type { AuditEvent, EventHost } from "../event.ts";
import { iamIdOf, isEmail, kindOf, partyOf, thingOf, type PartyKind } from "./parties.ts";

export type OcsfObject = Readonly<Record<string, unknown>>;

export const OTHER = 99;
const UNKNOWN = 0;

export const PRODUCT = { name: "Keytrail", vendor_name: "Keytrail" } as const;

/** `user.type_id`, and the caption that goes with it. */
const USER_TYPES: Readonly<Record<PartyKind, readonly [id: number, type: string]>> = {
  user: [1, "User"],
  "service-id": [4, "Service"],
  profile: [OTHER, "Trusted Profile"],
  server: [3, "System"],
  nobody: [UNKNOWN, "Unknown"],
};

interface Party {
  readonly kind: PartyKind;
  readonly id: string;
  readonly name: string;
}

function userObject({ kind, id, name }: Party, account: string): OcsfObject {
  const [typeId, type] = USER_TYPES[kind];
  return {
    ...(id === "" ? {} : { uid: id }),
    ...(name === "" ? {} : { name }),
    ...(kind === "user" && isEmail(name) ? { email_addr: name } : {}),
    type_id: typeId,
    type,
    account: accountObject(account),
  };
}

export function accountObject(account: string): OcsfObject {
  return { uid: account, type_id: OTHER, type: "Keytrail Account" };
}

/** Who called; nobody at all is a user of whom nothing is known but which account was called. */
export function callerOf({ initiator, account }: AuditEvent): OcsfObject {
  return userObject({ kind: kindOf(initiator), id: initiator.id, name: initiator.name }, account);
}

export function actorOf(event: AuditEvent): OcsfObject {
  const { initiator } = event;
  if (kindOf(initiator) !== "server") return { user: callerOf(event) };
  return { app_name: PRODUCT.name, app_uid: initiator.id };
}

/** Whom a login, or a change of an identity, was about: the target, and else whoever called. */
export function concernedOf(event: AuditEvent): OcsfObject {
  const thing = thingOf(event.target);
  const kind = partyOf(thing);
  if (kind === undefined) return callerOf(event);
  return userObject({ kind, id: iamIdOf(thing), name: thing.name }, event.account);
}

/** The identity that an account change changes; of one that was refused before it was found, its account alone. */
export function changedUserOf(event: AuditEvent): OcsfObject {
  const isFound = partyOf(thingOf(event.target)) !== undefined;
  return isFound
    ? concernedOf(event)
    : userObject({ kind: "nobody", id: "", name: "" }, event.account);
}

const GRANTEES: readonly (readonly [prefix: string, kind: PartyKind])[] = [
  ["IBMid-", "user"],
  ["iam-ServiceId-", "service-id"],
  ["iam-Profile-", "profile"],
];

/** Whose rights a policy gives or took; nothing is known of one that was refused unread. */
export function granteeOf(iamId: string, account: string): OcsfObject {
  const kind = GRANTEES.find(([prefix]) => iamId.startsWith(prefix))?.[1] ?? "nobody";
  return userObject({ kind, id: iamId, name: "" }, account);
}

export function groupOf({ target }: AuditEvent): OcsfObject {
  const { id, name } = thingOf(target);
  return {
    uid: id || target.id || "unknown",
    ...(name === "" ? {} : { name }),
    type: "Access Group",
  };
}

/** What `managed_entity.type_id` calls the kinds of target that it knows. */
const ENTITY_TYPES: Readonly<Record<string, readonly [id: number, type: string]>> = {
  user: [2, "User"],
  serviceid: [2, "User"],
  profile: [2, "User"],
  groups: [3, "Group"],
  account: [4, "Organization"],
  policy: [5, "Policy"],
};

/** The attribute that goes with a type has to be there; where nothing was found yet, the type is the event's own. */
export function entityOf(event: AuditEvent): OcsfObject {
  const { target } = event;
  const { kind, id, name } = thingOf(target);
  const known = id !== "" && Object.hasOwn(ENTITY_TYPES, kind) ? ENTITY_TYPES[kind] : undefined;
  const [typeId, type] = known ?? [OTHER, target.typeURI || "unknown"];
  const named = { uid: id || target.id || "unknown", ...(name === "" ? {} : { name }) };
  return {
    ...named,
    type_id: typeId,
    type,
    ...(typeId === 2 ? { user: concernedOf(event) } : {}),
    ...(typeId === 3 ? { group: groupOf(event) } : {}),
    ...(typeId === 4 ? { org: named } : {}),
    ...(typeId === 5 ? { policy: named } : {}),
  };
}

export function resourceOf({ target, region, account }: AuditEvent): OcsfObject {
  return {
    uid: target.id || "unknown",
    ...(target.name === "" ? {} : { name: target.name }),
    type: target.typeURI,
    region,
    role_id: 1,
    role: "Target",
    owner: { account: accountObject(account) },
  };
}

/** The server itself calls from nowhere, as the service that it is. */
export function endpointOf(host: EventHost, isServer: boolean): OcsfObject {
  if (isServer) return { svc_name: PRODUCT.name };
  if (host.address === "") return { name: "unknown" };
  return host.addressType === "" ? { name: host.address } : { ip: host.address };
}
