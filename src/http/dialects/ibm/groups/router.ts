/** IBM's Access Groups v2, line by line: method and path, the operation behind them, and how it is read and shown. */
import type { FastifyRequest } from "fastify";
import {
  createAccessGroup,
  listAccessGroups,
  readAccessGroup,
  updateAccessGroup,
} from "../../../../app/groups/access-groups.ts";
import { addMembers, addToGroups } from "../../../../app/groups/add-members.ts";
import { deleteAccessGroup } from "../../../../app/groups/delete-access-group.ts";
import { listMembers, readMember } from "../../../../app/groups/read-members.ts";
import {
  removeFromGroups,
  removeMember,
  removeMembers,
} from "../../../../app/groups/remove-members.ts";
import {
  createRule,
  deleteRule,
  listRules,
  readRule,
  replaceRule,
} from "../../../../app/groups/rules.ts";
import { readGroupSettings, updateGroupSettings } from "../../../../app/groups/settings.ts";
import type { Operation } from "../../../../app/operation.ts";
import { route, type Answer, type Method, type Route } from "../../../route.ts";
import * as decode from "./decode.ts";
import * as encode from "./encode.ts";
import { entityTagHeader } from "../if-match.ts";
import { aboutGroup } from "./path.ts";

const GROUPS = "/v2/groups";
const SETTINGS = `${GROUPS}/settings`;
const MEMBER_EVERYWHERE = `${GROUPS}/_allgroups/members/:iam_id`;
const GROUP = `${GROUPS}/:id`;
const MEMBERS = `${GROUP}/members`;
const MEMBER = `${MEMBERS}/:iam_id`;
const RULES = `${GROUP}/rules`;
const RULE = `${RULES}/:rule_id`;

export const accessGroupRoutes: readonly Route[] = [
  line(`POST ${GROUPS}`, createAccessGroup, [decode.decodeNewGroup, tagged(201, encode.groupBody)]),
  line(`GET ${GROUPS}`, listAccessGroups, [decode.decodeGroupList, ok(encode.groupListBody)]),
  line(`GET ${GROUP}`, readAccessGroup, [decode.decodeGroup, tagged(200, encode.groupBody)]),
  line(`PATCH ${GROUP}`, updateAccessGroup, [
    decode.decodeGroupPatch,
    tagged(200, encode.groupBody),
  ]),
  line(`DELETE ${GROUP}`, deleteAccessGroup, [decode.decodeGroupDeletion, noContent]),

  line(`PUT ${MEMBERS}`, addMembers, [decode.decodeNewMembers, multi(encode.addedMembersBody)]),
  line(`GET ${MEMBERS}`, listMembers, [decode.decodeMemberList, ok(encode.memberListBody)]),
  line(`POST ${MEMBERS}/delete`, removeMembers, [
    decode.decodeFormerMembers,
    multi(encode.removedMembersBody),
  ]),
  line(`HEAD ${MEMBER}`, readMember, [decode.decodeMember, noContent]),
  line(`DELETE ${MEMBER}`, removeMember, [decode.decodeMember, noContent]),
  line(`PUT ${MEMBER_EVERYWHERE}`, addToGroups, [
    decode.decodeNewMemberships,
    multi(encode.membershipsBody),
  ]),
  line(`DELETE ${MEMBER_EVERYWHERE}`, removeFromGroups, [
    decode.decodeFormerMemberships,
    multi(encode.membershipsBody),
  ]),

  line(`POST ${RULES}`, createRule, [decode.decodeNewRule, tagged(201, encode.ruleBody)]),
  line(`GET ${RULES}`, listRules, [decode.decodeRuleList, ok(encode.ruleListBody)]),
  line(`GET ${RULE}`, readRule, [decode.decodeRule, tagged(200, encode.ruleBody)]),
  line(`PUT ${RULE}`, replaceRule, [decode.decodeNextRule, tagged(200, encode.ruleBody)]),
  line(`DELETE ${RULE}`, deleteRule, [decode.decodeRule, noContent]),

  line(`GET ${SETTINGS}`, readGroupSettings, [decode.decodeSettings, ok(encode.settingsBody)]),
  line(`PATCH ${SETTINGS}`, updateGroupSettings, [
    decode.decodeSettingsPatch,
    ok(encode.settingsBody),
  ]),
];

type Body<Output> = (output: Output, request: FastifyRequest) => object;
type Encode<Output> = (output: Output, request: FastifyRequest) => Answer;

/** One line of the table: how IBM writes the call, the operation, and how its input and its output are written. */
function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  [decoded, encoded]: readonly [(request: FastifyRequest) => Input, Encode<Output>],
): Route {
  const [method, url] = call.split(" ", 2) as [Method, string];
  const about = url.startsWith(GROUP) ? aboutGroup : () => null;
  return route({ method, url, operation, decode: decoded, encode: encoded, about });
}

function ok<Output>(body: Body<Output>): Encode<Output> {
  return (output, request) => ({ status: 200, body: body(output, request) });
}

/** RFC 4918, section 13: the body has a status for each part. */
function multi<Output>(body: Body<Output>): Encode<Output> {
  return (output, request) => ({ status: 207, body: body(output, request) });
}

/** With its entity tag, which a change has to name. */
function tagged<Output extends { readonly entityTag: string }>(
  status: 200 | 201,
  body: Body<Output>,
): Encode<Output> {
  return (output, request) => ({
    status,
    headers: entityTagHeader(output.entityTag),
    body: body(output, request),
  });
}

function noContent(): Answer {
  return { status: 204 };
}
