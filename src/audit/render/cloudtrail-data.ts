/** What was asked and answered, under AWS's names: `requestParameters` and `responseElements` of a CloudTrail record. */
import type { Row } from "../catalogue/row.ts";
import type { AuditEvent, EventData } from "../event.ts";
import { secretArn } from "./cloudtrail-arn.ts";
import { isEmpty, thingOf } from "./parties.ts";

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

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Null when nothing of the request is recorded, as AWS has it. */
export function requestParametersOf(event: AuditEvent, row: Row): EventData | null {
  const thing = thingOf(event.target);
  const nameField = NAME_FIELDS.get(thing.kind);
  const parameters =
    thing.kind === "secret" && row.aws !== "CreateSecret"
      ? secretParameters(event.requestData, thing.id)
      : {
          ...(nameField === undefined || thing.name === "" ? {} : { [nameField]: thing.name }),
          ...inCamelCase(event.requestData),
        };
  return isEmpty(parameters) ? null : parameters;
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
      const ofAws = field === "alias" ? (STAGES.get(value) ?? value) : value;
      return [SECRET_FIELDS.get(field) ?? camelCase(field), ofAws];
    }),
  );
  return isUnread ? { secretId, ...parameters } : parameters;
}

/** Null of a read and of a failure. What changed a secret names it by its ARN. */
export function responseElementsOf(event: AuditEvent, row: Row): EventData | null {
  if (row.kind !== "change" || event.outcome !== "success") return null;
  const thing = thingOf(event.target);
  const elements = {
    ...(thing.kind === "secret" && thing.id !== "" ? { arn: secretArn(event, thing) } : {}),
    ...(row.aws === "DeleteSecret"
      ? { name: thing.name, deletionDate: awsDate(event.eventTime) }
      : {}),
    ...inCamelCase(event.responseData),
  };
  return isEmpty(elements) ? null : elements;
}

/** `May 3, 2018 5:51:02 PM`: how records show the dates of an answer. */
function awsDate(rfc3339: string): string {
  const at = new Date(rfc3339);
  const hour = at.getUTCHours();
  const [minute, second] = [at.getUTCMinutes(), at.getUTCSeconds()].map((n) =>
    `${n}`.padStart(2, "0"),
  );
  const day = `${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}, ${at.getUTCFullYear()}`;
  return `${day} ${hour % 12 || 12}:${minute}:${second} ${hour < 12 ? "AM" : "PM"}`;
}

function inCamelCase(data: EventData): EventData {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [camelCase(key), value]));
}

function camelCase(key: string): string {
  return key.replaceAll(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
