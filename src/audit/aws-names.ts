/** What AWS calls what happened: `eventName`, `eventSource`, whether it only reads, and in which category it is shown. */
import { catalogue, serviceOf, type OperationName } from "./catalogue.ts";
import type { Row } from "./catalogue/row.ts";
import { parseCrn } from "./crn.ts";
import type { AuditEvent } from "./event.ts";

/** CloudTrail's `eventSource` of each of our services; ours has a name in AWS's form. */
const SOURCES: Readonly<Record<string, string>> = {
  "secrets-manager": "secretsmanager.amazonaws.com",
  "iam-identity": "iam.amazonaws.com",
  "iam-groups": "iam.amazonaws.com",
  "iam-am": "iam.amazonaws.com",
  "user-management": "iam.amazonaws.com",
  keytrail: "keytrail.amazonaws.com",
};

/** CloudTrail records what it calls sign-in under a source of its own. */
export const SIGN_IN = "ConsoleLogin";
const SIGN_IN_SOURCE = "signin.amazonaws.com";
export const STS_SOURCE = "sts.amazonaws.com";

/**
 * `Rejected` is ours: calls of which it could not be established who makes them, or what they ask for. CloudTrail does
 * not record those at all; here they are found by whoever asks for them, and do not stand between what was done.
 */
export type AwsCategory = "Management" | "Rejected";

export function awsSourceOf(row: Row): string {
  if (row.awsSource !== undefined) return row.awsSource;
  if (row.aws === SIGN_IN) return SIGN_IN_SOURCE;
  return SOURCES[serviceOf(row.action)] ?? `${serviceOf(row.action)}.amazonaws.com`;
}

/** Every name that events of an operation may have. */
export function awsNamesOf(row: Row): readonly string[] {
  return [row.aws, ...Object.values(row.awsFor ?? {})];
}

type Named = Pick<AuditEvent, "operation" | "target" | "requestData" | "responseData">;

/** The event's `eventName`: of what is done to a role or a group AWS often has a name of its own. */
export function awsNameOf(event: Named): string {
  const { aws, awsFor } = catalogue[event.operation];
  const about = awsFor && doneTo(event);
  return (about && awsFor?.[about]) ?? aws;
}

const KINDS: Readonly<Record<string, "role" | "group">> = { profile: "role", groups: "group" };
const SUBJECTS = /^(?:(iam-Profile-)|(AccessGroupId-))/;

/** By the target, or, of a policy, by whom it is for. */
function doneTo({ target, requestData, responseData }: Named): "role" | "group" | undefined {
  const kind = KINDS[parseCrn(target.id)?.kind ?? ""];
  if (kind) return kind;
  const subject = requestData["subject"] ?? responseData["subject"];
  const [, profile, group] = SUBJECTS.exec(typeof subject === "string" ? subject : "") ?? [];
  return profile ? "role" : group ? "group" : undefined;
}

/** As CloudTrail has it: credentials of STS are something that is read; a sign-in is not. */
export function isReadOnly(operation: OperationName): boolean {
  const row = catalogue[operation];
  if (awsSourceOf(row) === STS_SOURCE) return true;
  return row.kind === "read" && row.aws !== SIGN_IN;
}

/** Causes of refusals of what could not be read as a call. */
const UNREADABLE: ReadonlySet<string> = new Set(["unreadable-body", "mistyped-member"]);
const UNREADABLE_STATUS: ReadonlySet<number> = new Set([413, 415]);
const UNAUTHENTICATED = 401;

export function awsCategoryOf(
  event: Pick<AuditEvent, "operation" | "outcome" | "reason">,
): AwsCategory {
  if (event.operation === "request.reject") return "Rejected";
  // A sign-in that failed is what AWS shows too.
  if (event.outcome !== "failure" || catalogue[event.operation].aws === SIGN_IN)
    return "Management";
  const { reasonCode, cause = "" } = event.reason;
  const isRejected =
    reasonCode === UNAUTHENTICATED || UNREADABLE_STATUS.has(reasonCode) || UNREADABLE.has(cause);
  return isRejected ? "Rejected" : "Management";
}
