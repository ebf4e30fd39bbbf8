/**
 * May the caller do this? By its roles, by the policy of the secret that it is about, and within what its session may do
 * at most (AWS IAM, "Policy evaluation logic"). What nobody has a policy for costs no more than the look at the roles.
 */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import type { Place } from "../../audit/crn.ts";
import { accountNumber, iamArn, regionOf, secretArn } from "../../audit/render/cloudtrail-arn.ts";
import { awsSourceOf } from "../../audit/aws-names.ts";
import { dsvPermissionOf } from "../../audit/render/dsv-permission.ts";
import {
  isAllowed,
  partsOf,
  scopeOf,
  type Grant,
  type Part,
  type Resource,
  type Scope,
} from "../../identity/authorize.ts";
import {
  decideByDocuments,
  type DocumentDecision,
  type Rule,
} from "../../identity/documents/decide.ts";
import { decide, type Asked, type Decision } from "../../identity/statements/decide.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Call, Identity } from "../call.ts";
import type { Judged } from "../operation.ts";
import { conditionKeys } from "./condition-keys.ts";
import { boundsOf, policyInForce, type InForce } from "./policies-in-force.ts";
import { principalOf } from "./principal.ts";
import { refusedBy, refusedByRole, type Ground } from "./refusals.ts";

/** What a caller has been granted. */
export interface Rights {
  /** In the place of the call; the server's own jobs need no grant. */
  readonly here: readonly Grant[] | "all";
  /** In its own account, where the call is about another one's. */
  readonly home: readonly Grant[] | null;
  /** Of the account's policy documents, what speaks of the caller. */
  readonly rules: readonly Rule[];
}

/** Who asks, and when. */
export interface Standing {
  readonly call: Call;
  readonly rights: Rights;
  readonly now: Millis;
}

/** What policies have two actions for takes both: a value that is given by a rotation is given all the same. */
export const ALSO: Partial<Record<OperationName, OperationName>> = {
  "secret.rotate": "version.create",
};

/** Undefined if the caller may. */
export function judge(judged: Judged, standing: Standing): Refusal | undefined {
  const refusal = judgeAs(judged, standing);
  const also = ALSO[judged.permission];
  if (refusal || also === undefined) return refusal;
  return judgeAs({ ...judged, permission: also }, standing);
}

function judgeAs(judged: Judged, standing: Standing): Refusal | undefined {
  const { located, permission } = judged;
  const { call, rights } = standing;
  const { caller } = call;
  if (caller.kind === "internal") return undefined;
  const text = located.policed?.resourcePolicy ?? null;
  const bounds = caller.kind === "identity" ? boundsOf(caller) : null;
  const isByRole = isAllowedByRole(judged, standing);
  if (text === null && bounds === null && isByRole && rights.rules.length === 0) return undefined;
  if (caller.kind !== "identity") {
    return isByRole ? undefined : refusedByRole(permission, call);
  }
  const byDocuments = decisionByDocuments(judged, standing);
  if (byDocuments === "denied")
    return refusedBy({ ground: "denied-by-document", permission }, call);
  const isGranted = isByRole || byDocuments === "allowed";
  if (text === null && bounds === null && isGranted) return undefined;
  const asked = askedOf(judged, caller, standing);
  const ofResource = text === null ? SILENT : decisionOf(policyInForce(text, "resource"), asked);
  const ofSession = bounds === null ? WIDE : decisionOf(bounds, asked);
  const ground = groundOf({ ofResource, ofSession, isByRole: isGranted, judged }, standing);
  if (ground === undefined) return undefined;
  // Whoever hears of a denial may see that there is the secret.
  const named = ground === "denied-by-resource" ? { resource: asked.resource } : {};
  return refusedBy({ ground, permission, ...named }, call);
}

/**
 * Who may act as a role is said in several ways, each of which takes `assign` on it too: whoever may only change the
 * role, or is denied that, does not become it by another wire.
 */
const ASSIGNING: ReadonlySet<OperationName> = new Set<OperationName>([
  "profile-identity.set",
  "profile-rule.create",
  "profile-rule.update",
]);

