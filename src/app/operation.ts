/** What an operation is: a name from the catalogue, what it acts on, and what it does. One to a file in `app/`. */
import type { OperationName, OperationOfKind } from "../audit/catalogue.ts";
import type { TargetRef } from "../audit/describe.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Refusal } from "../kernel/errors.ts";
import type { Part, Resource, Scope } from "../identity/authorize.ts";
import type { Call, Caller } from "./call.ts";
import type { Capabilities } from "./capabilities.ts";
import type { PolicedSecret } from "./judgement/condition-keys.ts";
import type { Transaction, View } from "./state.ts";

/**
 * What an operation acts on, found before it is authorised, so that a refusal is recorded with its target.
 * `resource` null means that anyone may: the credentials in the input are what is checked (a login).
 */
export interface Located<Subject> {
  readonly target: TargetRef;
  readonly resource: Resource | null;
  readonly subject: Subject;
  /** The secret whose policy has a say in it. */
  readonly policed?: PolicedSecret;
  /** What the target is called once this has succeeded, where that is not what it was found as: a rename. */
  readonly becomes?: TargetRef;
  /**
   * What the record is to say besides the input, by the names of the catalogue's row: the state as it was found
   * (`prev_instance_name`, `lock`). Stands in the record of a success and of a refusal alike.
   */
  readonly facts?: object;
  /**
   * The undertaking has no event of its own: each part of it has one, put there by `also`, and there is at least one.
   * A refusal of the whole is one event all the same.
   */
  readonly byParts?: true;
  /** Enough to be allowed it in some part of the resource: a list, which then shows `scope` only. */
  readonly inPart?: true;
  /** Enough to be allowed it in any part of the account: a search, which then shows `parts` only. */
  readonly anywhere?: true;
  /** The row of a family of operations that this turned out to be: a login by a user's key, or a service ID's. */
  readonly operation?: OperationName;
  /** Who the caller turned out to be: nobody is known to a login before its credential has been looked at. */
  readonly caller?: Caller;
  /** Why this cannot be done to what was found, for those who may do it: a secret that waits to be deleted. */
  readonly refusal?: Refusal | undefined;
  /** The same where it is a change: to a replica. */
  readonly changeRefusal?: Refusal | undefined;
  /** Reading this makes something: the change that does it, with the same input, in place of the read. */
  readonly instead?: ChangeOperation<never, never, object>;
}

/** A further event of the same undertaking: a version destroyed by a rotation, a member removed with its group. */
export interface Consequence {
  readonly operation: OperationName;
  readonly target: TargetRef;
  readonly input: object;
  /** Of a part that was refused while others were done: the refusal. */
  readonly output: object | Refusal;
  /** Who did it, if not the caller: the server, ending a session. */
  readonly caller?: Caller;
}

export interface Context<Store extends View> {
  readonly store: Store;
  readonly call: Call;
  readonly caller: Caller;
  readonly now: Millis;
  readonly capabilities: Capabilities;
  /** In which part of a resource the caller may do this; a list shows only that part. */
  readonly scope: (resource: Resource) => Scope;
  /** The parts of all there is in which the caller may do this as a whole; a search shows only those. */
  readonly parts: () => readonly Part[];
  /**
   * Why the caller may not do this, of several that are done at once: by its roles, the policy of the secret and that of
   * its session. Undefined if it may.
   */
  readonly judge: (judged: Judged) => Refusal | undefined;
  readonly also: (consequence: Consequence) => void;
}

/** One thing that is to be done. */
export interface Judged {
  readonly permission: OperationName;
  readonly located: Pick<
    Located<unknown>,
    "target" | "resource" | "policed" | "facts" | "inPart" | "anywhere"
  >;
  /** What conditions of policies are about: see `conditionKeys`. */
  readonly input: object;
}

/** The caller's id as it is kept in `created_by` and the like. */
export function callerId(caller: Caller): string {
  if (caller.kind === "identity") return caller.id;
  return caller.kind === "internal" ? caller.job : "";
}

export interface Steps<Input extends object, Subject, Output extends object, Store extends View> {
  /** A login: asked for by those who have no credential yet. */
  readonly forAnyone?: true;
  /**
   * Work that must not hold a transaction open (a slow hash, a call to another server), done on what is committed
   * now. What it finds out goes into the input; that the state is still the same is for `locate` to see.
   */
  prepare?(input: Input, context: Preparing): Promise<Input>;
  locate(input: Input, context: Context<Store>): Promise<Located<Subject>>;
  /**
   * Slow work, or work outside this server, that only a caller who may do the operation has a claim to: a key pair, a
   * message. The operation is located and authorised for it in a view, and once more where it runs; what it finds out
   * goes into the input. `locate` of such an operation only reads.
   */
  work?(input: Input, subject: Subject, context: Context<View>): Promise<Input>;
  /** Whether `work` reaches outside: then it is recorded, as pending, before it begins. */
  reachesOut?(input: Input, subject: Subject): boolean;
  /**
   * A refusal that is thrown undoes everything; one that is returned is recorded and answered like it, but what was
   * done stays: a failed login that is counted.
   */
  run(input: Input, located: Located<Subject>, context: Context<Store>): Promise<Output | Refusal>;
}

/** What there is before an operation has a store to itself. */
export interface Preparing {
  readonly view: View;
  readonly call: Call;
  readonly now: Millis;
  readonly capabilities: Capabilities;
}

export interface ReadOperation<Input extends object, Subject, Output extends object> extends Steps<
  Input,
  Subject,
  Output,
  View
> {
  readonly kind: "read";
  readonly name: OperationOfKind<"read">;
}

export interface ChangeOperation<
  Input extends object,
  Subject,
  Output extends object,
> extends Steps<Input, Subject, Output, Transaction> {
  readonly kind: "change";
  readonly name: OperationOfKind<"change">;
}

export type Operation<Input extends object, Subject, Output extends object> =
  | ReadOperation<Input, Subject, Output>
  | ChangeOperation<Input, Subject, Output>;

/**
 * Declares an operation that changes nothing. The fields that its row in the catalogue allows are recorded from
 * the input and the output, by name.
 */
export function readOperation<Input extends object, Subject, Output extends object>(
  operation: Omit<ReadOperation<Input, Subject, Output>, "kind">,
): ReadOperation<Input, Subject, Output> {
  return { kind: "read", ...operation };
}

/** Declares an operation that runs, and is recorded, in one transaction. */
export function changeOperation<Input extends object, Subject, Output extends object>(
  operation: Omit<ChangeOperation<Input, Subject, Output>, "kind">,
): ChangeOperation<Input, Subject, Output> {
  return { kind: "change", ...operation };
}
