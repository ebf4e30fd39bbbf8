/** A row of the catalogue: everything that is fixed about one operation, in every vocabulary. */
import type { ErrorCode } from "../../kernel/errors.ts";
import type { Severity } from "../event.ts";

/**
 * `read`: recorded, then answered. `change`: recorded in the transaction that makes it. `notice`: something the
 * server did or saw with nobody asking for it by name (a start, a request no operation fits).
 */
export type Kind = "read" | "change" | "notice";

export interface Row {
  /** IBM's name: `service.objectType.verb`; dashes join words inside the object type. */
  readonly action: string;
  /** Further names under which IBM's vocabulary has had this operation (v1 of an API, say). */
  readonly alsoKnownAs?: readonly string[];
  /** CloudTrail's eventName; for what AWS does not have, a name in AWS's form. */
  readonly aws: string;
  /** The same where AWS tells it apart by what it is done to: a role (a trusted profile), a group. */
  readonly awsFor?: { readonly role?: string; readonly group?: string };
  /** CloudTrail's eventSource, where it is not that of the service: `sts.amazonaws.com`. */
  readonly awsSource?: string;
  /** DSV's audit path and method; for what DSV does not have, a path in DSV's form. */
  readonly dsv: readonly [path: string, method: string];
  readonly kind: Kind;
  /** Of a read: what is read may have to be made first, in a transaction (credentials of which each reading has its own). */
  readonly madeWhenRead?: true;
  /** CADF data event (touches a payload) as against a management event. */
  readonly dataEvent: boolean;
  /** Of a success; what a failure weighs follows from its reason. */
  readonly severity: Severity;
  /** Where a refusal weighs other than its status says. */
  readonly failureSeverity?: Readonly<Partial<Record<ErrorCode, Severity>>>;
  /**
   * What a success of it means for the value of a secret. `received`: whoever did it was given the value. `supplied`:
   * whoever did it brought the value, or had it made, and so knew it from the beginning.
   */
  readonly discloses?: "received" | "supplied";
  /** What the message calls the object, where IBM's calls it something else than its action does. */
  readonly objectInMessage?: string;
  /** The only fields of the input and of the output that are recorded: an allow-list. */
  readonly request: readonly string[];
  readonly response: readonly string[];
}

/** Checks each row's form and keeps the exact names for the compiler. */
export function rows<const Table extends Readonly<Record<string, Row>>>(table: Table): Table {
  return table;
}

/** What most management operations of a kind have in common: routine, making, changing, taking away. */
export const reading = { kind: "read", dataEvent: false, severity: "normal" } as const;
export const making = { kind: "change", dataEvent: false, severity: "normal" } as const;
export const changing = { kind: "change", dataEvent: false, severity: "warning" } as const;
export const removing = { kind: "change", dataEvent: false, severity: "critical" } as const;

/** Somebody tries to change what its owner has locked (IBM's IAM events, "Resource is locked"). */
export const lockedIsCritical: NonNullable<Row["failureSeverity"]> = { locked: "critical" };
