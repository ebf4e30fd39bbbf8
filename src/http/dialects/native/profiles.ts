/** Routes of trusted profiles: which there are, and whom each of them trusts. They are made on IBM's wire. */
import { z } from "zod";
import { listProfileIdentities } from "../../../app/profiles/identities.ts";
import { listProfileLinks } from "../../../app/profiles/links.ts";
import { listProfiles, readProfile } from "../../../app/profiles/read-profiles.ts";
import { listProfileRules } from "../../../app/profiles/rules.ts";
import { OPERATORS } from "../../../identity/claims.ts";
import {
  COMPUTE_RESOURCES,
  isProfileId,
  PROFILE_IDENTITY_KINDS,
  PROFILE_RULE_TYPES,
  type ProfileIdentity,
  type ProfileLink,
  type ProfileRule,
  type TrustedProfile,
} from "../../../identity/trusted-profile.ts";
import { toRfc3339, type Millis } from "../../../kernel/clock.ts";
import type { About } from "../../route.ts";
import { listQuery, listShape } from "./identity-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const PROFILES = "/trail/v1/profiles";
const PROFILE = `${PROFILES}/:id`;

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;

const text = z.string();
const given = text.max(MAX_TEXT_CHARS);
const time = z.iso.datetime({ offset: true });

/** Checked before anything is recorded: a text that is no id, an API key pasted by mistake, is not repeated. */
const path = z.strictObject({
  id: given
    .refine(isProfileId, { error: "it is not of the form `Profile-…`" })
    .meta({ description: "`Profile-…`" }),
});
const query = z.strictObject({
  ...listQuery.shape,
  name: given.optional().meta({ description: "The profile of exactly this name." }),
});

const made = { created_at: time, created_by: text };
const stamps = { entity_tag: text, ...made, modified_at: time };

const profileShape = z
  .strictObject({
    id: text,
    iam_id: text,
    name: text,
    description: text,
    email: text,
    ...stamps,
  })
  .meta({ id: "TrustedProfile" });

const ruleShape = z
  .strictObject({
    id: text,
    name: text,
    type: z.enum(PROFILE_RULE_TYPES),
    realm: text,
    cr_type: z.enum([...COMPUTE_RESOURCES, ""]),
    expiration: z.int().meta({ description: "Of a session by this rule, in seconds." }),
    conditions: z.array(z.strictObject({ claim: text, operator: z.enum(OPERATORS), value: text })),
    ...stamps,
  })
  .meta({ id: "ProfileRule" });

const linkShape = z
  .strictObject({
    id: text,
    name: text,
    cr_type: z.enum(COMPUTE_RESOURCES),
    cross_account: z.boolean(),
    crn: text,
    namespace: text,
    resource_name: text,
    component_type: text,
    component_name: text,
    ...stamps,
  })
  .meta({ id: "ProfileLink" });

const identityShape = z
  .strictObject({
    type: z.enum(PROFILE_IDENTITY_KINDS),
    identifier: text,
    description: text,
    ...made,
  })
  .meta({ id: "ProfileIdentity" });

const about: About = ({ params }) => {
  const parsed = path.safeParse(params);
  return parsed.success ? { kind: "profile", id: parsed.data.id } : null;
};

export const profileRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: PROFILES,
    operationId: "listProfiles",
    summary: "List the trusted profiles of the account, in the order in which they were made.",
    operation: listProfiles,
    query,
    answer: shown("A part of the list.", listShape("profiles", profileShape)),
    decode: ({ query: asked }) => asked,
    encode: ({ profiles, totalCount, offset, limit }) => ({
      status: 200,
      body: {
        profiles: profiles.map(({ profile }) => profileBody(profile)),
        total_count: totalCount,
        offset,
        limit,
      },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: PROFILE,
    operationId: "readProfile",
    summary: "Look at a trusted profile.",
    operation: readProfile,
    params: path,
    answer: shown("The profile.", profileShape),
    about,
    decode: ({ params }) => params,
    encode: ({ profile }) => ({ status: 200, body: profileBody(profile) }),
  }),
  nativeRoute({
    method: "GET",
    url: `${PROFILE}/identities`,
    operationId: "listProfileIdentities",
    summary: "List the users and service IDs that a profile trusts by their ids.",
    operation: listProfileIdentities,
    params: path,
    answer: shown("All of them.", whole("identities", identityShape)),
    about,
    decode: ({ params }) => params,
    encode: ({ identities, totalCount }) => ({
      status: 200,
      body: { identities: identities.map(identityBody), total_count: totalCount },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: `${PROFILE}/rules`,
    operationId: "listProfileRules",
    summary: "List the claims of identity providers that a profile trusts.",
    operation: listProfileRules,
    params: path,
    answer: shown("All of them.", whole("rules", ruleShape)),
    about,
    decode: ({ params }) => params,
    encode: ({ rules, totalCount }) => ({
      status: 200,
      body: { rules: rules.map(ruleBody), total_count: totalCount },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: `${PROFILE}/links`,
    operationId: "listProfileLinks",
    summary: "List the compute resources that a profile is linked to; a link lets nobody in.",
    operation: listProfileLinks,
    params: path,
    answer: shown("All of them.", whole("links", linkShape)),
    about,
    decode: ({ params }) => params,
    encode: ({ links, totalCount }) => ({
      status: 200,
      body: { links: links.map(linkBody), total_count: totalCount },
    }),
  }),
];

function shown(description: string, shape: z.ZodObject): AnswerShape {
  return { status: 200, description, content: { "application/json": shape } };
}

function whole(name: string, item: z.ZodObject): z.ZodObject {
  return z.strictObject({ [name]: z.array(item), total_count: z.int() });
}

function profileBody(profile: TrustedProfile): z.input<typeof profileShape> {
  const { id, iamId, name, description, email } = profile;
  return { id, iam_id: iamId, name, description, email, ...stampsOf(profile) };
}

function ruleBody(rule: ProfileRule): z.input<typeof ruleShape> {
  const { id, name, type, realm, crType, expirationS, conditions } = rule;
  return {
    id,
    name,
    type,
    realm,
    cr_type: crType,
    expiration: expirationS,
    conditions: [...conditions],
    ...stampsOf(rule),
  };
}

function linkBody(link: ProfileLink): z.input<typeof linkShape> {
  const { id, name, crn, namespace } = link;
  return {
    id,
    name,
    cr_type: link.crType,
    cross_account: link.isCrossAccount,
    crn,
    namespace,
    resource_name: link.resourceName,
    component_type: link.componentType,
    component_name: link.componentName,
    ...stampsOf(link),
  };
}

function identityBody(identity: ProfileIdentity): z.input<typeof identityShape> {
  const { kind, identifier, description, createdAt, createdBy } = identity;
  return {
    type: kind,
    identifier,
    description,
    created_at: toRfc3339(createdAt),
    created_by: createdBy,
  };
}

interface Stamped {
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

function stampsOf({ entityTag, createdAt, createdBy, modifiedAt }: Stamped) {
  return {
    entity_tag: entityTag,
    created_at: toRfc3339(createdAt),
    created_by: createdBy,
    modified_at: toRfc3339(modifiedAt),
  };
}
