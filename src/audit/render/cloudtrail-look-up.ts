/** An event as it stands in CloudTrail's event history: its record, and what is said of it beside that. */
import { awsSourceOf } from "../aws-names.ts";
import { catalogue } from "../catalogue.ts";
import type { AuditEvent } from "../event.ts";
import { cloudTrailFactsOf } from "./cloudtrail-facts.ts";
import { renderCloudTrail, type CloudTrailRecord } from "./cloudtrail.ts";

export interface LookedUpEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly readOnly: boolean;
  /** Milliseconds since the epoch, of a whole second as in the record. */
  readonly at: number;
  /** Clients count on there being one. */
  readonly userName: string;
  readonly accessKeyId: string | undefined;
  readonly resources: readonly { readonly type: string; readonly name: string }[];
  readonly record: CloudTrailRecord;
}

const NOBODY = "unknown";

/** Of what AWS's records name no resources of, its event history has none either. */
const SECRET = "AWS::SecretsManager::Secret";

export function lookedUpOf(event: AuditEvent): LookedUpEvent {
  const { eventName, readOnly, userName, resourceType } = cloudTrailFactsOf(event);
  const { name } = event.target;
  const isNamed = resourceType !== undefined && resourceType !== SECRET && name !== "";
  return {
    eventId: event.id,
    eventName,
    eventSource: awsSourceOf(catalogue[event.operation]),
    readOnly,
    at: Date.parse(`${event.eventTime.slice(0, 19)}Z`),
    userName: userName ?? NOBODY,
    accessKeyId: event.initiator.access?.keyId,
    resources: isNamed ? [{ type: resourceType, name }] : [],
    record: renderCloudTrail(event),
  };
}
