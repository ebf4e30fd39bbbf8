/** What CloudTrail's users look events up by, and that does not stand in the event itself: from the event alone. */
import { awsCategoryOf, awsNameOf, awsNamesOf, awsSourceOf, isReadOnly } from "../aws-names.ts";
import type { AwsCategory } from "../aws-names.ts";
import { catalogue, operationNames } from "../catalogue.ts";
import type { AuditEvent } from "../event.ts";
import { regionOf } from "./cloudtrail-arn.ts";
import { userNameOf } from "./cloudtrail-identity.ts";
import { secretArnOf } from "./cloudtrail-response.ts";
import { thingOf } from "./parties.ts";

export interface CloudTrailFacts {
  readonly eventName: string;
  readonly eventCategory: AwsCategory;
  readonly readOnly: boolean;
  readonly awsRegion: string;
  /** Undefined where nobody could be established. */
  readonly userName: string | undefined;
  /** `AWS::SecretsManager::Secret`; undefined of what AWS has no type for. */
  readonly resourceType: string | undefined;
  /** Of secrets. */
  readonly resourceArn: string | undefined;
}

/** By the kinds of targets (AWS CloudFormation, "resource types"). */
const RESOURCE_TYPES: Readonly<Record<string, string>> = {
  secret: "AWS::SecretsManager::Secret",
  user: "AWS::IAM::User",
  serviceid: "AWS::IAM::User",
  groups: "AWS::IAM::Group",
  profile: "AWS::IAM::Role",
  policy: "AWS::IAM::Policy",
  apikey: "AWS::IAM::AccessKey",
};

export function cloudTrailFactsOf(event: AuditEvent): CloudTrailFacts {
  const source = awsSourceOf(catalogue[event.operation]);
  const { kind, id } = thingOf(event.target);
  return {
    eventName: awsNameOf(event),
    eventCategory: awsCategoryOf(event),
    readOnly: isReadOnly(event.operation),
    awsRegion: regionOf(event.region),
    userName: userNameOf(event, source),
    resourceType:
      id !== "" && Object.hasOwn(RESOURCE_TYPES, kind) ? RESOURCE_TYPES[kind] : undefined,
    resourceArn: secretArnOf(event).arn,
  };
}

/** All that these follow from besides the event: an index that was made by other names is made anew. */
export const NAMES_OF_OPERATIONS: string = JSON.stringify(
  operationNames.map((name) => [
    name,
    ...awsNamesOf(catalogue[name]),
    isReadOnly(name),
    ...catalogue[name].dsv,
  ]),
);

/** Whether it has what they follow from: whatever a line of the ledger holds, it may be asked. */
export function isAuditEvent(value: Readonly<Record<string, unknown>>): boolean {
  const { operation, initiator, target, reason, requestData, responseData } = value;
  return (
    typeof operation === "string" &&
    Object.hasOwn(catalogue, operation) &&
    ["account", "region", "outcome"].every((name) => typeof value[name] === "string") &&
    hasTexts(initiator, ["id", "name", "typeURI"]) &&
    hasTexts(target, ["id", "name"]) &&
    [reason, requestData, responseData].every((one) => hasTexts(one, []))
  );
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "string");
}
