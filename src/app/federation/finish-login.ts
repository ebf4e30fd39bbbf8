/** Coming back from an identity provider: whom it vouches for is logged in, with what its claims are good for here. */
import type { GoodLogin, IssuedTokens } from "../identity/login.ts";
import { credentialRefusal } from "../../identity/api-key.ts";
import type { IdentityProvider, LoginFlow } from "../../identity/identity-provider.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { joinByClaims } from "../groups/dynamic-members.ts";
import { failed, succeeded } from "../identity/login.ts";
import { openedBy } from "../identity/sessions.ts";
import { changeOperation, type Context, type Located, type Preparing } from "../operation.ts";
import { profilesByClaims } from "../profiles/trust.ts";
import type { View } from "../state.ts";
import { flowHash } from "./begin-login.ts";
import { federatedUser, keepFederated, type FederatedUser } from "./federated-user.ts";
import { federationRefusal } from "./federation.ts";
import { personOf, type Person } from "./person.ts";
import { clientOf } from "./provider-secret.ts";

export const CODE_GRANT = "authorization_code";

export interface FinishLoginInput {
  readonly grant_type: typeof CODE_GRANT;
  readonly state: Sensitive<string>;
  /** What the browser was given when the login began. */
  readonly binding: Sensitive<string>;
  readonly answer:
    | {
        readonly kind: "code";
        readonly code: Sensitive<string>;
        /** RFC 9207: who says that it was them. */
        readonly iss: string | undefined;
      }
    /** RFC 6749, section 4.1.2.1; in which words is nobody's business here. */
    | { readonly kind: "error" };
  /** The address that the browser was sent back to. */
  readonly redirectUri: string;
  readonly found?: Found;
}

/** What was found out before the transaction. */
interface Found {
  readonly flow: LoginFlow;
  /** As the provider was when it was asked. */
  readonly provider: IdentityProvider;
  readonly person: Person | Refusal;
}

interface Good {
  readonly kind: "good";
  readonly login: GoodLogin;
  readonly federated: FederatedUser;
  readonly person: Person;
  readonly found: Found;
}

interface Bad {
  readonly kind: "bad";
  readonly refusal: Refusal;
  readonly found: Found;
}

export interface FinishedLogin extends IssuedTokens {
  /** A path of our own. */
  readonly returnTo: string;
  readonly clientId: string;
}

/**
 * A flow is good once: whatever its login comes to, and whoever else brings it meanwhile. Recorded as IBM's console
 * and its command line log in, as `refreshtoken.login`; one that fails stands in the operator's own stream.
 */
export const finishLogin = changeOperation<FinishLoginInput, Good | Bad, FinishedLogin>({
  name: "refreshtoken.login",
  forAnyone: true,
  async prepare(input, preparing) {
    const hash = flowHash(input.state, input.binding);
    const flow = await preparing.view.logins.loginFlow(hash);
    if (!flow || flow.expiresAt <= preparing.now) throw unknownLogin();
    const provider = await enabledProvider(flow, preparing.view);
    const person = await refusalOr(() => askProvider(input, { flow, provider }, preparing));
    return { ...input, found: { flow, provider, person } };
  },
  async locate({ found }, context) {
    if (!found || !(await isStillGood(found, context.store, context.now))) throw unknownLogin();
    const { person, provider, flow } = found;
    const facts = { client_id: flow.clientId, realm_name: provider.realm };
    const located = await locatedLogin(person, found, context);
    return { ...located, facts: { ...facts, ...located.facts } };
  },
  async run(input, { subject }, context) {
    const { flow, provider } = subject.found;
    const { store } = context;
    await store.logins.deleteLoginFlow(flow.hash);
    if (subject.kind === "bad") return subject.refusal;
    const { login, federated, person } = subject;
    await keepFederated(federated, { person, provider }, context);
    const vouched = { realm: provider.realm, claims: person.claims };
    await joinByClaims(federated.user, { ...vouched, clientId: flow.clientId }, context);
    const profiles = await profilesByClaims(provider.account, vouched, store.profiles);
    const opening = {
      client_id: flow.clientId,
      grant_type: input.grant_type,
      realm: provider.realm,
      profilesByClaims: profiles,
      leaves: "cookie",
    } as const;
    const tokens = await openedBy(login, opening, context);
    return { ...tokens, returnTo: flow.returnTo, clientId: flow.clientId };
  },
});

