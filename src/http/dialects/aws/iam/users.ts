/** Users, and service IDs beside them. */
import { listJoinedGroups } from "../../../../app/groups/joined-groups.ts";
import type { Called } from "../../../../app/identity/call-names.ts";
import {
  createUserByName,
  deleteUserByName,
  listOwners,
  readUserByName,
  renameUserByName,
  type ListedOwners,
  type ListOwnersInput,
  type OwnerPosition,
} from "../../../../app/identity/users-by-name.ts";
import type { Slice } from "../../../../app/identity/list-parts.ts";
import { accountNumber, iamArn } from "../../../../audit/render/cloudtrail-arn.ts";
import type { AccessGroup } from "../../../../identity/access-group.ts";
import { isPlainName } from "../../../../identity/text.ts";
import type { Members } from "../members.ts";
import { line, nothing, type AwsLine } from "../service.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { assertPath, assertPlain, EXISTING_NAME, NEW_NAME } from "./iam-members.ts";
import { limitIn, markerIn, truncation, windowIn } from "./paging.ts";

const USERS_PATH = "/";
const SERVICE_IDS_PATH = "/service-id/";

export const userLines: readonly AwsLine[] = [
  line("CreateUser", createUserByName, [decodeCreateUser, (user) => ({ User: encodeUser(user) })]),
  line("GetUser", readUserByName, [
    (members) => ({ userName: members.textOrNothing("UserName", EXISTING_NAME) }),
    (user) => ({ User: encodeUser(user) }),
  ]),
  line("ListUsers", listOwners, [decodeListUsers, encodeListedUsers]),
  line("UpdateUser", renameUserByName, [decodeUpdateUser, nothing]),
  line("DeleteUser", deleteUserByName, [
    (members) => ({ userName: members.text("UserName", EXISTING_NAME) }),
    nothing,
  ]),
  line("ListGroupsForUser", listJoinedGroups, [
    (members) => ({ userName: members.text("UserName", EXISTING_NAME), ...windowIn(members) }),
    encodeGroups,
  ]),
];

function decodeCreateUser(members: Members): { readonly userName: string } {
  assertPlain(members);
  return { userName: members.text("UserName", NEW_NAME) };
}

function decodeUpdateUser(members: Members) {
  assertPath(members.textOrNothing("NewPath"));
  return {
    userName: members.text("UserName", EXISTING_NAME),
    newUserName: members.textOrNothing("NewUserName", NEW_NAME),
  };
}

function decodeListUsers(members: Members): ListOwnersInput & { readonly pathPrefix?: string } {
  const prefix = members.textOrNothing("PathPrefix", { min: 1, max: 512, pattern: /^\/[!-~]*$/ });
  const after = markerIn(members, positionOf);
  return {
    kinds: [
      ...(USERS_PATH.startsWith(prefix ?? "") ? (["user"] as const) : []),
      ...(SERVICE_IDS_PATH.startsWith(prefix ?? "") ? (["serviceid"] as const) : []),
    ],
    limit: limitIn(members),
    ...(prefix === undefined ? {} : { pathPrefix: prefix }),
    ...(after ? { after } : {}),
  };
}

function positionOf(value: unknown): OwnerPosition | undefined {
  const { kind, createdAt, id } = Object(value) as Readonly<Record<string, unknown>>;
  const isKind = kind === "user" || kind === "serviceid";
  if (!isKind || typeof createdAt !== "number" || typeof id !== "string") return undefined;
  return { kind, createdAt, id };
}

function encodeListedUsers({ owners, next }: ListedOwners): WireObject {
  return { Users: owners.map(encodeUser), ...truncation(next) };
}

/** Some names have characters that AWS's have not. */
function encodeGroups({ items, next }: Slice<AccessGroup>): WireObject {
  const Groups = items.map(({ id, name, account, createdAt }) => ({
    Path: USERS_PATH,
    GroupName: isPlainName(name) ? name : id,
    GroupId: id,
    Arn: iamArn(account, "group", name),
    CreateDate: new Timestamp(createdAt),
  }));
  return { Groups, ...truncation(next) };
}

/** Whoever stands for the account itself is called by its number, as AWS's root is. */
function encodeUser({ owner, callName }: Called): WireObject {
  const { iamId, account, createdAt } = owner;
  const CreateDate = new Timestamp(createdAt);
  if (owner.kind === "serviceid") {
    const Arn = iamArn(account, "user/service-id", owner.name || iamId);
    return { Path: SERVICE_IDS_PATH, UserName: callName, UserId: iamId, Arn, CreateDate };
  }
  if (owner.isOwner) {
    const UserId = accountNumber(account);
    const Arn = `arn:aws:iam::${UserId}:root`;
    return { Path: USERS_PATH, UserName: callName, UserId, Arn, CreateDate };
  }
  const Arn = iamArn(account, "user", owner.email);
  return { Path: USERS_PATH, UserName: callName, UserId: iamId, Arn, CreateDate };
}
