/** How the operators of conditions compare one value of a request with one of the policy. */
import { isIP, isIPv6, BlockList } from "node:net";
import { isAddressRange } from "../addresses.ts";
import { isMatch, patternOf, type KeyValues, type Pattern } from "./pattern.ts";

/** Of what a request says, and where the policy's value has variables, of the other keys. */
export type Comparison = (said: string, keys: KeyValues) => boolean;

/** Of a policy's value; undefined where the operator does not compare with such. */
type Operator = (value: string, hasVariables: boolean) => Comparison | undefined;

/** Negated ones compare as what they negate: see `isNegated`. */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: text({ hasWildcards: false }),
  StringNotEquals: text({ hasWildcards: false }),
  StringEqualsIgnoreCase: text({ hasWildcards: false, ignoresCase: true }),
  StringNotEqualsIgnoreCase: text({ hasWildcards: false, ignoresCase: true }),
  StringLike: text({ hasWildcards: true }),
  StringNotLike: text({ hasWildcards: true }),
  BinaryEquals: text({ hasWildcards: false }),
  ArnEquals: arn,
  ArnNotEquals: arn,
  ArnLike: arn,
  ArnNotLike: arn,
  NumericEquals: order(numberIn, (said, value) => said === value),
  NumericNotEquals: order(numberIn, (said, value) => said === value),
  NumericLessThan: order(numberIn, (said, value) => said < value),
  NumericLessThanEquals: order(numberIn, (said, value) => said <= value),
  NumericGreaterThan: order(numberIn, (said, value) => said > value),
  NumericGreaterThanEquals: order(numberIn, (said, value) => said >= value),
  DateEquals: order(dateIn, (said, value) => said === value),
  DateNotEquals: order(dateIn, (said, value) => said === value),
  DateLessThan: order(dateIn, (said, value) => said < value),
  DateLessThanEquals: order(dateIn, (said, value) => said <= value),
  DateGreaterThan: order(dateIn, (said, value) => said > value),
  DateGreaterThanEquals: order(dateIn, (said, value) => said >= value),
  Bool: flag,
  Null: flag,
  IpAddress: address,
  NotIpAddress: address,
};

export function isOperator(name: string): boolean {
  return Object.hasOwn(operators, name);
}

/** Undefined for a value that the operator does not compare with. */
export function comparisonOf(
  operator: string,
  value: string,
  hasVariables: boolean,
): Comparison | undefined {
  return operators[operator]?.(value, hasVariables);
}

function text(how: { readonly hasWildcards: boolean; readonly ignoresCase?: true }): Operator {
  return (value, hasVariables) => {
    const own = how.ignoresCase ? value.toLowerCase() : value;
    const pattern = patternOf(own, { hasVariables, hasWildcards: how.hasWildcards });
    if (!pattern) return undefined;
    if (!how.ignoresCase) return (said, keys) => isMatch(pattern, said, keys);
    return (said, keys) => isMatch(pattern, said.toLowerCase(), lowered(keys));
  };
}

function lowered(keys: KeyValues): KeyValues {
  return (key) => keys(key)?.map((value) => value.toLowerCase());
}

/** Six parts, each of which is matched by itself: no wildcard reaches over a colon but in the last. */
const ARN_PARTS = 6;

function arn(value: string, hasVariables: boolean): Comparison | undefined {
  const parts = arnParts(value)?.map((part) =>
    patternOf(part, { hasVariables, hasWildcards: true }),
  );
  if (!parts?.every((part): part is Pattern => part !== undefined)) return undefined;
  return (said, keys) => {
    const saidParts = arnParts(said);
    return parts.every((part, i) => {
      const one = saidParts?.[i];
      return one !== undefined && isMatch(part, one, keys);
    });
  };
}

function arnParts(value: string): readonly string[] | undefined {
  const parts = value.split(":");
  if (parts.length < ARN_PARTS)
    return value === "*" ? Array<string>(ARN_PARTS).fill("*") : undefined;
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(":")];
}

function order(
  read: (text: string) => number | undefined,
  holds: (said: number, value: number) => boolean,
): Operator {
  return (value) => {
    const wanted = read(value);
    if (wanted === undefined) return undefined;
    return (said) => {
      const own = read(said);
      return own !== undefined && holds(own, wanted);
    };
  };
}

function numberIn(value: string): number | undefined {
  return /^[+-]?\d{1,17}(?:\.\d{1,17})?$/.test(value) ? Number(value) : undefined;
}

const DATE =
  /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?)?)?$/;

/** ISO 8601 in any length, in UTC where it says nothing else; or epoch seconds. Milliseconds come out. */
function dateIn(value: string): number | undefined {
  if (/^\d{5,12}$/.test(value)) return Number(value) * 1_000;
  if (!DATE.test(value)) return undefined;
  const isLocal = value.includes("T") && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const at = Date.parse(isLocal ? `${value}Z` : value);
  return Number.isNaN(at) ? undefined : at;
}

function flag(value: string): Comparison | undefined {
  const wanted = value.toLowerCase();
  if (wanted !== "true" && wanted !== "false") return undefined;
  return (said) => said.toLowerCase() === wanted;
}

function address(value: string): Comparison | undefined {
  if (!isAddressRange(value)) return undefined;
  const [own = "", prefix] = value.split("/");
  const range = new BlockList();
  const family = isIPv6(own) ? "ipv6" : "ipv4";
  if (prefix === undefined) range.addAddress(own, family);
  else range.addSubnet(own, Number(prefix), family);
  return (said) => isIP(said) !== 0 && range.check(said, isIPv6(said) ? "ipv6" : "ipv4");
}
