/**
 * Trust policies of roles, read and written: who may assume a role, as a document of AWS's policy language. Of that a
 * part is served: statements that allow `sts:AssumeRole` to principals of kind `AWS`, without conditions.
 */
import type { PrincipalName, TrustedPrincipal } from "../../../../app/profiles/principals.ts";
import type { GivenTrust } from "../../../../app/profiles/profiles-by-name.ts";
import { accountNumber, iamArn } from "../../../../audit/render/cloudtrail-arn.ts";
import { isActingServiceId } from "../../../../identity/service-id.ts";
import { isActingProfile } from "../../../../identity/trusted-profile.ts";
import { isUserId } from "../../../../identity/user.ts";
import { Refusal } from "../../../../kernel/errors.ts";

/** AWS's quota of a role's trust policy, as far as it can be raised. */
export const MAX_TRUST_POLICY_CHARS = 4_096;
const MAX_STATEMENTS = 20;

const VERSIONS: readonly unknown[] = ["2012-10-17", "2008-10-17", undefined];
const DOCUMENT_MEMBERS = ["Version", "Id", "Statement"];
const STATEMENT_MEMBERS = ["Sid", "Effect", "Principal", "Action"];
const ASSUME = "sts:assumerole";

type JsonObject = Readonly<Record<string, unknown>>;

/** Refuses, naming it, whatever would not be enforced as it is written. */
export function trustIn(text: string): GivenTrust {
  const document = objectIn(parsed(text), "The policy");
  assertMembers(document, DOCUMENT_MEMBERS, "the policy");
  if (!VERSIONS.includes(document["Version"])) {
    throw malformed("Its Version has to be 2012-10-17.");
  }
  const statements = listIn(document["Statement"]);
  if (statements.length === 0 || statements.length > MAX_STATEMENTS) {
    throw malformed(`It has to have between 1 and ${MAX_STATEMENTS} statements.`);
  }
  return { principals: statements.flatMap(principalsIn) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("It is not JSON.");
  }
}

function principalsIn(given: unknown): readonly PrincipalName[] {
  const statement = objectIn(given, "A statement");
  if (statement["Condition"] !== undefined) {
    throw malformed("Conditions on who may assume a role are not supported here.");
  }
  assertMembers(statement, STATEMENT_MEMBERS, "a statement");
  if (statement["Effect"] !== "Allow") {
    throw malformed("Statements of trust only allow: their Effect has to be Allow.");
  }
  const actions = listIn(statement["Action"]);
  const isAssume = (action: unknown): boolean =>
    typeof action === "string" && action.toLowerCase() === ASSUME;
  if (actions.length === 0 || !actions.every(isAssume)) {
    throw malformed("The only Action that is supported here is sts:AssumeRole.");
  }
  const principal = objectIn(statement["Principal"], "The Principal");
  assertMembers(principal, ["AWS"], "the Principal");
  const names = listIn(principal["AWS"]);
  if (names.length === 0) throw malformed("The Principal names nobody.");
  return names.map(principalNamed);
}

const ACCOUNT = /^(?:(\d{12})|arn:aws(?:-[a-z-]{1,16})?:iam::(\d{12}):root)$/;
const IN_IAM =
  /^arn:aws(?:-[a-z-]{1,16})?:iam::(\d{12}):(user|role)\/((?:[!-.0-~]{1,510}\/)*)([\w+=,.@-]{1,255})$/;
const SERVICE_ID_PATH = "service-id/";

function principalNamed(given: unknown): PrincipalName {
  const text = typeof given === "string" ? given : "";
  const [, plain, root] = ACCOUNT.exec(text) ?? [];
  const number = plain ?? root;
  if (number !== undefined) return { kind: "account", accountNumber: number };
  if (isUserId(text) || isActingServiceId(text) || isActingProfile(text)) {
    return { kind: "id", iamId: text };
  }
  const [, inAccount = "", kind, path = "", name = ""] = IN_IAM.exec(text) ?? [];
  const named = { accountNumber: inAccount, name };
  if (kind === "role" && path === "") return { kind: "profile", ...named };
  if (kind === "user" && path === "") return { kind: "user", ...named };
  if (kind === "user" && path === SERVICE_ID_PATH) return { kind: "serviceid", ...named };
  throw malformed(
    "A principal is an account's number or the ARN of its root, or of a user or role: nobody else is supported here.",
  );
}

function objectIn(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw malformed(`${what} has to be an object.`);
}

function listIn(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** What was sent is not quoted. */
function assertMembers(object: JsonObject, known: readonly string[], where: string): void {
  if (Object.keys(object).every((name) => known.includes(name))) return;
  throw malformed(`What is supported in ${where} here is ${known.join(", ")}.`);
}

function malformed(sentence: string): Refusal {
  return new Refusal("invalid_request", `The trust policy cannot be kept. ${sentence}`, {
    reason: "malformed-trust-policy",
  });
}

/** One statement, as AWS writes it: a single principal stands by itself. */
export function trustPolicyOf(trust: readonly TrustedPrincipal[]): object {
  const names = trust.map(principalName);
  const AWS = names.length === 1 ? names[0] : names;
  const statement = { Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" };
  return { Version: "2012-10-17", Statement: names.length === 0 ? [] : [statement] };
}

/** Whoever is no more goes by the id, as with AWS. */
function principalName({ kind, account, iamId, name }: TrustedPrincipal): string {
  if (kind === "account") return `arn:aws:iam::${accountNumber(account)}:root`;
  if (name === undefined) return iamId;
  return iamArn(account, ARN_KINDS[kind], name);
}

const ARN_KINDS = { user: "user", serviceid: "user/service-id", profile: "role" } as const;