/** What policy documents say, by whichever wire something is done. */
function decisionByDocuments(
  judged: Judged,
  standing: Pick<Standing, "rights" | "call">,
): DocumentDecision {
  const decision = decisionOn(judged, standing);
  if (decision === "denied" || !ASSIGNING.has(judged.permission)) return decision;
  const assigning = decisionOn({ ...judged, permission: "profile-identity.add" }, standing);
  return assigning === "denied" || decision === "allowed" ? assigning : decision;
}

function decisionOn(
  { permission, located, input }: Judged,
  { rights: { rules }, call }: Pick<Standing, "rights" | "call">,
): DocumentDecision {
  if (rules.length === 0 || located.resource === null) return "silent";
  // What was found out of it besides: whose an API key is that was called by its id.
  const said = { ...input, ...located.facts };
  const needed = dsvPermissionOf(permission, { target: located.target, input: said });
  return decideByDocuments(rules, { ...needed, address: call.host.address });
}

/** Where the caller may do this: a list shows only that. */
export function scopeWithin(
  permission: OperationName,
  resource: Resource,
  standing: Pick<Standing, "rights" | "call">,
): Scope {
  const { here } = standing.rights;
  if (here === "all" || isWhollyByDocuments(permission, standing)) return { kind: "all" };
  return scopeOf(here, permission, resource);
}

/** The parts of all there is in which the caller may do this as a whole. */
export function partsWithin(
  permission: OperationName,
  standing: Pick<Standing, "rights" | "call">,
): readonly Part[] {
  const { here } = standing.rights;
  if (here === "all") return [{}];
  const { account } = standing.call.place;
  const parts = partsOf(here, permission, account);
  return isWhollyByDocuments(permission, standing) ? [...parts, { account }] : parts;
}

/** What documents let a caller list is listed whole. */
function isWhollyByDocuments(
  permission: OperationName,
  standing: Pick<Standing, "rights" | "call">,
): boolean {
  const judged = wholly(permission, standing.call.place);
  return decisionByDocuments(judged, standing) === "allowed";
}

interface Decisions {
  readonly ofResource: Decision;
  readonly ofSession: Decision;
  readonly isByRole: boolean;
  readonly judged: Judged;
}

/** Why not, or undefined. */
function groundOf(decisions: Decisions, standing: Standing): Ground | undefined {
  const { ofResource, ofSession, isByRole, judged } = decisions;
  const isForeign = standing.rights.home !== null;
  const means = ofResource.kind === "allowed" ? ofResource.means : undefined;
  if (ofResource.kind === "denied") {
    // Whoever may do this nowhere here does not hear that there is such a secret.
    return isByRole || maySomewhere(judged, standing) ? "denied-by-resource" : noneOf(isForeign);
  }
  if (ofSession.kind === "denied") return "denied-by-session";
  if (isForeign) {
    if (means === undefined) return isByRole ? boundOf(ofSession) : "no-resource-policy";
    return isAllowedAtHome(judged, standing) ? boundOf(ofSession) : "no-identity-policy";
  }
  // What is given to the very session, nothing that bounds the session takes away. But whoever has a key may name whom
  // it federates as it likes: to them it gives what they may do themselves.
  if (means === "session" && (isByRole || !isFederated(standing.call))) return undefined;
  const isDirect = means === "identity" || means === "anyone";
  return isByRole || isDirect ? boundOf(ofSession) : "no-identity-policy";
}

function isFederated({ caller }: Call): boolean {
  return caller.kind === "identity" && caller.signedBy?.kind === "federated";
}

function noneOf(isForeign: boolean): Ground {
  return isForeign ? "no-resource-policy" : "no-identity-policy";
}

function boundOf({ kind }: Decision): Ground | undefined {
  return kind === "allowed" ? undefined : "no-session-policy";
}

const SILENT: Decision = { kind: "silent" };
const WIDE: Decision = { kind: "allowed", means: null };

