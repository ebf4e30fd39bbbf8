/** Calls about trusted profiles and whom they trust, read from IBM's wire. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  AddProfileIdentityInput,
  ProfileIdentityInput,
  SetProfileIdentitiesInput,
} from "../../../../app/profiles/identities.ts";
import type {
  CreateProfileLinkInput,
  DeleteProfileLinkInput,
  ProfileLinkInput,
} from "../../../../app/profiles/links.ts";
import type { CreateProfileInput, UpdateProfileInput } from "../../../../app/profiles/profiles.ts";
import type {
  ListProfilesInput,
  ReadProfileInput,
} from "../../../../app/profiles/read-profiles.ts";
import type {
  CreateProfileRuleInput,
  ProfileRuleInput,
  UpdateProfileRuleInput,
} from "../../../../app/profiles/rules.ts";
import { isClaimRuleId } from "../../../../identity/access-group.ts";
import { MAX_CONDITIONS_PER_RULE } from "../../../../identity/claims.ts";
import {
  isProfileId,
  isProfileLinkId,
  MAX_IDENTITIES_PER_PROFILE,
  PROFILE_IDENTITY_KINDS,
  PROFILE_RULE_TYPES,
  type ProfileIdentityKind,
  type ProfileOrder,
} from "../../../../identity/trusted-profile.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { About } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import { ifMatchOf } from "./headers.ts";
import { askedOf, type Sorts } from "./pages.ts";

const SORTS: Sorts<ProfileOrder> = {
  name: "name",
  description: "description",
  created_at: "createdAt",
  modified_at: "modifiedAt",
};

const text = z.string();
const optional = text.optional();

const newProfile = z.strictObject({
  account_id: text,
  name: text,
  description: optional,
  email: optional,
});

const changedProfile = z.strictObject({ name: optional, description: optional, email: optional });

const rule = z.strictObject({
  // What the client knows of an earlier request, for whoever looks into a problem: nothing is done with it.
  context: z.record(z.string(), z.unknown()).optional(),
  name: optional,
  type: z.enum(PROFILE_RULE_TYPES),
  realm_name: optional,
  cr_type: optional,
  expiration: z.number().optional(),
  conditions: z
    .array(z.strictObject({ claim: text, operator: text, value: text }))
    .max(MAX_CONDITIONS_PER_RULE),
});

const newLink = z.strictObject({
  name: optional,
  cr_type: text,
  is_cross_account: z.boolean().optional(),
  link: z.strictObject({
    crn: text,
    namespace: optional,
    name: optional,
    component_type: optional,
    component_name: optional,
  }),
});

const identity = z.strictObject({
  type: z.enum(PROFILE_IDENTITY_KINDS),
  identifier: text,
  accounts: z.array(text).optional(),
  description: optional,
});

const identities = z.strictObject({
  identities: z.array(identity).max(MAX_IDENTITIES_PER_PROFILE),
});

export const aboutProfile: About = (request) => {
  const id = segment(request, "id");
  return isProfileId(id) ? { kind: "profile", id } : null;
};

const PROFILE_ID = "The id of a trusted profile is Profile- and a UUID.";
const RULE_ID = "The id of a rule is ClaimRule- and a UUID.";
const LINK_ID = "The id of a link is Link- and a UUID.";

/** What the path names. Refuses what is no id of its kind, so that nothing else is ever looked for, or recorded. */
function checkedId(id: string, isOne: (text: string) => boolean, sentence: string): string {
  if (isOne(id)) return id;
  throw new Refusal("invalid_request", sentence);
}

export function decodeProfileId(request: FastifyRequest): { readonly id: string } {
  return { id: checkedId(segment(request, "id"), isProfileId, PROFILE_ID) };
}

export function decodeNewProfile(request: FastifyRequest): CreateProfileInput {
  const { account_id: account, ...fields } = read(newProfile, bodyOf(request));
  return { account, ...fields };
}

export function decodeProfileList(request: FastifyRequest): ListProfilesInput {
  const { query, walk } = askedOf(request, ["account_id", "name"] as const, SORTS);
  return { ...walk, account: query.text("account_id"), name: query.text("name") };
}

