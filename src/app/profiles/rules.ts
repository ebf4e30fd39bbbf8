/**
 * Rules of trusted profiles: which claims of an identity provider are enough to act as the profile, and for how long.
 * Rules for compute resources are kept and shown; what would prove such a resource is not served (see `trust.ts`).
 */
import { newClaimRuleId } from "../../identity/access-group.ts";
import type { GivenCondition } from "../../identity/claims.ts";
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import { checkedRule, type RuleTerms } from "../../identity/profile-rule.ts";
import {
  MAX_RULES_PER_PROFILE,
  withTrustTaken,
  type ProfileRule,
  type ProfileRuleType,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";
import { callerId, changeOperation, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { locatedIn, findProfile, inProfile, type PartOf } from "./find.ts";

/** Named as on the wire, and so recorded. */
export interface RuleInput {
  readonly name?: string | undefined;
  readonly type: ProfileRuleType;
  readonly realm_name?: string | undefined;
  readonly cr_type?: string | undefined;
  /** Seconds. */
  readonly expiration?: number | undefined;
  readonly conditions: readonly GivenCondition[];
}

export interface CreateProfileRuleInput extends RuleInput {
  /** Of the profile. */
  readonly id: string;
}

/** Whoever is logged in already is held against it at the next login: claims are not kept. */
export const createProfileRule = changeOperation<
  CreateProfileRuleInput,
  PartOf<ProfileRule>,
  ProfileRule
>({
  name: "profile-rule.create",
  async locate(input, context) {
    const profile = await findProfile(input.id, context);
    const { now, caller } = context;
    const rule: ProfileRule = {
      id: newClaimRuleId(),
      account: profile.account,
      profile: profile.id,
      ...termsOf(input),
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    const subject = { profile, part: rule };
    const facts = { ruleId: rule.id, ...ruleFacts(rule) };
    return locatedIn("profile-rule.create", { profile, subject, facts }, context);
  },
  async run(_input, { subject: { profile, part: rule } }, { store }) {
    const rules = await store.profiles.profileRules(profile.account, profile.id);
    assertRoom(rules.length, MAX_RULES_PER_PROFILE, "rules of a trusted profile");
    await store.profiles.putProfileRule(rule);
    return rule;
  },
});

function termsOf({ name, type, realm_name, cr_type, expiration, conditions }: RuleInput) {
  return checkedRule({
    name,
    type,
    realm: realm_name,
    crType: cr_type,
    expirationS: expiration,
    conditions,
  });
}

export interface ListedProfileRules {
  readonly rules: readonly ProfileRule[];
  readonly totalCount: number;
}

/** All of them: a profile has few. */
export const listProfileRules = readOperation<
  { readonly id: string },
  TrustedProfile,
  ListedProfileRules
>({
  name: "profile-rule.list",
  locate: (input, context) => inProfile("profile-rule.list", input, context),
  async run(_input, { subject: { account, id } }, { store }) {
    const rules = await store.profiles.profileRules(account, id);
    return { rules, totalCount: rules.length };
  },
});

export interface ProfileRuleInput {
  /** Of the profile. */
  readonly id: string;
  readonly ruleId: string;
}

export const readProfileRule = readOperation<ProfileRuleInput, PartOf<ProfileRule>, ProfileRule>({
  name: "profile-rule.read",
  async locate(input, context) {
    const subject = await findRule(input, context);
    return locatedIn("profile-rule.read", { profile: subject.profile, subject }, context);
  },
  run: async (_input, { subject: { part: rule } }) => rule,
});

export interface UpdateProfileRuleInput extends ProfileRuleInput, RuleInput {
  /** The entity tag that the rule had when it was read, or `*`. */
  readonly ifMatch: string;
}

interface RuleUpdate {
  readonly before: ProfileRule;
  readonly after: ProfileRule;
}

/**
 * Puts a rule in the place of another. If it says anything else than before, sessions of the profile are over: whoever
 * acted as it is asked again, in a new login.
 */
export const updateProfileRule = changeOperation<
  UpdateProfileRuleInput,
  PartOf<RuleUpdate>,
  ProfileRule
>({
  name: "profile-rule.update",
  async locate(input, context) {
    const { profile, part: before } = await findRule(input, context);
    const changes = { entityTag: newEntityTag(), modifiedAt: context.now };
    const after: ProfileRule = { ...before, ...termsOf(input), ...changes };
    const facts = { ...ruleFacts(after), previous: ruleFacts(before) };
    const subject = { profile, part: { before, after } };
    return locatedIn("profile-rule.update", { profile, subject, facts }, context);
  },
  async run({ ifMatch }, { subject: { profile, part } }, { store, now }) {
    assertEntityTag(part.before, ifMatch);
    await store.profiles.putProfileRule(part.after);
    if (!saysTheSame(part.before, part.after)) {
      await store.profiles.putProfile(withTrustTaken(profile, now));
    }
    return part.after;
  },
});

/** Whatever the two are called. */
function saysTheSame(one: RuleTerms, other: RuleTerms): boolean {
  const bare = (rule: RuleTerms): string => JSON.stringify(ruleFacts({ ...rule, name: "" }));
  return bare(one) === bare(other);
}

/** Sessions of the profile are over with it. */
export const deleteProfileRule = changeOperation<ProfileRuleInput, PartOf<ProfileRule>, object>({
  name: "profile-rule.delete",
  async locate(input, context) {
    const subject = await findRule(input, context);
    const { profile, part: rule } = subject;
    return locatedIn("profile-rule.delete", { profile, subject, facts: ruleFacts(rule) }, context);
  },
  async run(_input, { subject: { profile, part: rule } }, { store, now }) {
    await store.profiles.deleteProfileRule(profile.account, profile.id, rule.id);
    await store.profiles.putProfile(withTrustTaken(profile, now));
    return {};
  },
});

async function findRule(
  { id, ruleId }: ProfileRuleInput,
  context: Context<View>,
): Promise<PartOf<ProfileRule>> {
  const profile = await findProfile(id, context);
  const part = await context.store.profiles.profileRule(profile.account, profile.id, ruleId);
  if (!part) throw new Refusal("not_found", "The trusted profile has no such rule.");
  return { profile, part };
}

/** What the record says of a rule, in the names of the wire. */
function ruleFacts(rule: RuleTerms): object {
  const { name, type, realm, crType, expirationS, conditions } = rule;
  return {
    name,
    type,
    ...(type === "Profile-SAML" ? { realm_name: realm } : { cr_type: crType }),
    expiration: expirationS,
    conditions,
  };
}
