/** Access keys of users and of service IDs. */
import {
  createAccessKeyByName,
  deleteAccessKeyByName,
  listAccessKeys,
  updateAccessKeyByName,
  type CreatedAccessKey,
  type ListedAccessKeys,
  type NamedAccessKey,
} from "../../../../app/identity/access-keys-by-name.ts";
import { readAccessKeyUse, type AccessKeyUse } from "../../../../app/identity/access-key-use.ts";
import type { ApiKey } from "../../../../identity/api-key.ts";
import type { Members, TextBounds } from "../members.ts";
import { line, nothing, type AwsLine } from "../service.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { EXISTING_NAME } from "./iam-members.ts";
import { truncation, windowIn } from "./paging.ts";

const KEY_ID: TextBounds = { min: 16, max: 128, pattern: /^\w+$/ };
/** In AWS's words, of a key that no request has named. */
const NOWHERE = "N/A";

export const accessKeyLines: readonly AwsLine[] = [
  line("CreateAccessKey", createAccessKeyByName, [decodeOwner, encodeCreated]),
  line("ListAccessKeys", listAccessKeys, [
    (members) => ({ ...decodeOwner(members), ...windowIn(members) }),
    encodeListed,
  ]),
  line("UpdateAccessKey", updateAccessKeyByName, [
    (members) => ({ ...decodeKey(members), status: statusIn(members) }),
    nothing,
  ]),
  line("DeleteAccessKey", deleteAccessKeyByName, [decodeKey, nothing]),
  line("GetAccessKeyLastUsed", readAccessKeyUse, [
    (members) => ({ accessKeyId: members.text("AccessKeyId", KEY_ID) }),
    encodeUse,
  ]),
];

function decodeOwner(members: Members): { readonly userName: string | undefined } {
  return { userName: members.textOrNothing("UserName", EXISTING_NAME) };
}

function decodeKey(members: Members): NamedAccessKey {
  return { ...decodeOwner(members), accessKeyId: members.text("AccessKeyId", KEY_ID) };
}

function statusIn(members: Members): "Active" | "Inactive" {
  const status = members.text("Status", { pattern: /^(?:Active|Inactive)$/ });
  return status === "Active" ? "Active" : "Inactive";
}

/** The one answer that has the secret. */
function encodeCreated(key: CreatedAccessKey): WireObject {
  return { AccessKey: { ...encodeKey(key, key.ownerName), SecretAccessKey: key.value.reveal() } };
}

function encodeListed({ keys, ownerName, next }: ListedAccessKeys): WireObject {
  const AccessKeyMetadata = keys.map((key) => encodeKey(key, ownerName));
  return { AccessKeyMetadata, ...truncation(next) };
}

function encodeKey(key: ApiKey, UserName: string): WireObject {
  return {
    UserName,
    AccessKeyId: key.accessKeyId,
    Status: key.disabled ? "Inactive" : "Active",
    CreateDate: new Timestamp(key.createdAt),
  };
}

function encodeUse({ ownerName, last }: AccessKeyUse): WireObject {
  const AccessKeyLastUsed = last
    ? {
        LastUsedDate: new Timestamp(last.at),
        ServiceName: last.service,
        Region: last.region,
      }
    : { ServiceName: NOWHERE, Region: NOWHERE };
  return { UserName: ownerName, AccessKeyLastUsed };
}
