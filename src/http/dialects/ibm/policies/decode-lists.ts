/** Queries of the lists of policies and of roles, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import type { ListPoliciesInput } from "../../../../app/identity/policies.ts";
import type { ListRolesInput } from "../../../../app/identity/list-roles.ts";
import { isAccessGroupId } from "../../../../identity/access-group.ts";
import type { PolicyOrder } from "../../../../identity/policy.ts";
import { SERVICE_KINDS, SERVICES } from "../../../../identity/role-kinds.ts";
import type { Order } from "../../../../identity/walk.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { positionIn } from "./page-token.ts";
import { Query } from "../query.ts";
import { isIamId } from "./decode-policies.ts";

const POLICY_TYPES = ["access", "authorization"] as const;

/** Every policy has the same type, and its address by its id. */
const orders: Readonly<Record<string, PolicyOrder>> = {
  id: "id",
  type: "id",
  href: "id",
  created_at: "createdAt",
  created_by_id: "createdBy",
  last_modified_at: "modifiedAt",
  last_modified_by_id: "modifiedBy",
  state: "state",
};

const COMMON = [
  "account_id",
  "iam_id",
  "access_group_id",
  "type",
  "service_type",
  "sort",
  "format",
  "state",
  "limit",
  "start",
] as const;

type Filter = (typeof COMMON)[number] | "service_name";

/** Without a state, those in force. Without a limit, as many as a page holds; `next` says whether there are more. */
export function decodePolicyListV1(request: FastifyRequest): ListPoliciesInput {
  return listOf(new Query<Filter>(request, COMMON));
}

export function decodePolicyListV2(request: FastifyRequest): ListPoliciesInput {
  const query = new Query<Filter>(request, [...COMMON, "service_name"]);
  return { ...listOf(query), service: query.oneOf("service_name", SERVICES) };
}

export function decodeRoleList(request: FastifyRequest): ListRolesInput {
  const query = new Query(request, [
    "account_id",
    "service_name",
    "policy_type",
    "source_service_name",
  ]);
  const type = query.oneOf("policy_type", POLICY_TYPES);
  // Only authorizations have a service for a source, and there are none.
  const isOfSource = query.text("source_service_name") !== undefined;
  return {
    account: query.text("account_id"),
    service: query.oneOf("service_name", SERVICES),
    type: isOfSource ? "authorization" : type,
  };
}

function listOf(query: Query<Filter>): ListPoliciesInput {
  const account = query.text("account_id");
  if (account === undefined) {
    throw new Refusal("invalid_request", "The query parameter account_id is missing.", {
      field: "account_id",
      fault: "missing-parameter",
    });
  }
  query.sort("sort", orders);
  const order = orderOf(query.text("sort"));
  // Only the trail knows when a policy last counted, and it can be asked.
  query.oneOf("format", ["display"]);
  return {
    account,
    subject: subjectIn(query),
    type: query.oneOf("type", POLICY_TYPES),
    kind: query.oneOf("service_type", SERVICE_KINDS),
    state: query.oneOf("state", ["active", "deleted"]) ?? "active",
    limit: query.whole("limit"),
    order,
    beside: positionIn(query.text("start"), order),
  };
}

function orderOf(sort: string | undefined): Order<PolicyOrder> {
  if (sort === undefined || sort === "") return { by: "createdAt", isDescending: false };
  const isDescending = sort.startsWith("-");
  return { by: orders[isDescending ? sort.slice(1) : sort] ?? "createdAt", isDescending };
}

function subjectIn(query: Query<Filter>): string | undefined {
  const iamId = query.text("iam_id");
  const group = query.text("access_group_id");
  if (iamId !== undefined && group !== undefined) {
    throw invalid("iam_id", "The query parameters iam_id and access_group_id exclude each other.");
  }
  if (iamId !== undefined && !isIamId(iamId)) {
    throw invalid("iam_id", "The query parameter iam_id is no IAM id.");
  }
  if (group !== undefined && !isAccessGroupId(group)) {
    throw invalid("access_group_id", "The query parameter access_group_id is no id of a group.");
  }
  return iamId ?? group;
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
