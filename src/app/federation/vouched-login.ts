/** A login that an identity provider has vouched for: whose it is here, and the session that comes of it. */
import { credentialRefusal } from "../../identity/api-key.ts";
import type { IdentityProvider, LoginFlow, Person } from "../../identity/identity-provider.ts";
import { noCredentials, type UserCredentials } from "../../identity/user-credentials.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { joinByClaims } from "../groups/dynamic-members.ts";
import {
  failed,
  succeeded,
  type BadLogin,
  type Failing,
  type GoodLogin,
  type IssuedTokens,
} from "../identity/login.ts";
import { openedBy } from "../identity/sessions.ts";
import type { Context, Located } from "../operation.ts";
import { profilesByClaims } from "../profiles/trust.ts";
import type { Transaction, View } from "../state.ts";
import { federatedUser, keepFederated, type FederatedUser } from "./federated-user.ts";
import { flowHash } from "./begin-login.ts";
import { federationRefusal } from "./federation.ts";

export const CODE_GRANT = "authorization_code";

/** What a session is gone on with. */
const INTO_BROWSER = { leaves: "cookie" } as const;
const INTO_PROGRAM = { subject: "principal", slides: true } as const;

/** A login under way, and its provider as it is. */
export interface UnderWay {
  readonly flow: LoginFlow;
  readonly provider: IdentityProvider;
}

export interface GoodVouched extends UnderWay {
  readonly kind: "good";
  readonly login: GoodLogin;
  readonly federated: FederatedUser;
  readonly person: Person;
}

export interface BadVouched extends UnderWay {
  readonly kind: "bad";
  readonly refusal: Refusal;
  /** A guess at the second factor of a user: it counts towards the lock-out. */
  readonly guessed: BadLogin["guessed"];
}

/** Nobody can say whose login it was to be, nor of which provider. */
export interface UnknownLogin {
  readonly kind: "unknown";
  readonly refusal: Refusal;
  readonly guessed?: undefined;
}

export interface OpenedLogin extends IssuedTokens {
  readonly kind: "opened";
  /** A path of our own. */
  readonly returnTo: string;
}

/** What a login under way is known by: only the browser that began it has both. */
export interface OfLogin {
  readonly state: Sensitive<string>;
  readonly binding: Sensitive<string>;
  /** Brought by a program, which says what it began with. */
  readonly program?: OfProgram;
}

export interface OfProgram {
  readonly provider: Sensitive<string>;
  /** Where it waited, if it says so. */
  readonly callback: string | undefined;
}

/**
 * The flow, unless it is used up or expired, or its provider is not there for logins any more. What a program began, no
 * browser finishes, nor the other way round.
 */
export async function underWay(
  { state, binding, program }: OfLogin,
  { logins }: View,
  { call, now }: Pick<Context<View>, "call" | "now">,
): Promise<UnderWay | undefined> {
  const flow = await logins.loginFlow(flowHash(state, binding));
  if (!flow || flow.expiresAt <= now) return undefined;
  const provider = await logins.identityProvider(flow.account, flow.provider);
  if (!provider?.enabled) return undefined;
  const isAsBegun = program
    ? flow.account === call.place.account &&
      program.provider.reveal() === provider.name &&
      (program.callback ?? flow.callback) === flow.callback
    : flow.callback === null;
  return isAsBegun ? { flow, provider } : undefined;
}

/** The user, and whether the user may come in at all; whoever it is has shown no second factor yet. */
export async function locatedVouched(
  person: Person,
  under: UnderWay,
  { store, call, now }: Pick<Context<View>, "store" | "call" | "now">,
): Promise<Located<GoodVouched | BadVouched>> {
  const { flow, provider } = under;
  const federated = await federatedUser(person, provider, { store, now });
  if (federated instanceof Refusal) return refusedVouched(federated, under);
  const credential = { key: null, owner: federated.user };
  const refusal = credentialRefusal(credential, now);
  if (refusal) return refusedVouched(refusal, under, failingOf(federated));
  const login: GoodLogin = { kind: "good", credential, profile: null, going: null };
  const { subject, ...located } = await succeeded("refreshtoken.login", login, {
    call,
    store,
    clientId: flow.clientId,
    facts: factsOf(under),
  });
  if (subject.kind === "bad") return refusedVouched(subject.refusal, under, failingOf(federated));
  return { ...located, subject: { kind: "good", login, federated, person, flow, provider } };
}

/** Whose login it was that failed; nobody's, if the user would have been made by it. */
export function failingOf({ user, isNew }: FederatedUser): Failing {
  return isNew ? {} : { credential: { key: null, owner: user } };
}

/** Recorded in the operator's stream, with the realm that was to vouch. */
export function refusedVouched(
  refusal: Refusal,
  under: UnderWay,
  failing: Failing = {},
): Located<BadVouched> {
  const { flow, provider } = under;
  const { subject: _bad, facts, ...located } = failed("refreshtoken.login", refusal, failing);
  return {
    ...located,
    facts: { ...factsOf(under), ...facts },
    // Not whatever else `under` may be: a login that was good until now.
    subject: { kind: "bad", refusal, flow, provider, guessed: failing.consequences?.guessed },
  };
}

/** Uses the flow up and opens the session, with what the person's claims are good for. */
export async function openVouched(
  { flow, provider, login, federated, person }: GoodVouched,
  context: Context<Transaction>,
): Promise<OpenedLogin> {
  const { store } = context;
  await store.logins.deleteLoginFlow(flow.hash);
  await keepFederated(federated, { person, provider }, context);
  const vouched = { realm: provider.realm, claims: person.claims };
  await joinByClaims(federated.user, { ...vouched, clientId: flow.clientId }, context);
  const opening = {
    client_id: flow.clientId,
    grant_type: CODE_GRANT,
    realm: provider.realm,
    ...(flow.callback === null ? INTO_BROWSER : INTO_PROGRAM),
    profilesByClaims: await profilesByClaims(provider.account, vouched, store.profiles),
  } as const;
  const tokens = await openedBy(login, opening, context);
  return { kind: "opened", ...tokens, returnTo: flow.returnTo };
}

/** What the user has of a second factor: nothing, for somebody new. */
export async function credentialsOf(
  { account, iamId }: FederatedUser["user"],
  { logins }: View,
): Promise<UserCredentials> {
  return (await logins.userCredentials(account, iamId)) ?? noCredentials(account, iamId);
}

export function factsOf({ flow, provider }: UnderWay): object {
  return { client_id: flow.clientId, realm_name: provider.realm };
}

/** What comes back too late, twice, in another browser or out of nowhere: nothing tells them apart. */
export function refusedUnknown(): Located<UnknownLogin> {
  const sentence =
    "This login was not begun in this browser, is finished, or took too long: begin it again.";
  const refusal = federationRefusal("unknown-login", sentence);
  const located = failed("refreshtoken.login", refusal);
  return { ...located, subject: { kind: "unknown", refusal } };
}
