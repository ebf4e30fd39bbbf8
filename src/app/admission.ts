/** Whether a call is let in: who calls, what they have been granted here, what it is about, and whether they may. */
import { awsSourceOf } from "../audit/aws-names.ts";
import { catalogue, type OperationName } from "../audit/catalogue.ts";
import { isAddressAllowed } from "../identity/addresses.ts";
import type { Grant } from "../identity/authorize.ts";
import { SERVICE_WITH_INSTANCES } from "../identity/roles.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Call, Caller } from "./call.ts";
import { wholly, type Rights } from "./judgement/judge.ts";
import type { Context, Judged, Located, Steps } from "./operation.ts";
import type { CalledSecret } from "./secrets/find.ts";
import { rulesInForce } from "./judgement/rules-in-force.ts";
import type { View } from "./state.ts";

/** Whoever brings no credential, or one that is no good, gets no further than a login. */
export function identify(caller: Caller, { forAnyone }: { readonly forAnyone?: true }): void {
  if (caller.kind !== "anonymous") return;
  if (caller.refusal) throw caller.refusal;
  if (!forAnyone) throw new Refusal("unauthenticated", "The request carries no credential.");
}

/**
 * For changes: an instance may have been deleted while a call about it was on its way, and nothing is to come into one
 * that is no more. A reading finds nothing in it by itself.
 */
export async function assertStanding({ place }: Call, { identity }: View): Promise<void> {
  if (place.instance === null || (await identity.instance(place.instance))) return;
  throw new Refusal("not_found", "There is no such instance.");
}

/**
 * What the caller has been granted in the place of the call, and at home. Refuses calls from where the caller's account
 * lets none come from.
 */
export async function rightsOf(call: Call, view: View, now: Millis): Promise<Rights> {
  const { caller, place, host } = call;
  if (caller.kind === "internal") return { here: "all", home: null, rules: [] };
  if (caller.kind === "anonymous") return { here: [], home: null, rules: [] };
  const access = await view.identity.accessOf(caller.id, caller.account, now);
  if (!isAddressAllowed(access.allowedIpAddresses, host.address)) {
    const sentence = "The account does not allow calls from this address.";
    throw new Refusal("forbidden", sentence, { reason: "address" });
  }
  // What an account gives everyone it gives its own: a host name may lead into another one's instance.
  if (caller.account !== place.account) return { here: [], home: access.grants, rules: [] };
  // In its own home an identity does what it likes, and nobody else has a role there.
  if (place.home?.iamId === caller.id) return { here: ofOwnHome(place), home: null, rules: [] };
  const here = place.home ? [] : access.grants;
  return { here, home: null, rules: await rulesInForce(caller, view, now) };
}

/** Of nothing else in the account, also where the home was called by its host name. */
function ofOwnHome({ instance }: Call["place"]): readonly Grant[] {
  const service = SERVICE_WITH_INSTANCES;
  return [
    { roles: ["Manager"], resource: instance === null ? { service } : { service, instance } },
  ];
}

/** What of that is granted in the place; the server's own jobs need no grant. */
export async function grantsOf(
  call: Call,
  view: View,
  now: Millis,
): Promise<readonly Grant[] | "all"> {
  return (await rightsOf(call, view, now)).here;
}

/**
 * Finds the target. To a caller who may not do this anywhere in the place, what does not exist and what may not be
 * seen look the same.
 */
export async function locate<
  Input extends object,
  Subject,
  Output extends object,
  Store extends View,
>(
  operation: Steps<Input, Subject, Output, Store> & { readonly name: OperationName },
  input: Input,
  context: Context<Store>,
): Promise<Located<Subject>> {
  try {
    return await operation.locate(input, context);
  } catch (error) {
    // What anybody may ask for hides nothing by being there or not.
    if (tells(error) && !operation.forAnyone) {
      const refusal = context.judge(unfound(operation.name, input, context.call));
      if (refusal) throw refusal;
    }
    throw error;
  }
}

/** Whether the error says what there is, or is not: that a name is nobody's, or that of several. */
export function tells(error: unknown): boolean {
  return error instanceof Refusal && TELLING.has(error.code);
}

