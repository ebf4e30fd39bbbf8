/** What stands in a path of this wire: ids, each checked for its form before it is looked for or recorded. */
import type { FastifyRequest } from "fastify";
import { isAccessGroupId, isClaimRuleId, isMemberId } from "../../../../identity/access-group.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { About } from "../../../route.ts";
import { segment } from "../path.ts";

export function groupIdIn(request: FastifyRequest): string {
  return groupId(segment(request, "id"));
}

export function ruleIdIn(request: FastifyRequest): string {
  return checked(segment(request, "rule_id"), isClaimRuleId, "The id of a rule is `ClaimRule-…`.");
}

export function memberIdIn(request: FastifyRequest): string {
  return memberId(segment(request, "iam_id"));
}

/** Ids wherever a call gives one. */
export function groupId(text: string): string {
  return checked(text, isAccessGroupId, "The id of an access group is `AccessGroupId-…`.");
}

export function memberId(text: string): string {
  const sentence = "A member is `IBMid-…`, `iam-ServiceId-…` or `iam-Profile-…`.";
  return checked(text, isMemberId, sentence);
}

/** The group that the path names. */
export const aboutGroup: About = (request) => {
  const id = segment(request, "id");
  return isAccessGroupId(id) ? { kind: "groups", id } : null;
};

function checked(text: string, isOne: (text: string) => boolean, sentence: string): string {
  if (!isOne(text)) throw new Refusal("invalid_request", sentence);
  return text;
}
