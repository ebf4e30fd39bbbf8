/** Sending somebody to an identity provider to log in there. */
import { hash, randomBytes } from "node:crypto";
import { operatorPlace } from "../../audit/crn.ts";
import { LOGIN_FLOW_LIFETIME_MS, type IdentityProvider } from "../../identity/identity-provider.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Located, type Preparing } from "../operation.ts";
import type { View } from "../state.ts";
import { federationRefusal, refusalOr, type Marks } from "./federation.ts";
import { clientOf } from "./provider-secret.ts";

export interface BeginLoginInput {
  readonly client_id: string;
  /** By the realm, by its name, or by its id. */
  readonly provider:
    | { readonly kind: "realm"; readonly realm: string }
    | { readonly kind: "name"; readonly name: Sensitive<string> }
    | { readonly kind: "id"; readonly id: string };
  /** Without it, the installation's first account; or the one that the call is addressed to. */
  readonly account?: string | undefined;
  readonly isOfPlace?: true;
  /** Where the browser goes after the login: a path of our own. */
  readonly returnTo: string;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** That is no page of ours: a program waits there, and brings the code itself (RFC 8252). */
  readonly isForProgram?: true;
  readonly begun?: Begun;
}

interface Begun {
  readonly provider: IdentityProvider;
  readonly marks: Marks;
  /** What only this browser is given. */
  readonly binding: Sensitive<string>;
  /** Or why there is none. */
  readonly address: string | Refusal;
}

/** A login that can be begun, or the refusal. */
type Beginning = (Begun & { readonly address: string }) | Refusal;

/** `address` holds the state, which is worth nothing without the binding, nor that without it. */
export interface SentToProvider {
  readonly address: string;
  readonly binding: Sensitive<string>;
  readonly expiresInS: number;
}

/** RFC 7636, section 4.1, asks for 43 characters at least; these are 256 bits. */
const MARK_BYTES = 32;

/**
 * Nobody is known yet and nothing has come of it: the event stands in the operator's own stream, as that of a login
 * that fails does.
 */
export const beginLogin = changeOperation<BeginLoginInput, Beginning, SentToProvider>({
  name: "federation.begin",
  forAnyone: true,
  async prepare(input, { view, call, capabilities: { vault, federation } }) {
    const provider = await providerOf(input, { view, call });
    if (!provider) return input;
    const marks: Marks = {
      state: new Sensitive(mark()),
      nonce: mark(),
      codeVerifier: mark(),
      redirectUri: input.redirectUri,
    };
    const address = await refusalOr(async () =>
      federation.addressOf(await clientOf(provider, { view, vault }), marks),
    );
    const binding = input.isForProgram ? NO_BINDING : new Sensitive(mark());
    return { ...input, begun: { provider, marks, binding, address } };
  },
  async locate({ begun }, { store }) {
    if (!begun) return refused(unknownProvider());
    const { account, id, modifiedAt } = begun.provider;
    const provider = await store.logins.identityProvider(account, id);
    if (!provider?.enabled || provider.modifiedAt !== modifiedAt) return refused(unknownProvider());
    const { address } = begun;
    return address instanceof Refusal
      ? refused(address, provider)
      : located({ ...begun, address }, provider);
  },
  async run({ client_id: clientId, returnTo, isForProgram }, { subject: begun }, { store, now }) {
    if (begun instanceof Refusal) throw begun;
    const { provider, marks, binding, address } = begun;
    await store.logins.forgetExpiredLogins(now);
    await store.logins.putLoginFlow({
      hash: flowHash(marks.state, binding),
      provider: provider.id,
      account: provider.account,
      clientId,
      codeVerifier: marks.codeVerifier,
      nonce: marks.nonce,
      returnTo,
      callback: isForProgram ? marks.redirectUri : null,
      person: null,
      expiresAt: now + LOGIN_FLOW_LIFETIME_MS,
    });
    return { address, binding, expiresInS: LOGIN_FLOW_LIFETIME_MS / 1_000 };
  },
});

function located<Subject>(subject: Subject, provider: IdentityProvider): Located<Subject> {
  const { id, name, realm } = provider;
  return {
    target: { place: operatorPlace(), kind: "identity-provider", id, name },
    resource: null,
    subject,
    facts: { realm_name: realm },
  };
}

/** Recorded with the provider that was asked for, if there is one: what a stranger typed for it is not repeated. */
function refused(refusal: Refusal, provider?: IdentityProvider): Located<Refusal> {
  const fault = refusal.details["reason"] ?? refusal.code;
  if (provider) {
    const { facts, ...of } = located(refusal, provider);
    return { ...of, facts: { ...facts, fault } };
  }
  return {
    target: { place: operatorPlace(), kind: "", id: "", name: "login" },
    resource: null,
    subject: refusal,
    facts: { fault },
  };
}

/** A program has its state to itself: no other is sent to where it waits, and no page of ours takes what comes there. */
export const NO_BINDING = new Sensitive("");

/** What a flow is found by: only by whoever has both. */
export function flowHash(state: Sensitive<string>, binding: Sensitive<string>): string {
  return hash("sha256", JSON.stringify([state.reveal(), binding.reveal()]), "hex");
}

async function providerOf(
  { account: named, isOfPlace, provider: wanted }: BeginLoginInput,
  { view: { identity, logins }, call }: Pick<Preparing, "view" | "call">,
): Promise<IdentityProvider | undefined> {
  const ofCall = isOfPlace ? call.place.account : undefined;
  const account = named ?? ofCall ?? (await identity.accounts())[0]?.id;
  if (account === undefined) return undefined;
  const provider = await wantedProvider(wanted, account, logins);
  return provider?.enabled && provider.type !== "certificate" ? provider : undefined;
}

async function wantedProvider(
  wanted: BeginLoginInput["provider"],
  account: string,
  logins: View["logins"],
): Promise<IdentityProvider | undefined> {
  switch (wanted.kind) {
    case "id":
      return logins.identityProvider(account, wanted.id);
    case "realm":
      return logins.identityProviderOfRealm(account, wanted.realm);
    case "name": {
      const name = wanted.name.reveal();
      return (await logins.identityProviders(account)).find((one) => one.name === name);
    }
  }
}

/** The same of one that is not there, and of one that is disabled: a stranger asks. */
function unknownProvider(): ReturnType<typeof federationRefusal> {
  return federationRefusal(
    "unknown-provider",
    "There is no identity provider to log in with here.",
  );
}

function mark(): string {
  return randomBytes(MARK_BYTES).toString("base64url");
}
