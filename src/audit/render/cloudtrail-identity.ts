/**
 * CloudTrail's `userIdentity`. Of calls that were signed with an access key it is by what kind of key that was; else by
 * the kind of initiator: a user is an IAM user, and so is a service ID, under a path of its own; whoever applies a
 * trusted profile has assumed a role; what the server does is done by a service.
 */
import { OPERATOR_ACCOUNT } from "../crn.ts";
import type { AuditEvent, Initiator, InitiatorAccess } from "../event.ts";
import { accountNumber, arnPart, iamArn } from "./cloudtrail-arn.ts";
import { isServiceEvent, kindOf } from "./parties.ts";

const ROOT = "root";

/** Whoever calls by another wire has no access key: events name the kind of another credential, not which one it was. */
export function userIdentityOf(event: AuditEvent, source: string): object {
  const { initiator } = event;
  if (isServiceEvent(event)) return { accountId: accountNumber(event.account), invokedBy: source };
  const account = initiator.access?.account ?? event.account;
  const kind = kindOf(initiator);
  if (kind === "nobody") return { type: "Unknown", ...principalOf(initiator) };
  const { access } = initiator;
  if (access?.kind === "root") return root(access, account);
  if (access?.kind === "federated") return federatedUser(initiator, account);
  if (access?.kind === "role" || kind === "profile") return assumedRole(initiator, account);
  return iamUser(initiator, account);
}

/** The name by which CloudTrail's look-ups find who did it; undefined of nobody. */
export function userNameOf(event: AuditEvent, source: string): string | undefined {
  const { initiator } = event;
  if (isServiceEvent(event)) return source;
  const kind = kindOf(initiator);
  if (kind === "nobody") return undefined;
  const { access } = initiator;
  if (access?.kind === "root") return ROOT;
  if (access?.kind === "federated") return federatedName(initiator);
  if (access?.kind === "role" || kind === "profile") return sessionOf(initiator);
  return initiator.name || initiator.id;
}

function principalOf({ id }: Initiator): object {
  return id === "" ? {} : { principalId: id };
}

/** The owner of the account. */
function root(access: InitiatorAccess, account: string): object {
  const accountId = accountNumber(account);
  return {
    type: "Root",
    principalId: accountId,
    arn: `arn:aws:iam::${accountId}:${ROOT}`,
    accountId,
    accessKeyId: access.keyId,
    ...ofSession(access),
  };
}

function iamUser(initiator: Initiator, account: string): object {
  const { id, name, access } = initiator;
  return {
    type: "IAMUser",
    principalId: id,
    ...inAccount(account, (known) => userArn(initiator, known)),
    ...keyOf(access),
    ...(name === "" ? {} : { userName: name }),
    ...ofSession(access),
  };
}

function userArn(initiator: Initiator, account: string): string {
  const path = kindOf(initiator) === "service-id" ? "user/service-id" : "user";
  return iamArn(account, path, initiator.name || initiator.id);
}

/**
 * By AWS's wire the session has the name that it was asked for under. By another one it goes by the name of whoever
 * applies the profile, whose id is its `sourceIdentity`.
 */
function assumedRole(initiator: Initiator, account: string): object {
  const { id, name, authnId, access } = initiator;
  const role = arnPart(name || id);
  const session = sessionOf(initiator);
  const sourceIdentity = access ? access.sourceIdentity : authnId;
  return {
    type: "AssumedRole",
    principalId: `${arnPart(id)}:${session}`,
    ...inAccount(
      account,
      (known) => `arn:aws:sts::${accountNumber(known)}:assumed-role/${role}/${session}`,
    ),
    ...keyOf(access),
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: id,
        ...inAccount(account, (known) => iamArn(known, "role", role)),
        userName: name || id,
      },
      ...attributesOf(access),
      ...(sourceIdentity ? { sourceIdentity } : {}),
    },
  };
}

/** Somebody whom a user vouches for: the credentials are those that the user asked for. */
function federatedUser(initiator: Initiator, account: string): object {
  const { id, name, access } = initiator;
  const federated = federatedName(initiator);
  const accountId = accountNumber(account);
  return {
    type: "FederatedUser",
    principalId: `${accountId}:${federated}`,
    ...inAccount(account, () => `arn:aws:sts::${accountId}:federated-user/${federated}`),
    ...keyOf(access),
    sessionContext: {
      sessionIssuer: {
        type: "IAMUser",
        principalId: id,
        ...inAccount(account, (known) => userArn(initiator, known)),
        userName: name || id,
      },
      ...attributesOf(access),
    },
  };
}

function sessionOf({ id, name, authnId, authnName, access }: Initiator): string {
  return arnPart(access?.sessionName || authnName || authnId || name || id);
}

function federatedName({ id, name, access }: Initiator): string {
  return arnPart(access?.sessionName || name || id);
}

function keyOf(access: InitiatorAccess | undefined): object {
  return access ? { accessKeyId: access.keyId } : {};
}

/** Of credentials that end with a session. */
function ofSession(access: InitiatorAccess | undefined): object {
  return access?.startedAt === undefined ? {} : { sessionContext: attributesOf(access) };
}

/** Its flags are texts with AWS. */
function attributesOf(access: InitiatorAccess | undefined): object {
  if (access?.startedAt === undefined) return {};
  const creationDate = `${access.startedAt.slice(0, 19)}Z`;
  return { attributes: { creationDate, mfaAuthenticated: String(access.mfa === true) } };
}

/** In the operator's own stream it is not said which account an identity is of. */
function inAccount(account: string, arnOf: (account: string) => string): object {
  if (account === OPERATOR_ACCOUNT) return {};
  return { arn: arnOf(account), accountId: accountNumber(account) };
}
