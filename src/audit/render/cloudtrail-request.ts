/** What was asked, under AWS's names: the `requestParameters` of a CloudTrail record. */
import type { AuditEvent, EventData } from "../event.ts";
import { camelCase } from "./cloudtrail-case.ts";
import { requestMembersOf } from "./cloudtrail-members.ts";
import { awsDateWithComma, recordedTime } from "./cloudtrail-time.ts";
import { isEmpty, isServiceEvent, thingOf, type Thing } from "./parties.ts";

/** Members of Secrets Manager's API that have another name there than with us. */
const SECRET_FIELDS = new Map([
  ["id", "secretId"],
  ["alias", "versionStage"],
  ["forceDelete", "forceDeleteWithoutRecovery"],
]);

/** AWS's staging labels of the versions that we call so. */
const STAGES = new Map<unknown, string>([
  ["current", "AWSCURRENT"],
  ["previous", "AWSPREVIOUS"],
]);

/** IAM names users, groups and roles by their names; we by their ids, so that the name comes in beside. */
const NAME_FIELDS = new Map([
  ["user", "userName"],
  ["serviceid", "userName"],
  ["groups", "groupName"],
  ["profile", "roleName"],
]);

const TIMES: ReadonlySet<string> = new Set(["startTime", "endTime"]);

export interface Requested {
  /** `requestParameters`: null when nothing of the request is recorded, as AWS has it. */
  readonly parameters: EventData | null;
  /** What of the request was recorded and is not shown there. */
  readonly rest: EventData;
}

/** By AWS's wire exactly the members that were sent; by another one what they would have been. */
export function requestedOf(event: AuditEvent, eventName: string): Requested {
  const { requestData } = event;
  if (isServiceEvent(event)) return { parameters: null, rest: requestData };
  if (event.dialect === "aws") return ofAws(event, eventName);
  const thing = thingOf(event.target);
  const parameters =
    thing.kind === "secret" && eventName !== "CreateSecret"
      ? secretParameters(requestData, thing.id)
      : { ...nameOf(thing), ...inCamelCase(requestData) };
  return { parameters: filled(parameters), rest: {} };
}

function ofAws({ requestData, target }: AuditEvent, eventName: string): Requested {
  const members = requestMembersOf(eventName);
  const shown: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(requestData)) {
    const name = field === "forceDelete" ? "forceDeleteWithoutRecovery" : camelCase(field);
    const isUnsaid = name === "forceDeleteWithoutRecovery" && value === false;
    if (members.has(name) && !isUnsaid) shown[name] = asAws(name, value);
    else rest[field] = value;
  }
  const thing = thingOf(target);
  // Of a call that was refused nothing is recorded but what it was about.
  const isUnread = members.has("secretId") && shown["secretId"] === undefined;
  if (isUnread && thing.name !== "") shown["secretId"] = thing.name;
  const named = Object.entries(nameOf(thing)).filter(
    ([name]) => members.has(name) && shown[name] === undefined,
  );
  return { parameters: filled({ ...Object.fromEntries(named), ...shown }), rest };
}

function asAws(name: string, value: unknown): unknown {
  if (name === "tags" && typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).map(([key, text]) => ({ key, value: text }));
  }
  const time = TIMES.has(name) ? recordedTime(value) : undefined;
  return time ? awsDateWithComma(time) : value;
}

/**
 * A secret that was asked for by its name has that as its `secretId`, as with AWS. Of a call that was refused nothing
 * is recorded but what it was about: AWS has that here too, and alarms on a secret look for it.
 */
function secretParameters(data: EventData, secretId: string): EventData {
  const isNamed = data["name"] !== undefined;
  const isByName = data["id"] === undefined && isNamed;
  const isUnread = data["id"] === undefined && !isNamed && secretId !== "";
  const parameters = Object.fromEntries(
    Object.entries(data).map(([field, value]) => {
      if (isByName && field === "name") return ["secretId", value];
      const inAws = field === "alias" ? (STAGES.get(value) ?? value) : value;
      return [SECRET_FIELDS.get(field) ?? camelCase(field), inAws];
    }),
  );
  return isUnread ? { secretId, ...parameters } : parameters;
}

function nameOf({ kind, name }: Thing): EventData {
  const field = NAME_FIELDS.get(kind);
  return field === undefined || name === "" ? {} : { [field]: name };
}

function filled(parameters: EventData): EventData | null {
  return isEmpty(parameters) ? null : parameters;
}

function inCamelCase(data: EventData): EventData {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [camelCase(key), value]));
}