const TELLING: ReadonlySet<string> = new Set(["not_found", "precondition_failed", "conflict"]);

/** As who is asked about what is not there: about all there is, or what has this name. */
export function unfound(permission: OperationName, input: object, { place }: Call): Judged {
  const { called } = input as { readonly called?: CalledSecret["called"] };
  const name = called?.[0]?.name;
  const { located } = wholly(permission, place);
  const target = name === undefined ? located.target : { place, kind: "secret", id: "", name };
  return { permission, located: { ...located, target, inPart: true }, input };
}

/** What nothing that is attached to a secret keeps from the owner of its account (AWS's root user). */
export const OWNERS_OWN: ReadonlySet<OperationName> = new Set<OperationName>([
  "secret.resource-policy.read",
  "secret.resource-policy.set",
  "secret.resource-policy.delete",
]);

const DOCUMENTS = /^(?:policy-document|config)\./;

/** What the owner of the account may do whatever its roles are, and whatever documents say. */
export function isOwnersAlways(operation: OperationName): boolean {
  return DOCUMENTS.test(operation);
}

/** Throws the refusal of a caller who may not do this. */
export async function authorize<Store extends View>(
  operation: { readonly name: OperationName; readonly forAnyone?: true },
  located: Located<unknown>,
  { input, context }: { readonly input: object; readonly context: Context<Store> },
): Promise<void> {
  // What anybody may ask for, nobody has to be allowed.
  if (located.resource === null && (operation.forAnyone || operation.name === "session.read"))
    return;
  const permission = located.operation ?? operation.name;
  assertLasting(permission, context.caller);
  const refusal =
    context.judge({ permission, located, input }) ??
    renamingRefusal(permission, located, { input, context });
  if (!refusal) return;
  if (OWNERS_OWN.has(permission) && located.policed && (await isOwner(context))) {
    const { policed } = located;
    const unpoliced = { ...located, policed: { ...policed, resourcePolicy: null } };
    if (!context.judge({ permission, located: unpoliced, input })) return;
  }
  // Nor do documents keep from the owner what could change them: nobody else might be left to.
  if (isOwnersAlways(permission) && isAtHome(located, context) && (await isOwner(context))) return;
  throw refusal;
}

/** Under another name something may be more, or less, than it was: whoever gives it that may do the same under it. */
function renamingRefusal<Store extends View>(
  permission: OperationName,
  located: Located<unknown>,
  { input, context }: { readonly input: object; readonly context: Context<Store> },
): Refusal | undefined {
  const { becomes, target, facts: _of, ...rest } = located;
  if (!becomes || becomes.name === target.name || target.kind === "apikey") return undefined;
  return context.judge({ permission, located: { ...rest, target: becomes }, input });
}

/**
 * What an hour's session of a user's own could make would outlast it, and nothing would bound it: a key, a policy. So it
 * does nothing with identities, as with AWS, unless the user has shown to be there; one for somebody else never does.
 */
function assertLasting(permission: OperationName, caller: Caller): void {
  if (caller.kind !== "identity" || caller.credentialType !== "session-key") return;
  const { signedBy } = caller;
  const isGuarded = signedBy?.kind === "role" || signedBy?.isMfa === true;
  if (isGuarded || awsSourceOf(catalogue[permission]) !== IDENTITIES) return;
  const sentence = "Identities are out of reach for a session of a user that no code has opened.";
  throw new Refusal("forbidden", sentence);
}

const IDENTITIES = "iam.amazonaws.com";

/** The owner of one account is nobody in another one. */
function isAtHome(
  { target }: Pick<Located<unknown>, "target">,
  { caller }: Pick<Context<View>, "caller">,
): boolean {
  return caller.kind === "identity" && caller.account === target.place.account;
}

/** Not whom it has made a session for. */
async function isOwner<Store extends View>({ caller, store }: Context<Store>): Promise<boolean> {
  if (caller.kind !== "identity" || caller.signedBy?.kind === "federated") return false;
  const principal = await store.identity.principal(caller.account, caller.id);
  return principal?.kind === "user" && principal.isOwner;
}