export function decodeProfile(request: FastifyRequest): ReadProfileInput {
  const query = new Query(request, ["include_history", "include_activity"]);
  return {
    ...decodeProfileId(request),
    includeHistory: query.flag("include_history"),
    includeActivity: query.flag("include_activity"),
  };
}

export function decodeProfileUpdate(request: FastifyRequest): UpdateProfileInput {
  const id = decodeProfileId(request);
  return { ...id, ifMatch: ifMatchOf(request), ...read(changedProfile, bodyOf(request)) };
}

export function decodeNewRule(request: FastifyRequest): CreateProfileRuleInput {
  const id = decodeProfileId(request);
  const { context: _context, ...terms } = read(rule, bodyOf(request));
  return { ...id, ...terms };
}

export function decodeRuleId(request: FastifyRequest): ProfileRuleInput {
  const ruleId = checkedId(segment(request, "rule"), isClaimRuleId, RULE_ID);
  return { ...decodeProfileId(request), ruleId };
}

export function decodeRuleUpdate(request: FastifyRequest): UpdateProfileRuleInput {
  const ids = decodeRuleId(request);
  return { ...ids, ifMatch: ifMatchOf(request), ...decodeNewRule(request) };
}

export function decodeNewLink(request: FastifyRequest): CreateProfileLinkInput {
  const id = decodeProfileId(request);
  const {
    name,
    cr_type: crType,
    is_cross_account: isCrossAccount,
    link,
  } = read(newLink, bodyOf(request));
  return {
    ...id,
    link: {
      name,
      crType,
      isCrossAccount,
      crn: link.crn,
      namespace: link.namespace,
      resourceName: link.name,
      componentType: link.component_type,
      componentName: link.component_name,
    },
  };
}

export function decodeLinkId(request: FastifyRequest): ProfileLinkInput {
  const linkId = checkedId(segment(request, "link"), isProfileLinkId, LINK_ID);
  return { ...decodeProfileId(request), linkId };
}

export function decodeLinkDeletion(request: FastifyRequest): DeleteProfileLinkInput {
  const { id, linkId } = decodeLinkId(request);
  return { id, which: linkId };
}

/** The link to a resource, whatever its id. */
export function decodeLinkDeletionByResource(request: FastifyRequest): DeleteProfileLinkInput {
  const names = ["type", "crn", "namespace", "name", "component_type", "component_name"] as const;
  const query = new Query(request, names);
  return {
    ...decodeProfileId(request),
    which: {
      crType: query.text("type") ?? "",
      crn: query.text("crn") ?? "",
      namespace: query.text("namespace"),
      resourceName: query.text("name"),
      componentType: query.text("component_type"),
      componentName: query.text("component_name"),
    },
  };
}

export function decodeIdentities(request: FastifyRequest): SetProfileIdentitiesInput {
  const id = decodeProfileId(request);
  const ifMatch = ifMatchOf(request);
  const given = read(identities, bodyOf(request)).identities;
  return {
    ...id,
    ifMatch,
    identities: given.map(({ type: identityType, ...one }) => ({ identityType, ...one })),
  };
}

export function decodeNewIdentity(request: FastifyRequest): AddProfileIdentityInput {
  const id = decodeProfileId(request);
  const identityType = kindIn(request);
  const { type, ...given } = read(identity, bodyOf(request));
  if (type !== identityType) {
    const sentence = "The field type must be the kind of identity that the path names.";
    throw new Refusal("invalid_request", sentence, { field: "type" });
  }
  return { ...id, identityType, ...given };
}

export function decodeIdentity(request: FastifyRequest): ProfileIdentityInput {
  const identityType = kindIn(request);
  return { ...decodeProfileId(request), identityType, identifier: segment(request, "identifier") };
}

function kindIn(request: FastifyRequest): ProfileIdentityKind {
  const given = segment(request, "type");
  const kind = PROFILE_IDENTITY_KINDS.find((one) => one === given);
  if (kind !== undefined) return kind;
  const sentence = `The kind of an identity is one of ${PROFILE_IDENTITY_KINDS.join(", ")}.`;
  throw new Refusal("invalid_request", sentence, { field: "identity-type" });
}
