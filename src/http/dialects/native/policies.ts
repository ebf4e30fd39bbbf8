/** Routes of policies and roles: who may do what, where. */
import { z } from "zod";
import { listRoles } from "../../../app/identity/list-roles.ts";
import {
  createPolicy,
  deletePolicy,
  listPolicies,
  readPolicy,
} from "../../../app/identity/policies.ts";
import { updatePolicy } from "../../../app/identity/update-policy.ts";
import { operationNames } from "../../../audit/catalogue.ts";
import { isAccessGroupId } from "../../../identity/access-group.ts";
import type { PolicyResource } from "../../../identity/authorize.ts";
import { ANY_ENTITY_TAG } from "../../../identity/entity-tag.ts";
import type { Policy } from "../../../identity/policy.ts";
import { SERVICE_KINDS, SERVICES, type ListedRole } from "../../../identity/role-kinds.ts";
import { ROLE_NAMES } from "../../../identity/roles.ts";
import { isActingServiceId } from "../../../identity/service-id.ts";
import { isActingProfile } from "../../../identity/trusted-profile.ts";
import { isUserId } from "../../../identity/user.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { isUuid } from "../../../kernel/ids.ts";
import type { About } from "../../route.ts";
import { listQuery, listShape } from "./identity-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const POLICIES = "/trail/v1/policies";
const POLICY = `${POLICIES}/:id`;

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;

const text = z.string().max(MAX_TEXT_CHARS);
const time = z.iso.datetime({ offset: true });
const state = z.enum(["active", "deleted"]);

const SUBJECT =
  "The IAM id of a user, a service ID or a trusted profile, or `AccessGroupId-…` of an access group";
/** Checked before anything is recorded: a text that is no id, an API key pasted by mistake, is not repeated. */
const subject = text
  .refine(isSubject, { error: "it is no IAM id and no id of an access group" })
  .meta({ description: SUBJECT });

const path = z.strictObject({
  id: text.refine(isUuid, { error: "it is not of the form UUID" }).meta({ description: "UUID" }),
});
const query = z.strictObject({
  ...listQuery.shape,
  subject: subject.optional(),
  service: z.enum(SERVICES).optional(),
  state: state.optional(),
});

const terms = {
  subject,
  roles: z.array(text).min(1).max(ROLE_NAMES.length),
  resource: z
    .strictObject({
      service: text.optional(),
      region: text.optional(),
      instance: text.optional(),
      secret_group: text.optional(),
    })
    .default({})
    .meta({ description: "Where the roles are given; what is left out is not restricted." }),
  description: text.optional(),
};
const newPolicy = z.strictObject(terms);
const changedPolicy = z.strictObject({
  ...terms,
  state: state
    .optional()
    .meta({ description: "A deleted policy gives nothing until it is active." }),
  entity_tag: text
    .default(ANY_ENTITY_TAG)
    .meta({ description: "As it was read; refused if there has been a change since. `*`: any." }),
});

const policyShape = z
  .strictObject({
    id: z.string(),
    subject: z.string(),
    roles: z.array(z.enum(ROLE_NAMES)),
    resource: z.strictObject({
      service: z.string().optional(),
      region: z.string().optional(),
      instance: z.string().optional(),
      secret_group: z.string().optional(),
    }),
    description: z.string(),
    state,
    entity_tag: z.string(),
    created_at: time,
    created_by: z.string(),
    modified_at: time,
    modified_by: z.string(),
  })
  .meta({ id: "Policy" });

const rolesShape = z.strictObject({
  roles: z.array(
    z.strictObject({
      name: z.enum(ROLE_NAMES),
      kind: z.enum(SERVICE_KINDS),
      description: z.string(),
      operations: z.array(z.enum(operationNames as [string, ...string[]])),
    }),
  ),
});

const about: About = ({ params }) => {
  const parsed = path.safeParse(params);
  return parsed.success ? { kind: "policy", id: parsed.data.id } : null;
};

