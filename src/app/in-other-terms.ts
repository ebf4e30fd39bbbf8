/**
 * A change for wires that ask for the same thing in other terms: by a name where it has an id, in one call where it
 * takes two. What is done, and who may do it, is the operation's own; what was asked for is recorded as it was asked.
 */
import { Refusal } from "../kernel/errors.ts";
import { changeOperation, type ChangeOperation, type Context, type Located } from "./operation.ts";
import type { View } from "./state.ts";

export interface Terms<Given, Input, Output, Shown> {
  /**
   * What the operation is asked for, found in the state. Only reads. What it throws anybody hears, unless it is
   * `not_found`.
   */
  understood(given: Given, context: Context<View>): Promise<Input & Doubtful>;
  /** Why it is not done all the same, for those who may do it. Only reads. */
  refusal?(input: Input, context: Context<View>): Promise<Refusal | undefined>;
  /** What is answered, with what it takes from the state besides. */
  shown(output: Output, context: Context<View>, given: Given): Promise<Shown>;
}

export interface Doubtful {
  /** Why what was asked for is none of what there is: for those who may do it, since it says who there is. */
  readonly unfit?: Refusal | undefined;
}

export interface Understood<Input, Subject> {
  readonly input: Input;
  readonly located: Located<Subject>;
}

export function changeInTerms<
  Given extends object,
  Input extends object,
  Subject,
  Output extends object,
  Shown extends object,
>(
  operation: ChangeOperation<Input, Subject, Output>,
  terms: Terms<Given, Input, Output, Shown>,
): ChangeOperation<Given, Understood<Input, Subject>, Shown> {
  return changeOperation({
    name: operation.name,
    async locate(given, context) {
      const input = await terms.understood(given, context);
      const located = await operation.locate(input, context);
      const refusal = located.refusal ?? input.unfit ?? (await terms.refusal?.(input, context));
      return { ...located, refusal, subject: { input, located } };
    },
    async run(given, { subject: { input, located } }, context) {
      const output = await operation.run(input, located, context);
      return output instanceof Refusal ? output : terms.shown(output, context, given);
    },
  });
}
