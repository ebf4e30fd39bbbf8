/** IBM's Policy Management, line by line: method and path, the operation, and how it is read and shown. */
import type { FastifyRequest } from "fastify";
import {
  createPolicy,
  deletePolicy,
  listPolicies,
  readPolicy,
} from "../../../../app/identity/policies.ts";
import { listRoles } from "../../../../app/identity/list-roles.ts";
import { updatePolicy } from "../../../../app/identity/update-policy.ts";
import type { Operation } from "../../../../app/operation.ts";
import { route, type Answer, type Method, type Route } from "../../../route.ts";
import { unservedRoute } from "../unserved.ts";
import * as lists from "./decode-lists.ts";
import * as policies from "./decode-policies.ts";
import {
  policyBodyV1,
  policyBodyV2,
  policyListBody,
  roleListBody,
  withTag,
} from "./encode-policies.ts";

const V1 = "/v1/policies";
const V2 = "/v2/policies";
const ROLES = "/v2/roles";

export const policyRoutes: readonly Route[] = [
  line(`POST ${V1}`, createPolicy, [policies.decodeNewPolicyV1, withTag(201, policyBodyV1)]),
  line(`GET ${V1}`, listPolicies, [lists.decodePolicyListV1, policyListBody(policyBodyV1)]),
  line(`GET ${V1}/:id`, readPolicy, [policies.decodePolicyId, withTag(200, policyBodyV1)]),
  line(`PUT ${V1}/:id`, updatePolicy, [policies.decodePolicyV1, withTag(200, policyBodyV1)]),
  line(`PATCH ${V1}/:id`, updatePolicy, [policies.decodePolicyState, withTag(200, policyBodyV1)]),
  line(`DELETE ${V1}/:id`, deletePolicy, [policies.decodePolicyId, noContent]),
  line(`POST ${V2}`, createPolicy, [policies.decodeNewPolicyV2, withTag(201, policyBodyV2)]),
  line(`GET ${V2}`, listPolicies, [lists.decodePolicyListV2, policyListBody(policyBodyV2)]),
  line(`GET ${V2}/:id`, readPolicy, [policies.decodePolicyId, withTag(200, policyBodyV2)]),
  line(`PUT ${V2}/:id`, updatePolicy, [policies.decodePolicyV2, withTag(200, policyBodyV2)]),
  line(`DELETE ${V2}/:id`, deletePolicy, [policies.decodePolicyId, noContent]),
  line(`GET ${ROLES}`, listRoles, [lists.decodeRoleList, roleListBody]),
];

/** The roles are the product's own: their permissions are the operations that there are. */
const CUSTOM_ROLES = "Custom roles";

export const unservedRoleRoutes: readonly Route[] = [
  unservedRoute("POST", ROLES, CUSTOM_ROLES),
  ...(["GET", "PUT", "DELETE"] as const).map((method) =>
    unservedRoute(method, `${ROLES}/:id`, CUSTOM_ROLES),
  ),
];

/** One line of the table: how IBM writes the call, the operation, and how its input and its output are written. */
function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  [decode, encode]: readonly [
    (request: FastifyRequest) => Input,
    (output: Output, request: FastifyRequest) => Answer,
  ],
): Route {
  const [method, url] = call.split(" ", 2) as [Method, string];
  const about = url.endsWith("/:id") ? policies.aboutPolicy : () => null;
  return route({ method, url, operation, decode, encode, about });
}

function noContent(): Answer {
  return { status: 204 };
}
