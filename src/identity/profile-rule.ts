/** What a rule of a trusted profile may say, by its type. */
import { Refusal } from "../kernel/errors.ts";
import { checkedConditions, type Condition, type GivenCondition } from "./claims.ts";
import { checkedRealm } from "./identity-provider.ts";
import { checkedName } from "./text.ts";
import {
  COMPUTE_RESOURCES,
  type ComputeResource,
  type ProfileRule,
  type ProfileRuleType,
} from "./trusted-profile.ts";

/** IBM's bounds of a session that an account may set. */
export const MIN_RULE_SESSION_S = 900;
export const MAX_RULE_SESSION_S = 86_400;
/**
 * Of all conditions of a rule together. The record of a change holds them as they were and as they are, and has to fit
 * one entry of the log in any script: nobody can lengthen a rule until the record no longer says whom it lets in.
 */
export const MAX_CONDITIONS_CHARS = 8_192;
/** What is shown of a rule for compute resources that says nothing: their sessions last as long as a token. */
const COMPUTE_SESSION_S = 3_600;

/** A rule as somebody asks for it. */
export interface GivenRule {
  readonly name?: string | undefined;
  readonly type: ProfileRuleType;
  readonly realm?: string | undefined;
  readonly crType?: string | undefined;
  readonly expirationS?: number | undefined;
  readonly conditions: readonly GivenCondition[];
}

export type RuleTerms = Pick<
  ProfileRule,
  "name" | "type" | "realm" | "crType" | "expirationS" | "conditions"
>;

/** Refuses what would mean nothing in a rule of its type, so that nobody believes it to be a bound. */
export function checkedRule(given: GivenRule): RuleTerms {
  const { name = "", type } = given;
  const isOfPeople = type === "Profile-SAML";
  return {
    name: name === "" ? "" : checkedName(name),
    type,
    realm: isOfPeople ? realmOf(given) : none(given.realm, "realm_name", type),
    crType: isOfPeople ? none(given.crType, "cr_type", type) : checkedComputeResource(given.crType),
    expirationS: checkedSession(given.expirationS ?? (isOfPeople ? undefined : COMPUTE_SESSION_S)),
    conditions: boundedConditions(given.conditions),
  };
}

export function checkedComputeResource(crType: string | undefined): ComputeResource {
  const known = COMPUTE_RESOURCES.find((one) => one === crType);
  if (known !== undefined) return known;
  throw invalid("cr_type", `\`cr_type\` must be one of ${COMPUTE_RESOURCES.join(", ")}.`);
}

function boundedConditions(given: readonly GivenCondition[]): readonly Condition[] {
  const conditions = checkedConditions(given);
  const chars = conditions.reduce((sum, { claim, value }) => sum + claim.length + value.length, 0);
  if (chars <= MAX_CONDITIONS_CHARS) return conditions;
  const sentence = `The conditions of a rule have at most ${MAX_CONDITIONS_CHARS} characters together.`;
  throw invalid("conditions", sentence);
}

function realmOf({ realm, type }: GivenRule): string {
  if (realm !== undefined) return checkedRealm(realm);
  throw invalid("realm_name", `A rule of type ${type} needs a \`realm_name\`.`);
}

function none(value: string | undefined, field: string, type: ProfileRuleType): "" {
  if (value === undefined || value === "") return "";
  throw invalid(field, `A rule of type ${type} has no \`${field}\`.`);
}

function checkedSession(expirationS: number | undefined): number {
  const isWhole = Number.isSafeInteger(expirationS);
  if (
    expirationS !== undefined &&
    isWhole &&
    expirationS >= MIN_RULE_SESSION_S &&
    expirationS <= MAX_RULE_SESSION_S
  ) {
    return expirationS;
  }
  const bounds = `between ${MIN_RULE_SESSION_S} and ${MAX_RULE_SESSION_S} seconds`;
  throw invalid("expiration", `\`expiration\` must be ${bounds}.`);
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
