/**
 * Rules of access groups: who becomes a member at a federated login, and for how long. A rule that is changed holds for
 * logins from then on; what it gave before lasts as long as it was given for. A rule that is deleted takes it away.
 */
import {
  checkedRule,
  MAX_RULES_PER_GROUP,
  newClaimRuleId,
  type AccessGroup,
  type GroupRule,
} from "../../identity/access-group.ts";
import type { GivenCondition } from "../../identity/claims.ts";
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";
import { whole } from "../identity/removal.ts";
import {
  callerId,
  changeOperation,
  readOperation,
  type Context,
  type Located,
} from "../operation.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import type { View } from "../state.ts";
import { assertMadeByHand, inGroup } from "./find.ts";
import { memberRemoved } from "./leave-groups.ts";

/** By the names that the record has for them. */
export interface RuleInput {
  readonly group: string;
  readonly name?: string | undefined;
  /** In hours. */
  readonly expiration: number;
  readonly realm_name: string;
  readonly conditions: readonly GivenCondition[];
}

interface InGroup {
  readonly group: AccessGroup;
  readonly rule: GroupRule;
}

export const createRule = changeOperation<RuleInput, InGroup, GroupRule>({
  name: "access-group-rule.create",
  async locate(input, context) {
    const { caller, now } = context;
    const located = await inGroup("access-group-rule.create", input.group, context);
    const { subject: group } = located;
    const rule: GroupRule = {
      id: newClaimRuleId(),
      account: group.account,
      group: group.id,
      ...said(input),
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
      modifiedBy: callerId(caller),
    };
    // As they are kept: written in another way they could say something else to who reads them.
    const facts = { conditions: rule.conditions };
    return { ...located, subject: { group, rule }, facts };
  },
  async run(_input, { subject: { group, rule } }, { store }) {
    assertMadeByHand(group);
    const rules = await store.groups.rules(group.account, group.id);
    assertRoom(rules.length, MAX_RULES_PER_GROUP, "rules of an access group");
    await store.groups.putRule(rule);
    return rule;
  },
});

function said(input: RuleInput): ReturnType<typeof checkedRule> {
  const { name = "", realm_name: realm, expiration: expirationHours, conditions } = input;
  return checkedRule({ name, realm, expirationHours, conditions });
}

export interface ListRulesInput {
  readonly group: string;
}

export interface ListedRules {
  readonly rules: readonly GroupRule[];
  readonly totalCount: number;
}

/** All of them: a group has few. */
export const listRules = readOperation<ListRulesInput, AccessGroup, ListedRules>({
  name: "access-group-rule.list",
  locate({ group }, context) {
    return inGroup("access-group-rule.list", group, context);
  },
  async run(_input, { subject: { account, id } }, { store }) {
    const rules = await store.groups.rules(account, id);
    return { rules, totalCount: rules.length };
  },
});

export interface RuleOfGroup {
  readonly group: string;
  readonly id: string;
}

export const readRule = readOperation<RuleOfGroup, InGroup, GroupRule>({
  name: "access-group-rule.read",
  locate(input, context) {
    return inRule("access-group-rule.read", input, context);
  },
  async run(_input, { subject: { rule } }) {
    return rule;
  },
});

export interface ReplaceRuleInput extends RuleInput, RuleOfGroup {
  /** The entity tag of the state that is to be replaced. */
  readonly ifMatch: string;
}

interface Replacing extends InGroup {
  readonly next: GroupRule;
}

export const replaceRule = changeOperation<ReplaceRuleInput, Replacing, GroupRule>({
  name: "access-group-rule.update",
  async locate(input, context) {
    const located = await inRule("access-group-rule.update", input, context);
    const { rule } = located.subject;
    const next: GroupRule = {
      ...rule,
      ...said(input),
      entityTag: newEntityTag(),
      modifiedAt: context.now,
      modifiedBy: callerId(context.caller),
    };
    return {
      ...located,
      subject: { ...located.subject, next },
      facts: {
        prev_instance_name: rule.name,
        instance_name: next.name,
        conditions: next.conditions,
      },
    };
  },
  async run({ ifMatch }, { subject: { rule, next } }, { store }) {
    assertEntityTag(rule, ifMatch);
    await store.groups.putRule(next);
    return next;
  },
});

/** With the memberships that it gave; each that was in force is recorded, and so is whom the rule let in. */
export const deleteRule = changeOperation<RuleOfGroup, InGroup, object>({
  name: "access-group-rule.delete",
  async locate(input, context) {
    const located = await inRule("access-group-rule.delete", input, context);
    return { ...located, facts: ruleFacts(located.subject.rule) };
  },
  async run({ id }, { subject: { rule }, target }, { store, now, also }) {
    const { account, group } = rule;
    const given = await whole((offset, limit) =>
      store.groups.members({ account, group }, { membership: "dynamic", now }, { offset, limit }),
    );
    for (const member of given) {
      if (member.rule === id) also(memberRemoved(target, { iam_id: member.iamId, rule_id: id }));
    }
    await store.groups.deleteRule(account, group, id);
    return {};
  },
});

/** The group is the target: it is to its members that the rule makes a difference. */
async function inRule(
  operation: OperationName,
  { group: groupId, id }: RuleOfGroup,
  context: Context<View>,
): Promise<Located<InGroup>> {
  const located = await inGroup(operation, groupId, context);
  const { subject: group } = located;
  const rule = await context.store.groups.rule(group.account, group.id, id);
  if (!rule) throw new Refusal("not_found", "There is no such rule of the access group.");
  return { ...located, subject: { group, rule } };
}

/** What the record says of a rule, in the names of the wire. */
export function ruleFacts({ name, expirationHours, realm, conditions }: GroupRule): object {
  return { name, expiration: expirationHours, realm_name: realm, conditions };
}
