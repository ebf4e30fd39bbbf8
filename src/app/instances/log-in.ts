/**
 * Logging in to an instance through its Vault-compatible surface: an access token is exchanged for another one of the
 * same session, which lives no longer. The token that is brought is the credential; no other is looked at.
 */
import { crn, type Place } from "../../audit/crn.ts";
import { scopeOf, type Grant } from "../../identity/authorize.ts";
import { permissionsOf, rolesAllowing, type RoleName } from "../../identity/roles.ts";
import type { KnownToken } from "../../identity/token-claims.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { grantsOf } from "../admission.ts";
import type { Anonymous, Identity } from "../call.ts";
import { actingBy } from "../identity/authenticate.ts";
import { callerOf, initiatorTypeOf, type Acting } from "../identity/caller.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import { locatedInstance, SERVICE, wholeOf } from "../secrets/find.ts";
import type { View } from "../state.ts";

const PERMISSION = "instance.login";

export interface LogInInput {
  /** By which of the surface's ways: there is one. */
  readonly method: "ibmcloud";
  readonly token: Sensitive<string>;
}

/** A role, on the instance as a whole or on some of its secret groups. */
export interface RoleAt {
  readonly role: RoleName;
  readonly isWhole: boolean;
}

export interface LogInOutput {
  readonly clientToken: Sensitive<string>;
  /** Seconds. */
  readonly leaseDuration: number;
  /** The session that both tokens belong to: when it ends, neither is good for anything. */
  readonly session: string;
  readonly identity: Identity;
  readonly grantType: string;
  readonly instanceCrn: string;
  readonly roles: readonly RoleAt[];
}

/** Whoever may log in. */
interface Admitted {
  readonly acting: Acting;
  readonly token: KnownToken;
  readonly identity: Identity;
  readonly roles: readonly RoleAt[];
}

export const logIn = changeOperation<LogInInput, Admitted | Refusal, LogInOutput>({
  name: PERMISSION,
  forAnyone: true,

  async locate({ token }, context) {
    const { store, capabilities, now, call } = context;
    const verified = await capabilities.tokens.verify(token.reveal(), now);
    if (verified.kind === "refused") {
      return refused(call.place, verified.refusal, stranger(verified.refusal, verified.token));
    }
    const acting = await actingBy(verified.token, store, now);
    if (acting instanceof Refusal) {
      return refused(call.place, acting, stranger(acting, verified.token));
    }
    const identity = callerOf(acting);
    const roles = await rolesOf(identity, context);
    if (roles instanceof Refusal) return refused(call.place, roles, identity);
    return located(call.place, { acting, token: verified.token, identity, roles }, identity);
  },

  async run(_input, { subject }, { capabilities, now, call }) {
    if (subject instanceof Refusal) throw subject;
    const { acting, token, identity, roles } = subject;
    const { session, clientId, grantType, expiresAt } = token;
    // To the very second at which the other one ends: both count in whole ones.
    const lifetimeS = expiresAt / 1_000 - Math.floor(now / 1_000);
    const terms = { session, clientId, grantType, now, lifetimeS };
    const issued = await capabilities.tokens.issue(acting, terms);
    return {
      clientToken: issued.token,
      leaseDuration: issued.expiresInS,
      session: session.id,
      identity,
      grantType,
      instanceCrn: crn(SERVICE, call.place),
      roles,
    };
  },
});

/** A failed attempt belongs to the instance that it was made on, whoever made it. */
function refused(
  place: Place,
  refusal: Refusal,
  caller: Anonymous | Identity,
): Located<Admitted | Refusal> {
  return located(place, refusal, caller);
}

function located(
  place: Place,
  subject: Admitted | Refusal,
  caller: Anonymous | Identity,
): Located<Admitted | Refusal> {
  const { target } = locatedInstance(place);
  return { target, resource: null, subject, caller };
}

/** Of a token that was genuine once, the record says whom it spoke of. */
function stranger(refusal: Refusal, token: KnownToken | undefined): Anonymous {
  if (!token) return { kind: "anonymous", refusal };
  const claimed = { id: token.iamId, typeURI: initiatorTypeOf(token.iamId) };
  return { kind: "anonymous", refusal, claimed };
}

/** What lets the identity in here; on one secret group is enough. */
async function rolesOf<Store extends View>(
  identity: Identity,
  { call, store, now }: Context<Store>,
): Promise<readonly RoleAt[] | Refusal> {
  let grants: readonly Grant[] | "all";
  try {
    grants = await grantsOf({ ...call, caller: identity }, store, now);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  const roles = grants === "all" ? [] : grants.flatMap((grant) => rolesBy(grant, call.place));
  if (roles.length > 0) return roles;
  const names = rolesAllowing(PERMISSION);
  return new Refusal("forbidden", `Logging in needs one of the roles ${names.join(", ")} here.`, {
    permission: PERMISSION,
    roles: names,
  });
}

function rolesBy(grant: Grant, place: Place): readonly RoleAt[] {
  const scope = scopeOf([grant], PERMISSION, wholeOf(place));
  if (scope.kind === "groups" && scope.groups.size === 0) return [];
  const giving = grant.roles.filter((role) => permissionsOf(role).has(PERMISSION));
  return giving.map((role) => ({ role, isWhole: scope.kind === "all" }));
}
