/**
 * The event as a record of AWS CloudTrail, event version 1.11 ("CloudTrail record contents" in its user guide), with
 * the members in the order of AWS's own records. What AWS has no member for stands in `additionalEventData.keytrail`.
 */
import { catalogue } from "../catalogue.ts";
import type { Row } from "../catalogue/row.ts";
import type { AuditEvent } from "../event.ts";
import { awsSourceOf } from "../vocabulary.ts";
import { accountNumber, regionOf } from "./cloudtrail-arn.ts";
import { errorCodeOf, FAILED_AUTHENTICATION } from "./cloudtrail-error.ts";
import { userIdentityOf } from "./cloudtrail-identity.ts";
import { requestParametersOf, responseElementsOf } from "./cloudtrail-data.ts";
import { isByServer, isEmpty } from "./parties.ts";

export const CLOUDTRAIL_VERSION = "1.11";

/** CloudTrail cuts `userAgent`, `errorMessage` and `requestID` at 1 KB. */
const MAX_TEXT_BYTES = 1_024;

/** Of the 28 KB that `additionalEventData` may have, what is left beside our other facts. */
const MAX_ANSWER_BYTES = 16 * 1_024;

const SIGN_IN = "ConsoleLogin";

export type CloudTrailRecord = Readonly<Record<string, unknown>>;

export function renderCloudTrail(event: AuditEvent): CloudTrailRecord {
  const row = catalogue[event.operation];
  const source = awsSourceOf(row);
  const { address, agent } = event.initiator.host;
  const byServer = isByServer(event);
  const userAgent = byServer ? source : agent;
  const isSignIn = row.aws === SIGN_IN && !byServer;
  return {
    eventVersion: CLOUDTRAIL_VERSION,
    userIdentity: userIdentityOf(event, source),
    eventTime: `${event.eventTime.slice(0, 19)}Z`,
    eventSource: source,
    eventName: row.aws,
    awsRegion: regionOf(event.region),
    sourceIPAddress: byServer ? source : address || "unknown",
    ...(userAgent === "" ? {} : { userAgent: cutBytes(userAgent) }),
    ...errorOf(event, source, isSignIn),
    requestParameters: requestParametersOf(event, row),
    responseElements: isSignIn ? signInResult(event) : responseElementsOf(event, row),
    additionalEventData: additionalOf(event, row),
    requestID: cutBytes(event.requestId || event.id),
    eventID: event.id,
    readOnly: row.kind === "read" && row.aws !== SIGN_IN,
    eventType: byServer ? "AwsServiceEvent" : isSignIn ? "AwsConsoleSignIn" : "AwsApiCall",
    managementEvent: true,
    recipientAccountId: accountNumber(event.account),
    eventCategory: "Management",
  };
}

/**
 * The widespread alarm on failed sign-ins compares `errorMessage` with AWS's very words, and AWS gives those records no
 * code; what we know of the reason stands beside.
 */
function errorOf(event: AuditEvent, source: string, isSignIn: boolean): object {
  if (event.outcome !== "failure") return {};
  const { reasonCode, reasonType, reasonForFailure } = event.reason;
  if (isSignIn && reasonCode === 401) return { errorMessage: FAILED_AUTHENTICATION };
  return {
    errorCode: errorCodeOf(reasonCode, source),
    errorMessage: cutBytes(reasonForFailure || reasonType),
  };
}

function signInResult({ outcome }: AuditEvent): object | null {
  if (outcome === "success") return { [SIGN_IN]: "Success" };
  return outcome === "failure" ? { [SIGN_IN]: "Failure" } : null;
}

/** CloudTrail leaves the answer to a read out, and has no place for what the target is called elsewhere. */
function additionalOf(event: AuditEvent, row: Row): object {
  const { initiator, reason } = event;
  const isAnswerElsewhere = row.kind === "change" && row.aws !== SIGN_IN;
  return {
    keytrail: {
      operation: event.operation,
      outcome: event.outcome,
      severity: event.severity,
      dialect: event.dialect,
      account: event.account,
      instance: event.instance,
      target: { id: event.target.id, name: event.target.name },
      initiator: { id: initiator.id, credential: initiator.credential.type },
      ...(reason.reasonForFailure ? { reason: reason.reasonForFailure } : {}),
      ...(isAnswerElsewhere ? {} : answerOf(event)),
      correlationId: event.correlationId,
      dataEvent: event.dataEvent,
    },
  };
}

function answerOf({ responseData }: AuditEvent): object {
  if (isEmpty(responseData)) return {};
  const isTooLong = Buffer.byteLength(JSON.stringify(responseData)) > MAX_ANSWER_BYTES;
  return { response: isTooLong ? { omitted: "too long for a CloudTrail record" } : responseData };
}

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  // A character that the cut has gone through decodes as U+FFFD, which takes no more room than was left.
  const cut = Buffer.from(text).subarray(0, MAX_TEXT_BYTES).toString("utf8");
  return cut.replace(/\uFFFD+$/, "");
}