async function askProvider(
  { answer, state, redirectUri }: FinishLoginInput,
  { flow, provider }: Pick<Found, "flow" | "provider">,
  { view, capabilities: { vault, federation } }: Preparing,
): Promise<Person> {
  if (answer.kind === "error") {
    const sentence = "The identity provider, or the person at it, declined the login.";
    throw federationRefusal("provider-refused", sentence);
  }
  const client = await clientOf(provider, { view, vault });
  const { nonce, codeVerifier } = flow;
  const marks = { state, nonce, codeVerifier, redirectUri };
  return personOf(await federation.redeem(client, answer, marks));
}

/** Also asked again in the transaction: of two who bring the same flow, one has used it up by then. */
async function isStillGood(
  { flow, provider }: Found,
  { logins }: View,
  now: Millis,
): Promise<boolean> {
  const [flowNow, providerNow] = [
    await logins.loginFlow(flow.hash),
    await logins.identityProvider(provider.account, provider.id),
  ];
  if (!flowNow || flowNow.expiresAt <= now) return false;
  return providerNow !== undefined && providerNow.modifiedAt === provider.modifiedAt;
}

async function locatedLogin(
  person: Person | Refusal,
  found: Found,
  { store, call, now }: Pick<Context<View>, "store" | "call" | "now">,
): Promise<Located<Good | Bad>> {
  if (person instanceof Refusal) return refused(person, found);
  const { provider, flow } = found;
  const federated = await federatedUser(person, provider, { store, now });
  if (federated instanceof Refusal) return refused(federated, found);
  const credential = { key: null, owner: federated.user };
  const refusal =
    credentialRefusal(credential, now) ?? (await secondFactorRefusal(provider.account, store));
  if (refusal) return refused(refusal, found, { credential });
  const login: GoodLogin = { kind: "good", credential, profile: null, going: null };
  const located = await succeeded("refreshtoken.login", login, {
    call,
    store,
    clientId: flow.clientId,
  });
  const { subject, ...rest } = located;
  if (subject.kind === "bad") return { ...rest, subject: { ...subject, found } };
  return { ...rest, subject: { kind: "good", login, federated, person, found } };
}

/** A provider's second factor is its own affair, and a page that would ask for ours after it there is not. */
async function secondFactorRefusal(
  account: string,
  { identity }: View,
): Promise<Refusal | undefined> {
  const { mfa } = await identity.settings(account);
  if (mfa !== "TOTP4ALL") return undefined;
  const sentence =
    "The account asks everybody for a one-time code of its own (TOTP4ALL), for which there is no room in a login by " +
    "an identity provider: log in with a password and a code, or have the account ask for TOTP.";
  return federationRefusal("second-factor-needed", sentence);
}

function refused(
  refusal: Refusal,
  found: Found,
  failing: Parameters<typeof failed>[2] = {},
): Located<Bad> {
  const { subject: _bad, ...located } = failed("refreshtoken.login", refusal, failing);
  return { ...located, subject: { kind: "bad", refusal, found } };
}

async function enabledProvider(flow: LoginFlow, { logins }: View): Promise<IdentityProvider> {
  const provider = await logins.identityProvider(flow.account, flow.provider);
  if (!provider?.enabled) throw unknownLogin();
  return provider;
}

/** What comes back too late, twice, in another browser or out of nowhere: nothing tells them apart. */
function unknownLogin(): Refusal {
  const sentence =
    "This login was not begun in this browser, is finished, or took too long: begin it again.";
  return federationRefusal("unknown-login", sentence);
}

/** A refusal is no end yet: the flow is used up by it. */
async function refusalOr<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
