/**
 * Policy documents: statements that allow or deny (AWS IAM, "Grammar of the IAM JSON policy language", versions
 * 2012-10-17 and 2008-10-17). Read strictly: what is not understood as a whole is no policy. Refusals name the place and
 * never what stands there.
 */
import { Refusal } from "../../kernel/errors.ts";
import { conditionsIn, type Condition } from "./conditions.ts";
import { asObject, only, textsIn, type Place } from "./elements.ts";
import { parseJson } from "./json.ts";
import { patternOf, type Pattern } from "./pattern.ts";
import { principalsIn, type Principals } from "./principals.ts";

/** AWS Secrets Manager, PutResourcePolicy. */
export const MAX_RESOURCE_POLICY_CHARS = 20_480;
/** AWS STS, AssumeRole. */
export const MAX_SESSION_POLICY_CHARS = 2_048;
/** Deep enough for every policy: an object of statements, of conditions, of keys, of values. */
export const MAX_POLICY_DEPTH = 8;
export const MAX_STATEMENTS = 200;

/** `resource`: attached to what it is about, and so naming whom. `session`: of a session, whoever has it. */
export type PolicyKind = "resource" | "session";

export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string | null;
  readonly effect: "Allow" | "Deny";
  /** Null in the policies of sessions: whoever has the session. */
  readonly principals: Principals | null;
  readonly actions: Choice;
  readonly resources: Choice;
  readonly conditions: readonly Condition[];
}

/** What matches one of the patterns, or with `isNot` none. */
export interface Choice {
  readonly isNot: boolean;
  readonly patterns: readonly Pattern[];
}

const MAX_CHARS: Readonly<Record<PolicyKind, number>> = {
  resource: MAX_RESOURCE_POLICY_CHARS,
  session: MAX_SESSION_POLICY_CHARS,
};
const VARIABLES_SINCE = "2012-10-17";
const VERSIONS = [VARIABLES_SINCE, "2008-10-17"];

/** Throws `invalid_request` with the reason `malformed-policy-document` for anything that is no policy of this kind. */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  if (text.length > MAX_CHARS[kind]) {
    throw malformed(`A policy has at most ${MAX_CHARS[kind]} characters.`);
  }
  return readPolicy(text, kind);
}

/** The same of one that is kept, in which identities may have longer names than they were given. */
export function readPolicy(text: string, kind: PolicyKind): PolicyDocument {
  const place: Place = { at: "The policy", malformed };
  const object = asObject(parseJson(text, { maxDepth: MAX_POLICY_DEPTH, malformed }), place);
  only(object, ["Version", "Id", "Statement"], place);
  const { Version: version = "2008-10-17", Id: id, Statement: given } = object;
  if (typeof version !== "string" || !VERSIONS.includes(version)) {
    throw malformed(`"Version" is one of ${VERSIONS.join(", ")}.`);
  }
  if (id !== undefined && typeof id !== "string") throw malformed(`"Id" is a text.`);
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (given === undefined || all.length === 0) throw malformed("A policy has statements.");
  if (all.length > MAX_STATEMENTS) throw malformed(`At most ${MAX_STATEMENTS} statements.`);
  const hasVariables = version === VARIABLES_SINCE;
  const statements = all.map((one, i) =>
    statementIn(one, { kind, hasVariables, place: { at: `Statement ${i + 1}`, malformed } }),
  );
  const sids = statements.flatMap(({ sid }) => (sid === null ? [] : [sid]));
  if (new Set(sids).size < sids.length) throw malformed("Two statements have the same Sid.");
  return { statements };
}

export function malformed(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { reason: "malformed-policy-document" });
}

interface Reading {
  readonly kind: PolicyKind;
  readonly hasVariables: boolean;
  readonly place: Place;
}

const ELEMENTS = [
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
] as const;
const PRINCIPALS = ["Principal", "NotPrincipal"] as const;
const SID = /^[A-Za-z0-9 ]{0,100}$/;

function statementIn(value: unknown, reading: Reading): Statement {
  const { kind, place } = reading;
  const object = asObject(value, place);
  only(object, kind === "resource" ? [...ELEMENTS, ...PRINCIPALS] : ELEMENTS, place);
  const { Sid: sid, Effect: effect, Condition: condition } = object;
  if (sid !== undefined && (typeof sid !== "string" || !SID.test(sid))) {
    throw malformed(`${place.at}: "Sid" has letters and digits.`);
  }
  if (effect !== "Allow" && effect !== "Deny") {
    throw malformed(`${place.at}: "Effect" is Allow or Deny.`);
  }
  return {
    sid: sid === undefined || sid === "" ? null : sid,
    effect,
    principals: kind === "resource" ? whomIn(object, place) : null,
    actions: choiceIn(object, "Action", { ...reading, isFit: isAction, hasVariables: false }),
    resources: choiceIn(object, "Resource", { ...reading, isFit: isResource }),
    conditions: condition === undefined ? [] : conditionsIn(condition, reading),
  };
}

function whomIn(object: Readonly<Record<string, unknown>>, place: Place): Principals {
  const { Principal: those, NotPrincipal: others } = object;
  if ((those === undefined) === (others === undefined)) {
    throw malformed(`${place.at} has either "Principal" or "NotPrincipal".`);
  }
  return { isNot: those === undefined, whom: principalsIn(those ?? others, place) };
}

function choiceIn(
  object: Readonly<Record<string, unknown>>,
  name: "Action" | "Resource",
  reading: Reading & { readonly isFit: (text: string) => boolean },
): Choice {
  const { place, hasVariables, isFit } = reading;
  const [those, others] = [object[name], object[`Not${name}`]];
  if ((those === undefined) === (others === undefined)) {
    throw malformed(`${place.at} has either "${name}" or "Not${name}".`);
  }
  const patterns = textsIn(those ?? others, { ...place, at: `${place.at}: "${name}"` }).map(
    (text) => {
      const own = name === "Action" ? text.toLowerCase() : text;
      const pattern = isFit(text)
        ? patternOf(own, { hasVariables, hasWildcards: true })
        : undefined;
      if (!pattern) throw malformed(`${place.at}: "${name}" is of no form that one has.`);
      return pattern;
    },
  );
  return { isNot: those === undefined, patterns };
}

/** `*`, or `service:Name` with wildcards in the name. */
function isAction(text: string): boolean {
  return text === "*" || /^[A-Za-z0-9-]{1,64}:[A-Za-z0-9*?]{1,128}$/.test(text);
}

/** `*`, or an ARN of six parts. */
function isResource(text: string): boolean {
  return text === "*" || (text.startsWith("arn:") && text.split(":").length >= 6);
}
