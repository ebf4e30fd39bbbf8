/** Trusted profiles and whom they trust, as IBM's IAM Identity shows them. */
import type { FastifyRequest } from "fastify";
import type { ListedProfileIdentities } from "../../../../app/profiles/identities.ts";
import type { ListedProfileLinks } from "../../../../app/profiles/links.ts";
import type { ListedProfiles, ShownProfile } from "../../../../app/profiles/read-profiles.ts";
import type { ListedProfileRules } from "../../../../app/profiles/rules.ts";
import { crn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { managedIdOf } from "../../../../identity/service-id.ts";
import type {
  ProfileIdentity,
  ProfileLink,
  ProfileRule,
  TrustedProfile,
} from "../../../../identity/trusted-profile.ts";
import { toRfc3339, type Millis } from "../../../../kernel/clock.ts";
import type { Answer } from "../../../route.ts";
import { contextOf } from "./context.ts";
import { pastBody } from "./encode-past.ts";
import { entity, type EntityBody } from "./line.ts";
import { pageOf } from "./pages.ts";

/** Its CRN is the one by which the trail names it. Texts are shown where there are any, as with IBM. */
function profileBody(profile: TrustedProfile): EntityBody {
  const { id, iamId, account, name, description, email } = profile;
  return {
    id,
    iam_id: iamId,
    ...stamps(profile),
    crn: crn("iam-identity", accountPlace(account), { kind: "profile", id }),
    account_id: account,
    name,
    ...texts({ description, email }),
  };
}

export function createdProfile(profile: TrustedProfile, request: FastifyRequest): Answer {
  return entity(201, profileBody(profile), request);
}

export function changedProfile(profile: TrustedProfile, request: FastifyRequest): Answer {
  return entity(200, profileBody(profile), request);
}

export function shownProfile({ profile, ...told }: ShownProfile, request: FastifyRequest): Answer {
  return entity(200, { ...profileBody(profile), ...pastBody(told) }, request);
}

export function profileList(
  { profiles, ...part }: ListedProfiles,
  request: FastifyRequest,
): Answer {
  const shown = profiles.map(({ profile }) => profile);
  const bodies = profiles.map(({ profile, ...told }) => ({
    ...profileBody(profile),
    ...pastBody(told),
  }));
  return { status: 200, body: { ...pageOf(shown, part, request), profiles: bodies } };
}

function ruleBody(rule: ProfileRule): EntityBody {
  const { id, name, type, realm, crType, expirationS, conditions } = rule;
  return {
    id,
    ...stamps(rule),
    type,
    ...texts({ name, realm_name: realm, cr_type: crType }),
    expiration: expirationS,
    conditions,
  };
}

export function createdRule(rule: ProfileRule, request: FastifyRequest): Answer {
  return entity(201, ruleBody(rule), request);
}

export function shownRule(rule: ProfileRule, request: FastifyRequest): Answer {
  return entity(200, ruleBody(rule), request);
}

export function ruleList({ rules }: ListedProfileRules, request: FastifyRequest): Answer {
  return { status: 200, body: { context: contextOf(request), rules: rules.map(ruleBody) } };
}

function linkBody(link: ProfileLink): EntityBody {
  const { id, name, crType, isCrossAccount, namespace, resourceName } = link;
  const { componentType, componentName } = link;
  return {
    id,
    ...stamps(link),
    ...texts({ name }),
    cr_type: crType,
    is_cross_account: isCrossAccount,
    link: {
      crn: link.crn,
      ...texts({
        namespace,
        name: resourceName,
        component_type: componentType,
        component_name: componentName,
      }),
    },
  };
}

export function createdLink(link: ProfileLink, request: FastifyRequest): Answer {
  return entity(201, linkBody(link), request);
}

export function shownLink(link: ProfileLink, request: FastifyRequest): Answer {
  return entity(200, linkBody(link), request);
}

export function linkList({ links }: ListedProfileLinks): Answer {
  return { status: 200, body: { links: links.map(linkBody) } };
}

/** A service ID goes by the id it is managed by; what acts for a CRN is called by IBM `crn-` and the CRN. */
function identityBody({ account, kind, identifier, description }: ProfileIdentity): object {
  return {
    iam_id: kind === "crn" ? `crn-${identifier}` : identifier,
    identifier: kind === "serviceid" ? managedIdOf(identifier) : identifier,
    type: kind,
    ...(kind === "user" ? { accounts: [account] } : {}),
    ...texts({ description }),
  };
}

export function shownIdentity(identity: ProfileIdentity): Answer {
  return { status: 200, body: identityBody(identity) };
}

export function identityList(
  { entityTag, identities }: ListedProfileIdentities,
  request: FastifyRequest,
): Answer {
  const body = { entity_tag: entityTag, identities: identities.map(identityBody) };
  return entity(200, body, request);
}

interface Stamped {
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly modifiedAt: Millis;
}

function stamps({ entityTag, createdAt, modifiedAt }: Stamped): EntityBody {
  return {
    entity_tag: entityTag,
    created_at: toRfc3339(createdAt),
    modified_at: toRfc3339(modifiedAt),
  };
}

/** Those that are not empty. */
function texts(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ""));
}
