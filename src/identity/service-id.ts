/** A service ID: the identity of a program. It has an id of its own and, derived from it, an IAM id that acts. */
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";

export interface ServiceId {
  readonly kind: "serviceid";
  /** `ServiceId-…`: what it is managed by. */
  readonly id: string;
  /** `iam-ServiceId-…`: what it acts as; the subject of policies and the initiator of events. */
  readonly iamId: string;
  readonly account: string;
  readonly name: string;
  readonly description: string;
  /** CRNs of what the program belongs to, as IBM's wire has them; kept and shown. */
  readonly uniqueInstanceCrns: readonly string[];
  /** A locked one can be neither changed nor deleted. */
  readonly locked: boolean;
  /** Differs after every change; what `If-Match` speaks of. */
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

export const SERVICE_ID_ORDERS = ["createdAt", "modifiedAt", "name", "description"] as const;
export type ServiceIdOrder = (typeof SERVICE_ID_ORDERS)[number];

/** Of what one program may belong to. */
export const MAX_INSTANCE_CRNS = 50;
const CRN = /^crn:v1:[!-~]{1,1000}$/;

/** Refuses what is no list of Cloud Resource Names; looks at their form, not at what they name. */
export function checkedInstanceCrns(crns: readonly string[]): readonly string[] {
  if (crns.length <= MAX_INSTANCE_CRNS && crns.every((crn) => CRN.test(crn))) return crns;
  const sentence = `A service ID belongs to at most ${MAX_INSTANCE_CRNS} instances, each given by its CRN.`;
  throw new Refusal("invalid_request", sentence);
}

/** IBM's limit for an account. */
export const MAX_SERVICE_IDS_PER_ACCOUNT = 2_000;

const PREFIX = "ServiceId-";
const ACTING = "iam-";

export function newServiceId(): string {
  return `${PREFIX}${randomId()}`;
}

export function isServiceId(text: string): boolean {
  return text.startsWith(PREFIX) && isUuid(text.slice(PREFIX.length));
}

/** The IAM id of a service ID: `iam-ServiceId-…`. */
export function actingIdOf(serviceId: string): string {
  return `${ACTING}${serviceId}`;
}

/** The other way round: `ServiceId-…`. */
export function managedIdOf(iamId: string): string {
  return iamId.slice(ACTING.length);
}

export function isActingServiceId(iamId: string): boolean {
  return iamId.startsWith(ACTING) && isServiceId(iamId.slice(ACTING.length));
}
