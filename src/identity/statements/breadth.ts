/** Whether a policy lets in everybody: a principal of `*` that no condition with fixed values narrows. */
import type { Condition } from "./conditions.ts";
import type { PolicyDocument, Statement } from "./document.ts";

/** What a caller cannot choose, and of which one value is not everybody (AWS, "The meaning of public"). */
const NARROWING: ReadonlySet<string> = new Set([
  "aws:principalarn",
  "aws:principalaccount",
  "aws:principalorgid",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceip",
  "aws:sourceowner",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:userid",
  "aws:username",
]);

/** Those that an absent key does not meet. */
const POSITIVE: ReadonlySet<string> = new Set([
  "StringEquals",
  "StringEqualsIgnoreCase",
  "StringLike",
  "ArnEquals",
  "ArnLike",
  "IpAddress",
]);

/** Ranges that are wider than these are the whole of the net. */
const MIN_PREFIX_4 = 8;
const MIN_PREFIX_6 = 32;

export function isPublic({ statements }: PolicyDocument): boolean {
  return statements.some((one) => one.effect === "Allow" && isForAnyone(one) && !isNarrow(one));
}

function isForAnyone({ principals }: Statement): boolean {
  if (principals === null) return false;
  return principals.isNot || principals.whom.some(({ kind }) => kind === "anyone");
}

function isNarrow({ conditions }: Statement): boolean {
  return conditions.some(
    (one) =>
      NARROWING.has(one.key) &&
      POSITIVE.has(one.operator) &&
      !one.ifExists &&
      one.set !== "all" &&
      one.values.every((value) => isFixed(value, one)),
  );
}

function isFixed(value: string, { operator, key }: Condition): boolean {
  if (operator === "IpAddress") {
    const [address = "", prefix] = value.split("/");
    const min = address.includes(":") ? MIN_PREFIX_6 : MIN_PREFIX_4;
    return prefix === undefined || Number(prefix) >= min;
  }
  if (value.includes("${")) return false;
  if (operator === "StringEquals" || operator === "StringEqualsIgnoreCase") return true;
  if (!/[*?]/.test(value)) return true;
  // Of an ARN the account is what matters; a role's sessions come and go under any name.
  if (key.endsWith("arn")) return /^\d{12}$/.test(value.split(":")[4] ?? "");
  return key === "aws:userid" && /^[A-Za-z0-9_-]{8,}:\*$/.test(value);
}
