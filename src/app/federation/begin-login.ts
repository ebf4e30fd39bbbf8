/** Sending somebody to an identity provider to log in there. */
import { hash, randomBytes } from "node:crypto";
import { operatorPlace } from "../../audit/crn.ts";
import { LOGIN_FLOW_LIFETIME_MS, type IdentityProvider } from "../../identity/identity-provider.ts";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation } from "../operation.ts";
import type { View } from "../state.ts";
import { federationRefusal, type Marks } from "./federation.ts";
import { clientOf } from "./provider-secret.ts";

export interface BeginLoginInput {
  readonly client_id: string;
  /** By the realm, or by its id. */
  readonly provider:
    | { readonly kind: "realm"; readonly realm: string }
    | { readonly kind: "id"; readonly id: string };
  /** Without it, the installation's first account. */
  readonly account?: string | undefined;
  /** Where the browser goes after the login: a path of our own. */
  readonly returnTo: string;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  readonly begun?: Begun;
}

interface Begun {
  readonly provider: IdentityProvider;
  readonly marks: Marks;
  /** What only this browser is given. */
  readonly binding: Sensitive<string>;
  readonly address: string;
}

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
export const beginLogin = changeOperation<BeginLoginInput, Begun, SentToProvider>({
  name: "federation.begin",
  forAnyone: true,
  async prepare(input, { view, capabilities: { vault, federation } }) {
    const provider = await providerOf(input, view);
    const marks: Marks = {
      state: new Sensitive(mark()),
      nonce: mark(),
      codeVerifier: mark(),
      redirectUri: input.redirectUri,
    };
    const client = await clientOf(provider, { view, vault });
    const address = await federation.addressOf(client, marks);
    return { ...input, begun: { provider, marks, binding: new Sensitive(mark()), address } };
  },
  async locate({ begun }, { store }) {
    invariant(begun !== undefined, "the provider has been asked");
    const { account, id, modifiedAt } = begun.provider;
    const provider = await store.logins.identityProvider(account, id);
    if (!provider?.enabled || provider.modifiedAt !== modifiedAt) throw unknownProvider();
    return {
      target: { place: operatorPlace(), kind: "identity-provider", id, name: provider.name },
      resource: null,
      subject: begun,
      facts: { realm_name: provider.realm },
    };
  },
  async run({ client_id: clientId, returnTo }, { subject: begun }, { store, now }) {
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
      person: null,
      expiresAt: now + LOGIN_FLOW_LIFETIME_MS,
    });
    return { address, binding, expiresInS: LOGIN_FLOW_LIFETIME_MS / 1_000 };
  },
});

/** What a flow is found by: only by whoever has both. */
export function flowHash(state: Sensitive<string>, binding: Sensitive<string>): string {
  return hash("sha256", JSON.stringify([state.reveal(), binding.reveal()]), "hex");
}

async function providerOf(
  { account: named, provider: wanted }: BeginLoginInput,
  { identity, logins }: View,
): Promise<IdentityProvider> {
  const account = named ?? (await identity.accounts())[0]?.id;
  if (account === undefined) throw unknownProvider();
  const provider =
    wanted.kind === "id"
      ? await logins.identityProvider(account, wanted.id)
      : await logins.identityProviderOfRealm(account, wanted.realm);
  if (!provider?.enabled) throw unknownProvider();
  return provider;
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
