/** Coming back from an identity provider: whom it vouches for is logged in, or asked for a code of our own first. */
import { operatorPlace } from "../../audit/crn.ts";
import { loginRefusal } from "../../identity/api-key.ts";
import type { Person } from "../../identity/identity-provider.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context, type Located, type Preparing } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { federationRefusal, refusalOr } from "./federation.ts";
import { personOf } from "./person.ts";
import { clientOf } from "./provider-secret.ts";
import {
  credentialsOf,
  factsOf,
  failingOf,
  locatedVouched,
  openVouched,
  refusedVouched,
  underWay,
  refusedUnknown,
  type BadVouched,
  type CODE_GRANT,
  type GoodVouched,
  type OfLogin,
  type OpenedLogin,
  type UnderWay,
  type UnknownLogin,
} from "./vouched-login.ts";

export interface FinishLoginInput extends OfLogin {
  readonly grant_type: typeof CODE_GRANT;
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

/** What was found out before the transaction, and of which provider. */
interface Found extends UnderWay {
  readonly person: Person | Refusal;
}

/** The provider has vouched; the account asks for a code of the user's second factor as well. */
interface Asked extends UnderWay {
  readonly kind: "asked";
  readonly person: Person;
}

export interface CodeNeeded {
  readonly kind: "code-needed";
  readonly state: Sensitive<string>;
}

/**
 * A flow is good once, whatever comes of it and whoever else brings it meanwhile. Recorded as IBM's console and its
 * command line log in, as `refreshtoken.login`; one that fails, or that waits for a code, in the operator's own stream.
 */
export const finishLogin = changeOperation<
  FinishLoginInput,
  GoodVouched | BadVouched | UnknownLogin | Asked,
  OpenedLogin | CodeNeeded
>({
  name: "refreshtoken.login",
  forAnyone: true,
  async prepare(input, preparing) {
    const under = await underWay(input, preparing.view, preparing);
    if (!under) return input;
    // A refusal is no end yet: the flow is used up by it.
    const person =
      under.flow.person ?? (await refusalOr(() => askProvider(input, under, preparing)));
    return { ...input, found: { ...under, person } };
  },
  async locate(input, context) {
    const { found } = input;
    if (!found) return refusedUnknown();
    // Of two who bring the same flow, one has used it up by now; and it is the provider of now that vouches.
    const under = await underWay(input, context.store, context);
    if (under?.provider.modifiedAt !== found.provider.modifiedAt) return refusedUnknown();
    if (found.person instanceof Refusal) return refusedVouched(found.person, under);
    return withSecondFactor(await locatedVouched(found.person, under, context), context);
  },
  async run({ state }, { subject }, context) {
    const { logins } = context.store;
    switch (subject.kind) {
      case "good":
        return openVouched(subject, context);
      case "asked":
        await logins.putLoginFlow({ ...subject.flow, person: subject.person });
        return { kind: "code-needed", state };
      case "bad":
        await logins.deleteLoginFlow(subject.flow.hash);
        return subject.refusal;
      case "unknown":
        return subject.refusal;
    }
  },
});

/** A provider's second factor is its own affair: `TOTP4ALL` asks for ours all the same. */
async function withSecondFactor(
  located: Located<GoodVouched | BadVouched>,
  { store }: Context<Transaction>,
): Promise<Located<GoodVouched | BadVouched | Asked>> {
  const { subject } = located;
  if (subject.kind === "bad") return located;
  const { flow, provider, person, federated } = subject;
  const { mfa } = await store.identity.settings(provider.account);
  if (mfa !== "TOTP4ALL") return located;
  const { isTotpConfirmed } = await credentialsOf(federated.user, store);
  if (!isTotpConfirmed) {
    const sentence =
      "The account asks everyone for a second factor of its own, and this user has none: an administrator can enroll one.";
    const refusal = loginRefusal("second-factor-missing", sentence);
    return refusedVouched(refusal, subject, failingOf(federated));
  }
  return {
    target: {
      place: operatorPlace(),
      kind: "identity-provider",
      id: provider.id,
      name: provider.name,
    },
    resource: null,
    operation: "federation.vouch",
    subject: { kind: "asked", flow, provider, person },
    facts: factsOf(subject),
  };
}

async function askProvider(
  { answer, state, redirectUri }: FinishLoginInput,
  { flow, provider }: UnderWay,
  { view, capabilities: { vault, federation } }: Preparing,
): Promise<Person> {
  if (answer.kind === "error") {
    const sentence = "The identity provider, or the person at it, declined the login.";
    throw federationRefusal("provider-refused", sentence);
  }
  const client = await clientOf(provider, { view, vault });
  const { nonce, codeVerifier } = flow;
  const marks = { state, nonce, codeVerifier, redirectUri: flow.callback ?? redirectUri };
  // A program that waited passes on the code and the state alone; it has named the provider itself.
  const iss = answer.iss ?? (flow.callback === null ? undefined : provider.issuer);
  const vouched = await federation.redeem(client, { code: answer.code, iss }, marks);
  return personOf(vouched, provider.usernameClaim);
}