function decisionOf(policy: InForce, asked: Asked): Decision {
  return policy === "unreadable" ? { kind: "denied", by: null } : decide(policy, asked);
}

function isAllowedByRole({ permission, located }: Judged, { rights, call }: Standing): boolean {
  const { resource, inPart, anywhere } = located;
  const { here } = rights;
  if (resource === null || here === "all") return true;
  if (isAllowed(here, permission, resource)) return true;
  if (inPart && isSome(scopeOf(here, permission, resource))) return true;
  return anywhere === true && partsOf(here, permission, call.place.account).length > 0;
}

/** Of all that its own account has given it: secret groups are of instances, of which it has none here. */
function isAllowedAtHome(
  { permission, located: { resource } }: Judged,
  { rights: { home } }: Standing,
): boolean {
  if (home === null || resource === null) return false;
  const { service, place } = resource;
  return isAllowed(home, permission, { service, place });
}

/** Whether it may do this to anything in the place: what is there is then no secret to it. */
export function maySomewhere(
  { permission }: Pick<Judged, "permission">,
  { rights: { here }, call: { place } }: Pick<Standing, "rights" | "call">,
): boolean {
  if (here === "all") return true;
  return isSome(
    scopeOf(here, permission, { service: serviceOf(catalogue[permission].action), place }),
  );
}

function isSome(scope: Scope): boolean {
  return scope.kind === "all" || scope.groups.size > 0;
}

/** Whether the caller's session may do this to anything it is about, as far as its policy goes. */
export function isWithinBounds(
  judged: Judged,
  { call, now }: Pick<Standing, "call" | "now">,
): boolean {
  const { caller } = call;
  const bounds = caller.kind === "identity" ? boundsOf(caller) : null;
  if (bounds === null || caller.kind !== "identity") return true;
  const standing = { call, now };
  const asked = { ...askedOf(judged, caller, standing), isUnnamed: true };
  return decisionOf(bounds, asked).kind === "allowed";
}

/** The operation on all there is in a place. */
export function wholly(permission: OperationName, place: Place): Judged {
  const service = serviceOf(catalogue[permission].action);
  const target = { place, kind: "", id: "", name: "" };
  return { permission, located: { target, resource: { service, place } }, input: {} };
}

function askedOf(
  { permission, located, input }: Judged,
  caller: Identity,
  { call, now }: Pick<Standing, "call" | "now">,
): Asked {
  const principal = principalOf(caller);
  const secret = located.policed ?? null;
  const { place } = located.target;
  const isValueRead = catalogue[permission].discloses === "received";
  return {
    action: actionOf(permission),
    resource: resourceOf(located),
    isUnnamed: UNNAMED.has(located.target.kind),
    principal,
    keys: conditionKeys({ call, caller, principal, now, input, secret, place, isValueRead }),
  };
}

/** `secretsmanager:GetSecretValue` */
export function actionOf(permission: OperationName): string {
  const row = catalogue[permission];
  return `${awsSourceOf(row).replace(/\.amazonaws\.com$/, "")}:${row.aws}`;
}

/** The ARN of what is acted on; `*` for what has none. */
function resourceOf({ target, policed }: Judged["located"]): string {
  const { place, kind, id, name } = target;
  if (policed) return secretArn(place, policed);
  switch (kind) {
    case "user":
      return iamArn(place.account, "user", name || id);
    case "serviceid":
      return iamArn(place.account, "user/service-id", name || id);
    case "profile":
      return iamArn(place.account, "role", name || id);
    case "groups":
      return iamArn(place.account, "group", name || id);
    case "secret":
      // One that was asked for by its name and is not there.
      return `${secretsOf(place)}:${name}-${ANY_SUFFIX}`;
    default:
      return "*";
  }
}

/** What AWS knows by the identity that it belongs to. */
const UNNAMED: ReadonlySet<string> = new Set(["apikey", "policy"]);

const ANY_SUFFIX = "??????";

function secretsOf({ region, account }: Call["place"]): string {
  return `arn:aws:secretsmanager:${regionOf(region)}:${accountNumber(account)}:secret`;
}
