/** Policies that are written for one identity alone: there are none, and asking for one is told so. */
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation, readOperation } from "../operation.ts";
import { inAccount } from "./find.ts";
import { held, type Holder } from "./policy-holders.ts";

function refusing(name: "policy.user.put" | "policy.role.put") {
  return changeOperation<Holder, null, object>({
    name,
    async locate(by, context) {
      const { target } = await held(by, context);
      const sentence =
        "Inline policies are not kept here: attach one of the managed policies that ListPolicies names.";
      return {
        ...inAccount(name, context.call, { target, subject: null }),
        refusal: new Refusal("precondition_failed", sentence, { reason: "inline-policy" }),
      };
    },
    run: async () => ({}),
  });
}

export const putUserPolicy = refusing("policy.user.put");
export const putRolePolicy = refusing("policy.role.put");

export interface ListedInline {
  readonly names: readonly string[];
  readonly totalCount: number;
}

function listing(name: "policy.user.inline.list" | "policy.role.inline.list") {
  return readOperation<Holder, null, ListedInline>({
    name,
    async locate(by, context) {
      const { holder, target } = await held(by, context);
      return inAccount(name, context.call, { target, subject: null, owner: holder.iamId });
    },
    run: async () => ({ names: [], totalCount: 0 }),
  });
}

export const listUserPolicies = listing("policy.user.inline.list");
export const listRolePolicies = listing("policy.role.inline.list");
