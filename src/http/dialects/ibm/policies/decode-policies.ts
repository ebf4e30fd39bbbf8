/** Bodies of policies, version 1 and version 2, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreatePolicyInput, WhichPolicy } from "../../../../app/identity/policies.ts";
import type { UpdatePolicyInput } from "../../../../app/identity/update-policy.ts";
import { isAccessGroupId } from "../../../../identity/access-group.ts";
import { ROLE_NAMES } from "../../../../identity/roles.ts";
import { isActingServiceId } from "../../../../identity/service-id.ts";
import { isActingProfile } from "../../../../identity/trusted-profile.ts";
import { isUserId } from "../../../../identity/user.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { isUuid } from "../../../../kernel/ids.ts";
import type { About } from "../../../route.ts";
import { bodyOf, patchOf, read } from "../body.ts";
import { ifMatchIn } from "../if-match.ts";
import { segment } from "../path.ts";
import { MAX_ATTRIBUTES, resourceOf, type Attribute } from "./attributes.ts";
import { roleOfCrn } from "./role-crn.ts";

/** What stands in a role besides its id is IBM's answer, sent back by clients that change what they have read. */
const role = z.strictObject({
  role_id: z.string(),
  display_name: z.string().optional(),
  description: z.string().optional(),
});
const roles = z.array(role).max(ROLE_NAMES.length);
const tags = z.array(z.unknown()).optional();

const subjectV1 = z.strictObject({ name: z.string(), value: z.string() });
const attributeV1 = z.strictObject({
  name: z.string(),
  value: z.unknown(),
  operator: z.string().optional(),
});
const policyV1 = z.strictObject({
  type: z.string(),
  description: z.string().optional(),
  subjects: z.array(z.strictObject({ attributes: z.array(subjectV1) })),
  roles,
  resources: z.array(
    z.strictObject({ attributes: z.array(attributeV1).max(MAX_ATTRIBUTES), tags }),
  ),
});

const subjectV2 = z.strictObject({ key: z.string(), operator: z.string(), value: z.string() });
const attributeV2 = z.strictObject({ key: z.string(), operator: z.string(), value: z.unknown() });
const policyV2 = z.strictObject({
  type: z.string(),
  description: z.string().optional(),
  control: z.strictObject({ grant: z.strictObject({ roles }) }),
  subject: z.strictObject({ attributes: z.array(subjectV2) }),
  resource: z.strictObject({ attributes: z.array(attributeV2).max(MAX_ATTRIBUTES), tags }),
  pattern: z.unknown().optional(),
  rule: z.unknown().optional(),
});

const patch = z.strictObject({ state: z.enum(["active", "deleted"]) });

/** What both versions say, each in its own way. */
interface Said {
  readonly type: string;
  readonly description?: string | undefined;
  readonly subjects: readonly (readonly Attribute[])[];
  readonly roles: readonly { readonly role_id: string }[];
  readonly resources: readonly (readonly Attribute[])[];
  readonly tags: readonly unknown[];
}

export function decodeNewPolicyV1(request: FastifyRequest): CreatePolicyInput {
  return termsOf(saidInV1(request));
}

export function decodeNewPolicyV2(request: FastifyRequest): CreatePolicyInput {
  return termsOf(saidInV2(request));
}

export function decodePolicyV1(request: FastifyRequest): UpdatePolicyInput {
  return replacement(request, saidInV1(request));
}

export function decodePolicyV2(request: FastifyRequest): UpdatePolicyInput {
  return replacement(request, saidInV2(request));
}

export function decodePolicyState(request: FastifyRequest): UpdatePolicyInput {
  const { state } = read(patch, patchOf(request));
  return { ...decodePolicyId(request), ifMatch: ifMatchIn(request), state };
}

export function decodePolicyId(request: FastifyRequest): WhichPolicy {
  const id = segment(request, "id");
  if (!isUuid(id)) throw new Refusal("invalid_request", "The id of a policy is a UUID.");
  return { id: id.toLowerCase() };
}

/** A text that is no id names nothing. */
export const aboutPolicy: About = (request) => {
  const id = segment(request, "id");
  return isUuid(id) ? { kind: "policy", id: id.toLowerCase() } : null;
};

function saidInV1(request: FastifyRequest): Said {
  const body = read(policyV1, bodyOf(request));
  return {
    ...body,
    subjects: body.subjects.map(({ attributes }) => attributes.map(keyed)),
    resources: body.resources.map(({ attributes }) => attributes.map(keyed)),
    tags: body.resources.flatMap((resource) => resource.tags ?? []),
  };
}

function keyed({
  name: key,
  ...rest
}: Omit<Attribute, "key"> & { readonly name: string }): Attribute {
  return { key, ...rest };
}

function saidInV2(request: FastifyRequest): Said {
  const { control, subject, resource, pattern, rule, ...body } = read(policyV2, bodyOf(request));
  if (pattern !== undefined || rule !== undefined) {
    throw refused("rule", "Rules, by time or by attribute, are not served: a policy holds always.");
  }
  return {
    ...body,
    roles: control.grant.roles,
    subjects: [subject.attributes],
    resources: [resource.attributes],
    tags: resource.tags ?? [],
  };
}

function replacement(request: FastifyRequest, said: Said): UpdatePolicyInput {
  const { account, ...terms } = termsOf(said);
  return { ...decodePolicyId(request), ifMatch: ifMatchIn(request), account, terms };
}

function termsOf({ type, description, subjects, roles: given, resources, tags: tagged }: Said) {
  if (type === "authorization") {
    throw refused("type", "Policies of the type authorization, for services, are not served.");
  }
  if (type !== "access") throw refused("type", "The type of a policy must be access.");
  if (tagged.length > 0) {
    throw refused("tags", "Nothing here is tagged: a policy names its resource by attributes.");
  }
  const [resource = []] = resources;
  if (resources.length !== 1) throw refused("resources", "A policy is on exactly one resource.");
  const named = given.map(({ role_id: crn }) => roleOfCrn(crn));
  return {
    subject: subjectIn(subjects),
    roles: named,
    description,
    ...resourceOf(resource, named),
  } satisfies CreatePolicyInput;
}

/** Checked for its form before anything is recorded of it. */
function subjectIn(subjects: readonly (readonly Attribute[])[]): string {
  const [attributes = []] = subjects;
  const [attribute] = attributes;
  if (subjects.length !== 1 || attributes.length !== 1 || attribute === undefined) {
    throw refused("subject", "A policy has exactly one subject, with one attribute.");
  }
  const { key, operator = "stringEquals", value } = attribute;
  if (operator !== "stringEquals") {
    throw refused("subject", "The operator of the subject must be stringEquals.");
  }
  const id = String(value);
  if (key === "iam_id" && isIamId(id)) return id;
  if (key === "access_group_id" && isAccessGroupId(id)) return id;
  const sentence =
    "The subject must be the iam_id of a user, a service ID or a trusted profile, or an access_group_id.";
  throw refused("subject", sentence);
}

export function isIamId(text: string): boolean {
  return isUserId(text) || isActingServiceId(text) || isActingProfile(text);
}

function refused(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
