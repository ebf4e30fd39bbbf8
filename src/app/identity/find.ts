/** Finding what an operation on identities is about: its target, the resource of its policy, the parts of a list. */
import type { TargetRef } from "../../audit/describe.ts";
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import type { Place } from "../../audit/crn.ts";
import { accountPlace } from "../../identity/account.ts";
import type { Resource } from "../../identity/authorize.ts";
import { MAX_LIST_LIMIT, type Window } from "../../identity/store.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isOwnMatter } from "../../identity/roles.ts";
import { isUserId } from "../../identity/user.ts";
import type { Call, Caller } from "../call.ts";
import type { Located } from "../operation.ts";

export interface Named {
  readonly kind:
    | "account"
    | "user"
    | "serviceid"
    | "profile"
    | "apikey"
    | "policy"
    | "groups"
    | "identity-provider"
    | "settings";
  readonly id: string;
  readonly name: string;
}

/** Identities belong to the account of the call, in no region and no instance. */
export function placeOf(call: Call): Place {
  return accountPlace(call.place.account);
}

export function targetOf(call: Call, named: Named): TargetRef {
  return { place: placeOf(call), ...named };
}

/** What an operation on identities is about. */
export interface About<Subject> {
  readonly target: Named | null;
  readonly subject: Subject;
  /** Whose it is, by its IAM id: what is a user's own matter, the user needs no role for. */
  readonly owner?: string | undefined;
  readonly facts?: object;
}

/** Located in the account as a whole, which is what policies over identities speak of. */
export function inAccount<Subject>(
  operation: OperationName,
  call: Call,
  { target, subject, owner, facts }: About<Subject>,
): Located<Subject> {
  const place = placeOf(call);
  const resource: Resource = { service: serviceOf(catalogue[operation].action), place };
  const isOwn = isOwnMatter(operation) && isUser(call.caller, owner);
  return {
    target: target ? targetOf(call, target) : { place, kind: "", id: "", name: "" },
    resource: isOwn ? null : resource,
    subject,
    operation,
    ...(facts === undefined ? {} : { facts }),
  };
}

/** A trusted profile is not the user who applies it: what it may do is what it was given. */
function isUser(caller: Caller, iamId: string | undefined): boolean {
  return caller.kind === "identity" && caller.id === iamId && isUserId(caller.id);
}

export interface ListInput {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

export function windowOf({ offset = 0, limit = MAX_LIST_LIMIT }: ListInput): Window {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new Refusal("invalid_request", "`offset` must be a whole number from 0 on.", {
      field: "offset",
    });
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
    const sentence = `\`limit\` must be a whole number between 1 and ${MAX_LIST_LIMIT}.`;
    throw new Refusal("invalid_request", sentence, { field: "limit" });
  }
  return { offset, limit };
}

/** Refuses what would pass a limit of the product; `what` is the plural of what there are too many of. */
export function assertRoom(count: number, max: number, what: string): void {
  if (count >= max) {
    throw new Refusal("limit_reached", `There may be ${max} ${what}, and there are.`, {
      limit: max,
    });
  }
}