export const policyRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: POLICIES,
    operationId: "createPolicy",
    summary: "Give an identity or an access group roles on the account or a part of it.",
    operation: createPolicy,
    body: newPolicy,
    answer: answered(201, "The policy.", policyShape),
    decode: ({ body }) => termsOf(body),
    encode: (policy) => ({ status: 201, body: policyBody(policy) }),
  }),
  nativeRoute({
    method: "GET",
    url: POLICIES,
    operationId: "listPolicies",
    summary: "List the policies of the account or of one subject, also those that are deleted.",
    operation: listPolicies,
    query,
    answer: answered(200, "A part of the list.", listShape("policies", policyShape)),
    decode: ({ query: asked }) => asked,
    encode: ({ policies, totalCount, offset, limit }) => ({
      status: 200,
      body: { policies: policies.map(policyBody), total_count: totalCount, offset, limit },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: POLICY,
    operationId: "readPolicy",
    summary: "Look at a policy.",
    operation: readPolicy,
    params: path,
    answer: answered(200, "The policy.", policyShape),
    about,
    decode: ({ params }) => params,
    encode: (policy) => ({ status: 200, body: policyBody(policy) }),
  }),
  nativeRoute({
    method: "PUT",
    url: POLICY,
    operationId: "updatePolicy",
    summary: "Change what a policy gives, or put it out of force, from the next call on.",
    operation: updatePolicy,
    params: path,
    body: changedPolicy,
    answer: answered(200, "The policy.", policyShape),
    about,
    decode: ({ params: { id }, body: { state: to, entity_tag: ifMatch, ...given } }) => ({
      id,
      ifMatch,
      state: to,
      terms: termsOf(given),
    }),
    encode: (policy) => ({ status: 200, body: policyBody(policy) }),
  }),
  nativeRoute({
    method: "DELETE",
    url: POLICY,
    operationId: "deletePolicy",
    summary: "Take back what a policy gave, from the next call on.",
    operation: deletePolicy,
    params: path,
    answer: { status: 204, description: "It is gone.", content: {} },
    about,
    decode: ({ params }) => params,
    encode: () => ({ status: 204 }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/roles",
    operationId: "listRoles",
    summary: "List the roles, and the operations that each gives.",
    operation: listRoles,
    query: z.strictObject({ service: z.enum(SERVICES).optional() }),
    answer: answered(200, "The roles.", rolesShape),
    decode: ({ query: { service } }) => ({ service }),
    encode: ({ roles }) => ({ status: 200, body: { roles: roles.map(roleBody) } }),
  }),
];

function isSubject(given: string): boolean {
  const forms = [isUserId, isActingServiceId, isActingProfile, isAccessGroupId];
  return forms.some((isOne) => isOne(given));
}

function termsOf({ resource, ...rest }: z.output<typeof newPolicy>) {
  return { ...rest, resource: resourceOf(resource) };
}

function resourceOf(given: z.output<typeof newPolicy>["resource"]): PolicyResource {
  const { service, region, instance, secret_group: secretGroup } = given;
  return {
    ...(service === undefined ? {} : { service }),
    ...(region === undefined ? {} : { region }),
    ...(instance === undefined ? {} : { instance }),
    ...(secretGroup === undefined ? {} : { secretGroup }),
  };
}

function policyBody(policy: Policy): z.input<typeof policyShape> {
  const { service, region, instance, secretGroup } = policy.resource;
  return {
    id: policy.id,
    subject: policy.subject,
    roles: [...policy.roles],
    resource: { service, region, instance, secret_group: secretGroup },
    description: policy.description,
    state: policy.state,
    entity_tag: policy.entityTag,
    created_at: toRfc3339(policy.createdAt),
    created_by: policy.createdBy,
    modified_at: toRfc3339(policy.modifiedAt),
    modified_by: policy.modifiedBy,
  };
}

function roleBody({ name, kind, description, permissions }: ListedRole): object {
  return { name, kind, description, operations: permissions };
}

function answered(status: 200 | 201, description: string, shape: z.ZodObject): AnswerShape {
  return { status, description, content: { "application/json": shape } };
}
