/** Managed policies, and to whom they are attached. */
import {
  attachRolePolicy,
  attachUserPolicy,
  detachRolePolicy,
  detachUserPolicy,
  listAttachedRolePolicies,
  listAttachedUserPolicies,
  listManagedPolicies,
  readManagedPolicy,
  type Attached,
  type KnownPolicy,
  type ListManagedInput,
} from "../../../../app/identity/attached-policies.ts";
import {
  listRolePolicies,
  listUserPolicies,
  putRolePolicy,
  putUserPolicy,
} from "../../../../app/identity/inline-policies.ts";
import type { Slice } from "../../../../app/identity/list-parts.ts";
import type { Members } from "../members.ts";
import { line, nothing, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { assertPath, EXISTING_NAME } from "./iam-members.ts";
import { truncation, windowIn } from "./paging.ts";

const ARN = { min: 20, max: 2_048 } as const;
const ARN_PREFIX = "arn:aws:iam::aws:policy/";
const PATH = { min: 1, max: 512 } as const;
const DOCUMENT = { min: 1, max: 131_072 } as const;
const SCOPE = { pattern: /^(?:All|AWS|Local)$/ } as const;
const USAGE = { pattern: /^(?:PermissionsPolicy|PermissionsBoundary)$/ } as const;
const FIRST_VERSION = "v1";

export const policyLines: readonly AwsLine[] = [
  line("AttachUserPolicy", attachUserPolicy, [ofUser(policyIn), nothing]),
  line("DetachUserPolicy", detachUserPolicy, [ofUser(policyIn), nothing]),
  line("ListAttachedUserPolicies", listAttachedUserPolicies, [ofUser(listIn), encodeAttached]),
  line("ListUserPolicies", listUserPolicies, [ofUser(windowIn), encodeNames]),
  line("PutUserPolicy", putUserPolicy, [ofUser(documentIn), nothing]),
  line("AttachRolePolicy", attachRolePolicy, [ofRole(policyIn), nothing]),
  line("DetachRolePolicy", detachRolePolicy, [ofRole(policyIn), nothing]),
  line("ListAttachedRolePolicies", listAttachedRolePolicies, [ofRole(listIn), encodeAttached]),
  line("ListRolePolicies", listRolePolicies, [ofRole(windowIn), encodeNames]),
  line("PutRolePolicy", putRolePolicy, [ofRole(documentIn), nothing]),
  line("GetPolicy", readManagedPolicy, [policyIn, (found) => ({ Policy: encodePolicy(found) })]),
  line("ListPolicies", listManagedPolicies, [decodeList, encodeList]),
];

function ofUser<Rest extends object>(read: (members: Members) => Rest) {
  return (members: Members) => ({
    userName: members.text("UserName", EXISTING_NAME),
    ...read(members),
  });
}

function ofRole<Rest extends object>(read: (members: Members) => Rest) {
  return (members: Members) => ({
    roleName: members.text("RoleName", EXISTING_NAME),
    ...read(members),
  });
}

function policyIn(members: Members) {
  const policyArn = members.text("PolicyArn", ARN);
  const isManaged = policyArn.startsWith(ARN_PREFIX);
  return { policyArn, managed: isManaged ? policyArn.slice(ARN_PREFIX.length) : undefined };
}

function listIn(members: Members) {
  assertPath(members.textOrNothing("PathPrefix", PATH));
  return windowIn(members);
}

/** What is refused is not looked at any further. */
function documentIn(members: Members): object {
  members.text("PolicyName", EXISTING_NAME);
  members.text("PolicyDocument", DOCUMENT);
  return {};
}

/** There are no policies but AWS's, and none that bounds anybody. */
function decodeList(members: Members): ListManagedInput {
  const scope = members.textOrNothing("Scope", SCOPE);
  const usage = members.textOrNothing("PolicyUsageFilter", USAGE);
  const isNone = scope === "Local" || usage === "PermissionsBoundary";
  const onlyAttached = members.flagOrNothing("OnlyAttached");
  return { ...listIn(members), onlyAttached, isNone };
}

function encodeList({ items, next }: Slice<KnownPolicy>): WireObject {
  return { Policies: items.map(encodePolicy), ...truncation(next) };
}

function encodePolicy({ name, description, attachments }: KnownPolicy): WireObject {
  return {
    PolicyName: name,
    Arn: `${ARN_PREFIX}${name}`,
    Path: "/",
    DefaultVersionId: FIRST_VERSION,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: description,
  };
}

function encodeAttached({ items, next }: Slice<Attached>): WireObject {
  const AttachedPolicies = items.map(({ name }) => ({
    PolicyName: name,
    PolicyArn: `${ARN_PREFIX}${name}`,
  }));
  return { AttachedPolicies, ...truncation(next) };
}

function encodeNames({ names }: { readonly names: readonly string[] }): WireObject {
  return { PolicyNames: names, ...truncation(null) };
}
