/** Who acted, and on what, in the terms that vocabularies ask for: what kind of party, and whether one is known at all. */
import { parseCrn } from "../crn.ts";
import type { AuditEvent, EventTarget, Initiator, InitiatorType } from "../event.ts";

/** `nobody`: it could not be established who called. `server`: Keytrail itself, on schedule or as a consequence. */
export type PartyKind = "user" | "service-id" | "profile" | "server" | "nobody";

/** What the server's own jobs are called: `keytrail-rotation`, say. Nothing in IAM has an id of this form. */
const SERVER_PREFIX = "keytrail-";

const KINDS: Readonly<Partial<Record<InitiatorType, PartyKind>>> = {
  "service/security/account/user": "user",
  "service/security/account/profile": "profile",
};

/**
 * The kind of the initiator. One whose genuine credential was no longer good is what it claims to be, and has an id
 * but no name. Whatever else identified itself is a program, and counts as a service ID.
 */
export function kindOf({ id, typeURI }: Initiator): PartyKind {
  if (id === "") return "nobody";
  if (typeURI === "service/security/clientid" && id.startsWith(SERVER_PREFIX)) return "server";
  return KINDS[typeURI] ?? "service-id";
}

export interface Thing {
  /** `secret`, `user`, `groups` … as in the CRN; empty where no one thing is acted on: a list, a search. */
  readonly kind: string;
  readonly id: string;
  readonly name: string;
}

/** The target by the parts of its CRN. */
export function thingOf({ id, name }: EventTarget): Thing {
  const parsed = parseCrn(id);
  return { kind: parsed?.kind ?? "", id: parsed?.id ?? "", name };
}

const IAM_PREFIX = "iam-";

const PARTY_OF_TARGET: Readonly<Record<string, PartyKind>> = {
  user: "user",
  serviceid: "service-id",
  profile: "profile",
};

/** What kind of identity the target is; undefined where it is none. */
export function partyOf({ kind, id }: Thing): PartyKind | undefined {
  return id === "" || !Object.hasOwn(PARTY_OF_TARGET, kind) ? undefined : PARTY_OF_TARGET[kind];
}

/** What an identity acts as, and is called in policies: a service ID and a profile have another id for that. */
export function iamIdOf({ kind, id }: Thing): string {
  return kind === "user" || id.startsWith(IAM_PREFIX) ? id : `${IAM_PREFIX}${id}`;
}

/** Whether somebody did it to themselves: a login, a password of one's own. */
export function isToOneself({ initiator, target }: AuditEvent): boolean {
  const thing = thingOf(target);
  return partyOf(thing) !== undefined && iamIdOf(thing) === initiator.id;
}

/** Whether the server did it by itself: nobody called, so there is no address, no client and no HTTP. */
export function isByServer(event: AuditEvent): boolean {
  return kindOf(event.initiator) === "server";
}

/** What CloudTrail calls events of the service, whoever they are a consequence of: a call, or the passing of time. */
const OF_SERVICE =
  /^(?:secret\.rotation(?:-test)?\.(?:start|succeed|fail|abandon|step)|version\.deletion\.|version\.prune$|secret\.deletion\.end$)/;

/** Whether AWS would say of it that the service did it, and not whoever called. */
export function isServiceEvent(event: AuditEvent): boolean {
  return isByServer(event) || OF_SERVICE.test(event.operation);
}

export function isEmpty(data: object): boolean {
  return Object.keys(data).length === 0;
}

/** Users go by their e-mail addresses. */
export function isEmail(name: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(name);
}
