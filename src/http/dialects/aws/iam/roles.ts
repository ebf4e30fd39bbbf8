/** Roles: the account's trusted profiles. */
import {
  createProfileByName,
  deleteProfileByName,
  listHostsByName,
  listProfilesWithTrust,
  readProfileByName,
  setTrustByName,
  updateProfileByName,
  type CreateProfileByNameInput,
  type ListedProfilesWithTrust,
  type ListProfilesWithTrustInput,
  type NamedProfile,
  type ProfilePosition,
  type ProfileWithTrust,
} from "../../../../app/profiles/profiles-by-name.ts";
import { iamArn } from "../../../../audit/render/cloudtrail-arn.ts";
import {
  MAX_PROFILE_SESSION_S,
  MIN_PROFILE_SESSION_S,
} from "../../../../identity/trusted-profile.ts";
import type { Members } from "../members.ts";
import { line, nothing, type AwsLine } from "../service.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { assertPath, assertPlain, EXISTING_NAME, NEW_NAME } from "./iam-members.ts";
import { limitIn, markerIn, truncation, windowIn } from "./paging.ts";
import { MAX_TRUST_POLICY_CHARS, trustIn, trustPolicyOf } from "./trust-policy.ts";

const DOCUMENT = { min: 1, max: MAX_TRUST_POLICY_CHARS } as const;
const DESCRIPTION = { max: 1_000 } as const;
const SESSION_BOUNDS = { min: MIN_PROFILE_SESSION_S, max: MAX_PROFILE_SESSION_S } as const;

export const roleLines: readonly AwsLine[] = [
  line("CreateRole", createProfileByName, [decodeCreate, encodeOne]),
  line("GetRole", readProfileByName, [decodeNamed, encodeOne]),
  line("ListRoles", listProfilesWithTrust, [decodeList, encodeList]),
  line("UpdateRole", updateProfileByName, [
    (members) => ({ ...decodeNamed(members), ...decodeFields(members) }),
    nothing,
  ]),
  line("UpdateAssumeRolePolicy", setTrustByName, [decodeSetTrust, nothing]),
  line("DeleteRole", deleteProfileByName, [decodeNamed, nothing]),
  line("ListInstanceProfilesForRole", listHostsByName, [
    (members) => ({ ...decodeNamed(members), ...windowIn(members) }),
    () => ({ InstanceProfiles: [], ...truncation(null) }),
  ]),
];

function decodeNamed(members: Members): NamedProfile {
  return { roleName: members.text("RoleName", EXISTING_NAME) };
}

function decodeFields(members: Members) {
  return {
    description: members.textOrNothing("Description", DESCRIPTION),
    maxSessionDuration: members.numberOrNothing("MaxSessionDuration", SESSION_BOUNDS),
  };
}

function decodeCreate(members: Members): CreateProfileByNameInput {
  assertPlain(members);
  const assumeRolePolicyDocument = members.text("AssumeRolePolicyDocument", DOCUMENT);
  return {
    roleName: members.text("RoleName", NEW_NAME),
    ...decodeFields(members),
    trust: trustIn(assumeRolePolicyDocument),
    assumeRolePolicyDocument,
  };
}

function decodeSetTrust(members: Members) {
  const policyDocument = members.text("PolicyDocument", DOCUMENT);
  return { ...decodeNamed(members), trust: trustIn(policyDocument), policyDocument };
}

function decodeList(members: Members): ListProfilesWithTrustInput {
  const prefix = members.textOrNothing("PathPrefix", { min: 1, max: 512 });
  assertPath(prefix);
  const after = markerIn(members, positionOf);
  return { limit: limitIn(members), ...(after ? { after } : {}) };
}

function positionOf(value: unknown): ProfilePosition | undefined {
  const { createdAt, id } = Object(value) as Readonly<Record<string, unknown>>;
  return typeof createdAt === "number" && typeof id === "string" ? { createdAt, id } : undefined;
}

function encodeOne(found: ProfileWithTrust): WireObject {
  return { Role: encodeRole(found) };
}

function encodeList({ profiles, next }: ListedProfilesWithTrust): WireObject {
  return { Roles: profiles.map(encodeRole), ...truncation(next) };
}

/** The trust policy as AWS has it: JSON, encoded as in URLs. */
function encodeRole({ profile, callName, trust }: ProfileWithTrust): WireObject {
  const { account, name, iamId, createdAt, description, maxSessionS } = profile;
  return {
    Path: "/",
    RoleName: callName,
    RoleId: iamId,
    Arn: iamArn(account, "role", name || iamId),
    CreateDate: new Timestamp(createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trustPolicyOf(trust))),
    ...(description === "" ? {} : { Description: description }),
    MaxSessionDuration: maxSessionS,
  };
}
