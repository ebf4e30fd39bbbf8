/**
 * CloudTrail's `userIdentity`, by the kind of initiator. A user is an IAM user, and so is a service ID, under a path
 * of its own; whoever applies a trusted profile has assumed a role; what the server does is done by a service.
 */
import { OPERATOR_ACCOUNT } from "../crn.ts";
import type { AuditEvent, Initiator } from "../event.ts";
import { accountNumber, arnPart, iamArn } from "./cloudtrail-arn.ts";
import { kindOf } from "./parties.ts";

/** The access key is never among it: events name the kind of credential, not which one it was. */
export function userIdentityOf(event: AuditEvent, source: string): object {
  const { account, initiator } = event;
  switch (kindOf(initiator)) {
    case "user":
      return iamUser(initiator, account, "user");
    case "service-id":
      return iamUser(initiator, account, "user/service-id");
    case "profile":
      return assumedRole(initiator, account);
    case "server":
      return { accountId: accountNumber(account), invokedBy: source };
    case "nobody":
      return { type: "Unknown", ...(initiator.id === "" ? {} : { principalId: initiator.id }) };
  }
}

function iamUser({ id, name }: Initiator, account: string, kind: string): object {
  return {
    type: "IAMUser",
    principalId: id,
    ...inAccount(account, (known) => iamArn(known, kind, name || id)),
    ...(name === "" ? {} : { userName: name }),
  };
}

/** The session goes by the name of whoever applies the profile, whose id is its `sourceIdentity`. */
function assumedRole({ id, name, authnId, authnName }: Initiator, account: string): object {
  const role = arnPart(name || id);
  const session = arnPart(authnName || authnId || name || id);
  return {
    type: "AssumedRole",
    principalId: `${arnPart(id)}:${session}`,
    ...inAccount(
      account,
      (known) => `arn:aws:sts::${accountNumber(known)}:assumed-role/${role}/${session}`,
    ),
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: id,
        ...inAccount(account, (known) => iamArn(known, "role", role)),
        userName: name || id,
      },
      ...(authnId ? { sourceIdentity: authnId } : {}),
    },
  };
}

/** In the operator's own stream it is not said which account an identity is of. */
function inAccount(account: string, arnOf: (account: string) => string): object {
  if (account === OPERATOR_ACCOUNT) return {};
  return { arn: arnOf(account), accountId: accountNumber(account) };
}
