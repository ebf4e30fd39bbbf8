/**
 * Policy documents: who may do what to which path, under a path of their own. What is denied in any of them is denied;
 * what is allowed in any of them is allowed; of the rest they say nothing (ory/ladon; DSV, "Policy").
 */
import { itemKind } from "../../items/item.ts";

/** One rule of a document. Patterns as they were written, in lower case but for resources. */
export interface Permission {
  readonly id: string;
  readonly description: string;
  /** `users:…`, `roles:…`, `groups:…`, `clients:…`. */
  readonly subjects: readonly string[];
  readonly effect: Effect;
  /** Paths joined by colons: `secrets:us-east:<.*>`. */
  readonly resources: readonly string[];
  readonly actions: readonly string[];
  /** By the names of what they are about; all of them have to hold. */
  readonly conditions: Readonly<Record<string, CidrCondition>>;
}

export const EFFECTS = ["allow", "deny"] as const;
export type Effect = (typeof EFFECTS)[number];

/** Of the key `remoteIP`: where a call has to come from. */
export interface CidrCondition {
  readonly type: "CIDRCondition";
  readonly options: { readonly cidr: string };
}

export const ACTIONS = ["create", "read", "update", "delete", "list", "assign", "share"] as const;

export interface PolicyDocument {
  readonly permissionDocument: readonly Permission[];
}

/** DSV's, of a tenant. */
export const MAX_DOCUMENTS_PER_ACCOUNT = 1_000;
export const MAX_PERMISSIONS_PER_DOCUMENT = 100;
/** Of subjects, resources and actions each. */
export const MAX_PATTERNS_PER_PERMISSION = 100;
/** Of all permissions of a document, as JSON. */
export const MAX_DOCUMENT_BYTES = 64 * 1_024;

/** Their name is their path, joined by colons. */
export const POLICY_DOCUMENT = itemKind<PolicyDocument>("policy-document");

/** An account's own: what stands here holds beside every document. */
export interface AccountConfig extends PolicyDocument {
  /** How long refresh tokens of logins by password are good; 0: as long as the account's settings say. */
  readonly refreshTokenTTLHours: number;
}

export const CONFIG = itemKind<AccountConfig>("config");
/** The only one of its kind. */
export const CONFIG_NAME = "config";

export const MAX_REFRESH_TOKEN_TTL_HOURS = 8_760;
