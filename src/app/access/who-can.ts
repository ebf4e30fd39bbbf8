/** Answers who may do something, here and now, and by what: least privilege as an auditor asks for it. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { OperationName } from "../../audit/catalogue.ts";
import type { Principal } from "../../identity/api-key.ts";
import { isOwnMatter, rolesAllowing } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { nameOf } from "../identity/caller.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { findTarget, isDoneTo, type AccessTarget } from "./access-target.ts";
import type { DocumentSaid } from "./document-rules.ts";
import { findGrants, type AccessPath, type RuleThatGives } from "./grants-giving.ts";
import { canLogIn, trustIn, type Trust } from "./logging-in.ts";
import { operationsNamed } from "./operation-names.ts";
import { nameFor } from "../secrets/resource-policy-principals.ts";
import { SecretPolicy, type Said } from "./secret-policy.ts";

/** Identities that one answer shows; that there are more is said. */
export const MAX_IDENTITIES_SHOWN = 1_000;
/** Identities that are looked up in one turn of the event loop. */
const IDENTITIES_PER_TURN = 50;

const SERVICE = "keytrail";

export interface WhoCanInput {
  /** The operation, in any vocabulary. */
  readonly permission: string;
  /** An id or a CRN; without one, the account as a whole. */
  readonly target?: string | undefined;
}

export interface IdentityWithAccess {
  readonly iamId: string;
  readonly kind: Principal["kind"];
  /** As events name it: of a user the e-mail address. */
  readonly name: string;
  /** A disabled one may do nothing until it is enabled again. */
  readonly state: "active" | "disabled";
  readonly canLogIn: boolean;
  readonly paths: readonly AccessPath[];
  /** What keeps it from it sometimes: statements of the secret's policy with conditions. */
  readonly limits: readonly Said[];
  /** The same of policy documents: denials from some addresses, or of a part of the target. */
  readonly documentLimits: readonly DocumentSaid[];
  /** Of a trusted profile: who may act as it. */
  readonly trust: Trust | null;
}

/** The policy of the secret that was asked about. */
export interface PolicyOfSecret {
  readonly statements: number;
  /** Whom it lets in of other accounts, if those do; `*` for everybody. */
  readonly outsiders: readonly string[];
}

export interface WhoCan {
  /** What was asked about; several where the name has several meanings. */
  readonly operations: readonly OperationName[];
  readonly target: AccessTarget;
  /** Null where there is none. */
  readonly policy: PolicyOfSecret | null;
  readonly identities: readonly IdentityWithAccess[];
  /** Rules by which a federated login would join a group that may. */
  readonly rules: readonly RuleThatGives[];
  /** Of identities, also of those that are not shown. */
  readonly totalCount: number;
}

interface Asked {
  readonly operations: readonly OperationName[];
  readonly target: AccessTarget;
}

/**
 * From the policies as they are now: an identity is named if the next such call of it would be allowed, or would be if
 * it were enabled. Whoever may ask this of an instance may ask it of what is in the instance.
 */
export const whoCan = readOperation<WhoCanInput, Asked, WhoCan>({
  name: "access.read",
  async locate({ permission, target: text }, { call, store }) {
    const named = operationsNamed(permission);
    const target = await findTarget(text, { account: call.place.account, store });
    const done = named.filter((operation) => isDoneTo(operation, target));
    const operations = done.length === 0 ? named : done;
    return {
      target: { place: call.place, kind: "", id: "", name: "access" },
      resource: { service: SERVICE, place: target.place },
      subject: { operations, target },
      facts: { permission: operations, target: target.crn },
    };
  },
  async run(_input, { subject: asked }, context) {
    assertAnswerable(asked);
    const { store: view, now, call } = context;
    const { account } = call.place;
    const { paths, rules, ...found } = await findGrants({ ...asked, account, view, now });
    const known: { readonly principal: Principal; readonly paths: readonly AccessPath[] }[] = [];
    let looked = 0;
    for (const [iamId, ways] of paths) {
      const principal = await view.identity.principal(account, iamId);
      if (principal) known.push({ principal, paths: ways });
      looked += 1;
      if (looked % IDENTITIES_PER_TURN === 0) await nextTurn();
    }
    const shown = known.toSorted(byKindAndName).slice(0, MAX_IDENTITIES_SHOWN);
    const identities: IdentityWithAccess[] = [];
    for (const one of shown) {
      const { iamId } = one.principal;
      const limits = found.limits.get(iamId) ?? [];
      const documentLimits = found.documentLimits.get(iamId) ?? [];
      identities.push(await shownAs({ ...one, limits, documentLimits }, context));
      if (identities.length % IDENTITIES_PER_TURN === 0) await nextTurn();
    }
    const policy = await policyOf(asked, context);
    return { ...asked, policy, identities, rules, totalCount: known.length };
  },
});

async function policyOf(
  { target, operations }: Asked,
  { store, call }: Context<View>,
): Promise<PolicyOfSecret | null> {
  const policy = SecretPolicy.of(target, operations);
  if (!policy) return null;
  const inside = new Set<string>();
  for (const iamId of policy.named) {
    if (await store.identity.principal(call.place.account, iamId)) inside.add(iamId);
  }
  const outsiders = policy.outsiders((iamId) => inside.has(iamId));
  const shown = await Promise.all(outsiders.map((one) => nameFor(one, store)));
  return { statements: policy.size, outsiders: shown };
}

/** Only once the caller may ask: before that, nobody is told that the target is there, nor what it is. */
function assertAnswerable({ operations, target }: Asked): void {
  const names = operations.join(", ");
  if (!operations.some((operation) => isDoneTo(operation, target))) {
    const sentence = `${names}: that is not done to a ${target.kind}.`;
    throw new Refusal("invalid_request", sentence, { field: "target" });
  }
  if (!operations.some(isByPolicy)) {
    const sentence = `${names}: no policy gives that; it is done by whoever brings what it takes, or by the server itself.`;
    throw new Refusal("invalid_request", sentence, { field: "operation" });
  }
}

function isByPolicy(operation: OperationName): boolean {
  return rolesAllowing(operation).length > 0 || isOwnMatter(operation);
}

async function shownAs(
  {
    principal,
    ...ways
  }: {
    readonly principal: Principal;
    readonly paths: readonly AccessPath[];
    readonly limits: readonly Said[];
    readonly documentLimits: readonly DocumentSaid[];
  },
  { store, now }: Context<View>,
): Promise<IdentityWithAccess> {
  return {
    iamId: principal.iamId,
    kind: principal.kind,
    name: nameOf(principal),
    state: principal.kind === "user" ? principal.state : "active",
    canLogIn: await canLogIn(principal, store, now),
    ...ways,
    trust: principal.kind === "profile" ? await trustIn(principal, store) : null,
  };
}

const KINDS: readonly Principal["kind"][] = ["user", "serviceid", "profile"];

function byKindAndName(
  { principal: a }: { readonly principal: Principal },
  { principal: b }: { readonly principal: Principal },
): number {
  const kinds = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  if (kinds !== 0) return kinds;
  const [left, right] = [nameOf(a), nameOf(b)];
  if (left === right) return a.iamId < b.iamId ? -1 : 1;
  return left < right ? -1 : 1;
}
