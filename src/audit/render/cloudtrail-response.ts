/** What was answered, under AWS's names: the `responseElements` of a CloudTrail record. */
import { STS_SOURCE } from "../aws-names.ts";
import type { Row } from "../catalogue/row.ts";
import type { AuditEvent, EventData } from "../event.ts";
import { accountNumber, arnPart, iamArn, secretArn } from "./cloudtrail-arn.ts";
import { camelCase } from "./cloudtrail-case.ts";
import { awsDate, awsDateWithComma, recordedTime } from "./cloudtrail-time.ts";
import { iamIdOf, isEmpty, isServiceEvent, thingOf, type Thing } from "./parties.ts";

const SECRETS_MANAGER = "secretsmanager.amazonaws.com";

/** Of what an event is in AWS's terms. */
export interface AwsTerms {
  readonly row: Row;
  readonly eventName: string;
  readonly source: string;
}

/** Null of a read, of a failure and of what the service did itself. What changed a secret names it by its ARN. */
export function responseElementsOf(event: AuditEvent, terms: AwsTerms): EventData | null {
  const { row, source } = terms;
  if (row.kind !== "change" || event.outcome !== "success" || isServiceEvent(event)) return null;
  const thing = thingOf(event.target);
  const elements =
    source === STS_SOURCE
      ? credentialsOf(event, terms.eventName)
      : {
          ...deletionOf(event, terms.eventName),
          ...secretArnOf(event),
          ...(event.dialect === "aws" ? iamElements(event, terms, thing) : inCamelCase(event)),
        };
  return isEmpty(elements) ? null : elements;
}

/** The ARN of the secret that the event is about, if it is about one. */
export function secretArnOf(event: AuditEvent): { readonly arn?: string } {
  const thing = thingOf(event.target);
  return thing.kind === "secret" && thing.id !== "" ? { arn: secretArn(event, thing) } : {};
}

/** Until 2024 the ARN of a deleted secret stood in `aRN`; there are rules that look for it there. */
function deletionOf(event: AuditEvent, eventName: string): EventData {
  if (eventName !== "DeleteSecret") return {};
  const { arn } = secretArnOf(event);
  const due = recordedTime(event.responseData["deletionDate"]) ?? new Date(event.eventTime);
  return {
    name: thingOf(event.target).name,
    deletionDate: awsDate(due),
    ...(arn === undefined ? {} : { aRN: arn }),
  };
}

/** Never the token: it is in no event. */
function credentialsOf(event: AuditEvent, eventName: string): EventData {
  const { accessKeyId, expiration } = event.responseData;
  const until = recordedTime(expiration);
  return {
    ...(typeof accessKeyId === "string"
      ? { credentials: { accessKeyId, ...(until ? { expiration: awsDateWithComma(until) } : {}) } }
      : {}),
    ...(recordedBearerOf(event) ?? bearerOf(event, eventName)),
  };
}

function recordedBearerOf({ responseData }: AuditEvent): EventData | undefined {
  const { assumedRoleUser, federatedUser } = responseData;
  if (typeof assumedRoleUser === "object" && assumedRoleUser !== null) return { assumedRoleUser };
  if (typeof federatedUser === "object" && federatedUser !== null) return { federatedUser };
  return undefined;
}

/** Whom the credentials are for. */
function bearerOf({ target, requestData, account }: AuditEvent, eventName: string): EventData {
  const thing = thingOf(target);
  const number = accountNumber(account);
  const { roleSessionName, name } = requestData;
  if (eventName === "AssumeRole" && typeof roleSessionName === "string" && thing.id !== "") {
    const [role, session] = [arnPart(thing.name || thing.id), arnPart(roleSessionName)];
    const arn = `arn:aws:sts::${number}:assumed-role/${role}/${session}`;
    return { assumedRoleUser: { assumedRoleId: `${arnPart(thing.id)}:${session}`, arn } };
  }
  if (eventName === "GetFederationToken" && typeof name === "string") {
    const federatedUserId = `${number}:${arnPart(name)}`;
    const arn = `arn:aws:sts::${number}:federated-user/${arnPart(name)}`;
    return { federatedUser: { federatedUserId, arn } };
  }
  return {};
}

/** What IAM answers with is what it has made. */
function iamElements(event: AuditEvent, { eventName, source }: AwsTerms, thing: Thing): EventData {
  if (source === SECRETS_MANAGER || thing.id === "") return {};
  const { account, eventTime, requestData, responseData } = event;
  const name = thing.name || thing.id;
  const createDate = awsDateWithComma(new Date(eventTime));
  switch (eventName) {
    case "CreateUser": {
      const arn = iamArn(account, "user", name);
      return { user: { path: "/", userName: name, userId: thing.id, arn, createDate } };
    }
    case "CreateRole": {
      const arn = iamArn(account, "role", name);
      return { role: { path: "/", roleName: name, roleId: iamIdOf(thing), arn, createDate } };
    }
    case "CreateAccessKey": {
      const { accessKeyId } = responseData;
      const { userName } = requestData;
      if (typeof accessKeyId !== "string") return {};
      const whose = typeof userName === "string" ? { userName } : {};
      return { accessKey: { ...whose, accessKeyId, status: "Active", createDate } };
    }
    default:
      return {};
  }
}

function inCamelCase({ responseData }: AuditEvent): EventData {
  return Object.fromEntries(
    Object.entries(responseData).map(([key, value]) => [camelCase(key), value]),
  );
}
