/**
 * What an undertaking does in the name of another identity: an operation like any other, judged by that identity's
 * rights and recorded as its doing, within the transaction of whoever set it off.
 */
import type { OperationName } from "../audit/catalogue.ts";
import { partsOf, scopeOf, type Grant } from "../identity/authorize.ts";
import { accountPlace } from "../identity/account.ts";
import { invariant, Refusal } from "../kernel/errors.ts";
import { authorize, locate } from "./admission.ts";
import type { Call, Identity } from "./call.ts";
import { judge } from "./judgement/judge.ts";
import { rulesInForce } from "./judgement/rules-in-force.ts";
import type { ChangeOperation, Consequence, Context } from "./operation.ts";
import type { Transaction } from "./state.ts";

export interface OnBehalf {
  readonly identity: Identity;
  /** What it has been granted in its account. */
  readonly grants: readonly Grant[];
  /** Of the undertaking. */
  readonly context: Context<Transaction>;
}

/**
 * Does the operation in the identity's account. Its events stand among the consequences of the undertaking. Throws the
 * refusal of the operation, or of any part of it, which undoes the undertaking as a whole.
 */
export async function doOnBehalf<Input extends object, Subject, Output extends object>(
  operation: ChangeOperation<Input, Subject, Output>,
  input: Input,
  { identity, grants, context }: OnBehalf,
): Promise<Output> {
  invariant(!operation.prepare && !operation.work, "what is done on behalf of another is quick");
  const { name } = operation;
  const parts: Consequence[] = [];
  let permission: OperationName = name;
  const place = accountPlace(identity.account);
  const call: Call = { ...context.call, caller: identity, place, about: null };
  const rules = await rulesInForce(identity, context.store, context.now);
  const own: Context<Transaction> = {
    ...context,
    caller: identity,
    call,
    scope: (resource) => scopeOf(grants, permission, resource),
    parts: () => partsOf(grants, name, identity.account),
    judge: (judged) =>
      judge(judged, { call, rights: { here: grants, home: null, rules }, now: context.now }),
    also: (consequence) => parts.push({ caller: identity, ...consequence }),
  };
  const located = await locate(operation, input, own);
  permission = located.operation ?? name;
  await authorize(operation, located, { input, context: own });
  const output = await operation.run(input, located, own);
  for (const ending of [output, ...parts.map((part) => part.output)]) {
    if (ending instanceof Refusal) throw ending;
  }
  // A refusal that was returned has just been thrown.
  const done = output as Output;
  if (!located.byParts) {
    const { target, facts } = located;
    const told = { operation: permission, target, input: { ...input, ...facts }, output: done };
    context.also({ ...told, caller: identity });
  }
  for (const part of parts) context.also(part);
  return done;
}
