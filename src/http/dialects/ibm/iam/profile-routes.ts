/**
 * Trusted profiles of IBM's IAM Identity, line by line: the profiles, and the rules, links and identities that say whom
 * each of them trusts.
 */
import {
  addProfileIdentity,
  deleteProfileIdentity,
  listProfileIdentities,
  readProfileIdentity,
  setProfileIdentities,
} from "../../../../app/profiles/identities.ts";
import {
  createProfileLink,
  deleteProfileLink,
  listProfileLinks,
  readProfileLink,
} from "../../../../app/profiles/links.ts";
import { createProfile, deleteProfile, updateProfile } from "../../../../app/profiles/profiles.ts";
import { listProfiles, readProfile } from "../../../../app/profiles/read-profiles.ts";
import {
  createProfileRule,
  deleteProfileRule,
  listProfileRules,
  readProfileRule,
  updateProfileRule,
} from "../../../../app/profiles/rules.ts";
import type { Route } from "../../../route.ts";
import { line, noContent } from "./line.ts";
import * as read from "./profile-decode.ts";
import * as shown from "./profile-encode.ts";

const PROFILES = "/v1/profiles";
const PROFILE = `${PROFILES}/:id`;
const RULES = `${PROFILE}/rules`;
const RULE = `${RULES}/:rule`;
const LINKS = `${PROFILE}/links`;
const LINK = `${LINKS}/:link`;
const IDENTITIES = `${PROFILE}/identities`;
const KIND = `${IDENTITIES}/:type`;
const IDENTITY = `${KIND}/:identifier`;

const { aboutProfile: about } = read;

const ownRoutes: readonly Route[] = [
  line(`POST ${PROFILES}`, createProfile, [read.decodeNewProfile, shown.createdProfile]),
  line(`GET ${PROFILES}`, listProfiles, [read.decodeProfileList, shown.profileList]),
  line(`GET ${PROFILE}`, readProfile, [read.decodeProfile, shown.shownProfile, about]),
  line(`PUT ${PROFILE}`, updateProfile, [read.decodeProfileUpdate, shown.changedProfile, about]),
  line(`DELETE ${PROFILE}`, deleteProfile, [read.decodeProfileId, noContent, about]),
];

const ruleRoutes: readonly Route[] = [
  line(`POST ${RULES}`, createProfileRule, [read.decodeNewRule, shown.createdRule, about]),
  line(`GET ${RULES}`, listProfileRules, [read.decodeProfileId, shown.ruleList, about]),
  line(`GET ${RULE}`, readProfileRule, [read.decodeRuleId, shown.shownRule, about]),
  line(`PUT ${RULE}`, updateProfileRule, [read.decodeRuleUpdate, shown.shownRule, about]),
  line(`DELETE ${RULE}`, deleteProfileRule, [read.decodeRuleId, noContent, about]),
];

const linkRoutes: readonly Route[] = [
  line(`POST ${LINKS}`, createProfileLink, [read.decodeNewLink, shown.createdLink, about]),
  line(`GET ${LINKS}`, listProfileLinks, [read.decodeProfileId, shown.linkList, about]),
  line(`DELETE ${LINKS}`, deleteProfileLink, [read.decodeLinkDeletionByResource, noContent, about]),
  line(`GET ${LINK}`, readProfileLink, [read.decodeLinkId, shown.shownLink, about]),
  line(`DELETE ${LINK}`, deleteProfileLink, [read.decodeLinkDeletion, noContent, about]),
];

const identityRoutes: readonly Route[] = [
  line(`GET ${IDENTITIES}`, listProfileIdentities, [
    read.decodeProfileId,
    shown.identityList,
    about,
  ]),
  line(`PUT ${IDENTITIES}`, setProfileIdentities, [
    read.decodeIdentities,
    shown.identityList,
    about,
  ]),
  line(`POST ${KIND}`, addProfileIdentity, [read.decodeNewIdentity, shown.shownIdentity, about]),
  line(`GET ${IDENTITY}`, readProfileIdentity, [read.decodeIdentity, shown.shownIdentity, about]),
  line(`DELETE ${IDENTITY}`, deleteProfileIdentity, [read.decodeIdentity, noContent, about]),
];

export const profileRoutes: readonly Route[] = [
  ...ownRoutes,
  ...ruleRoutes,
  ...linkRoutes,
  ...identityRoutes,
];
