/**
 * The event as a record of AWS CloudTrail, event version 1.11 ("CloudTrail record contents" in its user guide), with
 * the members in the order of AWS's own records. What AWS has no member for stands in `additionalEventData.keytrail`.
 */
import {
  awsCategoryOf,
  awsNameOf,
  awsSourceOf,
  isReadOnly,
  SIGN_IN,
  STS_SOURCE,
} from "../aws-names.ts";
import { catalogue } from "../catalogue.ts";
import type { AuditEvent, EventData } from "../event.ts";
import { accountNumber, regionOf } from "./cloudtrail-arn.ts";
import { FAILED_AUTHENTICATION, recordedError, rotationError } from "./cloudtrail-error.ts";
import { userIdentityOf } from "./cloudtrail-identity.ts";
import { requestedOf } from "./cloudtrail-request.ts";
import { responseElementsOf, secretArnOf, type AwsTerms } from "./cloudtrail-response.ts";
import { isByServer, isEmpty, isServiceEvent } from "./parties.ts";

export const CLOUDTRAIL_VERSION = "1.11";

/** CloudTrail cuts `userAgent`, `errorMessage` and `requestID` at 1 KB. */
const MAX_TEXT_BYTES = 1_024;

/** Of the 28 KB that `additionalEventData` may have, what there is for each of request and response. */
const MAX_DATA_BYTES = 8 * 1_024;

const UNAUTHENTICATED = 401;

export type CloudTrailRecord = Readonly<Record<string, unknown>>;

export function renderCloudTrail(event: AuditEvent): CloudTrailRecord {
  const row = catalogue[event.operation];
  const terms: AwsTerms = { row, eventName: awsNameOf(event), source: awsSourceOf(row) };
  const { source, eventName } = terms;
  const { address, agent } = event.initiator.host;
  const byService = isServiceEvent(event);
  const userAgent = byService ? source : agent;
  const isSignIn = row.aws === SIGN_IN && !byService;
  const requested = requestedOf(event, eventName);
  const category = awsCategoryOf(event);
  return {
    eventVersion: CLOUDTRAIL_VERSION,
    userIdentity: userIdentityOf(event, source),
    eventTime: `${event.eventTime.slice(0, 19)}Z`,
    eventSource: source,
    eventName,
    awsRegion: regionOf(event.region),
    sourceIPAddress: byService ? source : address || "unknown",
    ...(userAgent === "" ? {} : { userAgent: cutBytes(userAgent) }),
    ...errorOf(event, source, isSignIn),
    requestParameters: requested.parameters,
    responseElements: isSignIn ? signInResult(event) : responseElementsOf(event, terms),
    additionalEventData: additionalOf(event, terms, requested.rest),
    requestID: cutBytes(requestIdOf(event)),
    eventID: event.id,
    readOnly: isReadOnly(event.operation),
    eventType: byService ? "AwsServiceEvent" : isSignIn ? "AwsConsoleSignIn" : "AwsApiCall",
    managementEvent: category === "Management",
    recipientAccountId: accountNumber(event.account),
    eventCategory: category,
  };
}

/**
 * The widespread alarm on failed sign-ins compares `errorMessage` with AWS's very words, and AWS gives those records no
 * code; what we know of the reason stands beside.
 */
function errorOf(event: AuditEvent, source: string, isSignIn: boolean): object {
  if (ROTATION_FAILED.has(event.operation) && event.outcome === "success") {
    return rotationError(event);
  }
  if (event.outcome !== "failure") return {};
  if (isSignIn && event.reason.reasonCode === UNAUTHENTICATED) {
    return { errorMessage: FAILED_AUTHENTICATION };
  }
  const { errorCode, errorMessage } = recordedError(event, source);
  return { errorCode, errorMessage: cutBytes(errorMessage) };
}

/** The record that they have failed is itself a success. */
const ROTATION_FAILED: ReadonlySet<string> = new Set([
  "secret.rotation.fail",
  "secret.rotation-test.fail",
]);

function signInResult({ outcome }: AuditEvent): object | null {
  if (outcome === "success") return { [SIGN_IN]: "Success" };
  return outcome === "failure" ? { [SIGN_IN]: "Failure" } : null;
}

/** Of a rotation's events it is theirs in common: nobody has made a request. */
function requestIdOf(event: AuditEvent): string {
  const { arn } = secretArnOf(event);
  const { versionId } = event.requestData;
  if (arn !== undefined && event.operation.startsWith("secret.rotation") && isServiceEvent(event)) {
    return `Rotation-${arn}-${typeof versionId === "string" ? versionId : event.id}`;
  }
  return event.requestId || event.id;
}

/**
 * What AWS's records do not tell: what a name stood for, which version was given out, why a call was refused; of a read
 * its answer; and what else has no member there. Of a service's own events AWS has the secret here, too.
 */
function additionalOf(event: AuditEvent, terms: AwsTerms, rest: EventData): object {
  const { initiator, reason } = event;
  const { arn } = secretArnOf(event);
  const versionId = event.responseData["versionId"] ?? event.requestData["versionId"];
  const version = typeof versionId === "string" && arn !== undefined ? { versionId } : {};
  return {
    ...(isServiceEvent(event) && arn !== undefined
      ? {
          SecretId: arn,
          ...(version.versionId === undefined ? {} : { VersionId: version.versionId }),
        }
      : {}),
    keytrail: {
      operation: event.operation,
      outcome: event.outcome,
      severity: event.severity,
      dialect: event.dialect,
      account: event.account,
      instance: event.instance,
      target: { id: event.target.id, name: event.target.name },
      ...(arn === undefined ? {} : { secretArn: arn, ...version }),
      initiator: { id: initiator.id, credential: initiator.credential.type },
      ...(reason.reasonForFailure ? { reason: reason.reasonForFailure } : {}),
      ...(reason.code ? { refusal: reason.code } : {}),
      ...(reason.cause ? { cause: reason.cause } : {}),
      ...dataOf("request", rest),
      ...(isAnswerElsewhere(event, terms) ? {} : dataOf("response", event.responseData)),
      correlationId: event.correlationId,
      dataEvent: event.dataEvent,
    },
  };
}

/** Of changes by other wires than AWS's the whole answer is in `responseElements`. */
function isAnswerElsewhere(event: AuditEvent, { row }: AwsTerms): boolean {
  const isShown = row.kind === "change" && row.aws !== SIGN_IN && row.awsSource !== STS_SOURCE;
  return isShown && event.dialect !== "aws" && !isByServer(event) && !isServiceEvent(event);
}

function dataOf(name: "request" | "response", data: EventData): object {
  if (isEmpty(data)) return {};
  const isTooLong = Buffer.byteLength(JSON.stringify(data)) > MAX_DATA_BYTES;
  return { [name]: isTooLong ? { omitted: "too long for a CloudTrail record" } : data };
}

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  // A character that the cut has gone through decodes as U+FFFD, which takes no more room than was left.
  const cut = Buffer.from(text).subarray(0, MAX_TEXT_BYTES).toString("utf8");
  return cut.replace(/\uFFFD+$/, "");
}
