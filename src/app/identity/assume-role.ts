/**
 * Assuming a role: whoever signs with an access key, and is trusted by a trusted profile, gets credentials by which they
 * act as it for a while. The profile may be of another account.
 */
import { principalNames } from "../../audit/render/principal-arn.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import { parsePolicy } from "../../identity/statements/document.ts";
import { managedProfileOf, type TrustedProfile } from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import { profileTarget } from "../profiles/find.ts";
import { whoIs } from "../profiles/principals.ts";
import { isTrustedToSign } from "../profiles/signed-trust.ts";
import type { Transaction, View } from "../state.ts";
import { placeOf, targetOf } from "./find.ts";
import {
  isInSession,
  MAX_GUARDED_SESSION_S,
  openerOf,
  openKeySession,
  type KeySession,
  type Opener,
} from "./key-sessions.ts";

import { assertWhole, isCodeShown, type ShownCode } from "./shown-code.ts";

export const DEFAULT_ROLE_SESSION_S = 3_600;

/** The profile, by the number of its account and its name: an ARN's parts. */
export interface RoleSelector {
  readonly accountNumber: string;
  readonly name: string;
}

/** Named as on AWS's wire, where the fields of the record come from. */
export interface AssumeRoleInput extends ShownCode {
  readonly role: RoleSelector;
  /** The same as it was typed. */
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly durationSeconds?: number | undefined;
  /** The JSON text of what the session may do, of all that the profile may. */
  readonly policy?: string | undefined;
  /** Who is behind the session, as whoever opens it says; all that comes out of it keeps it. */
  readonly sourceIdentity?: string | undefined;
  readonly externalId?: string | undefined;
}

export interface AssumedRole extends KeySession {
  readonly assumedRoleUser: { readonly assumedRoleId: string; readonly arn: string };
  readonly sourceIdentity: string | undefined;
}

interface Assuming {
  readonly opener: Opener;
  /** Undefined of one that is not there; the refusal says no more than of one that does not trust the caller. */
  readonly profile: TrustedProfile | undefined;
}

/** Needs no role of the caller: the trust of the profile is what lets in. */
export const assumeRole = changeOperation<AssumeRoleInput, Assuming, AssumedRole>({
  name: "profile.login",
  async locate(input, context) {
    assertWhole(input);
    if (input.policy !== undefined) parsePolicy(input.policy, "session");
    const opener = await openerOf(context);
    const profile = await profileOf(input.role, context.call, context.store);
    const isTrusted = profile !== undefined && (await isTrustedToSign(opener, profile, context));
    const refusal =
      refusalOf(opener) ??
      (isTrusted ? await beyond(input, opener, { profile, context }) : denied(input, opener));
    return located(
      input,
      { opener, profile: isTrusted ? profile : undefined },
      { context, refusal },
    );
  },
  async run(input, { subject: { opener, profile } }, context) {
    if (!profile) throw denied(input, opener);
    const isMfa = await isCodeShown(input, opener.credential, context);
    if (isMfa instanceof Refusal) return isMfa;
    const { roleSessionName, policy = null } = input;
    const sourceIdentity = opener.caller.signedBy?.sourceIdentity ?? input.sourceIdentity;
    const made = await openKeySession(
      { opener, profile },
      {
        kind: "role",
        name: roleSessionName,
        sourceIdentity: sourceIdentity ?? null,
        isMfa,
        policy,
        durationS: input.durationSeconds ?? DEFAULT_ROLE_SESSION_S,
      },
      context,
    );
    const assumed = {
      ...made,
      assumedRoleUser: assumedRoleUser(profile, roleSessionName),
      sourceIdentity,
    };
    const { caller } = opener;
    // Two accounts hear of a role that is assumed from one in the other.
    if (caller.account !== profile.account) {
      context.also({
        operation: "profile.login",
        target: targetOf(inAccountOf(caller, context.call), profileTarget(profile)),
        input: { ...input, profile_id: profile.id },
        output: assumed,
      });
    }
    return assumed;
  },
});

interface Found {
  readonly context: Context<Transaction>;
  readonly refusal: Refusal | undefined;
}

/** In the account of the profile; an attempt that came to nothing, in that of the caller. */
function located(
  { role }: AssumeRoleInput,
  subject: Assuming,
  { context: { call }, refusal }: Found,
): Located<Assuming> {
  const { profile } = subject;
  const facts = profile && { profile_id: profile.id };
  return {
    target: profile
      ? targetOf(inAccountOf(profile, call), profileTarget(profile))
      : { place: placeOf(call), kind: "", id: "", name: role.name },
    resource: null,
    subject,
    refusal,
    ...(facts ? { facts } : {}),
  };
}

/** By the name as it is, or as an ARN would write it. */
async function profileOf(
  role: RoleSelector,
  call: Call,
  view: View,
): Promise<TrustedProfile | undefined> {
  const found = await whoIs({ kind: "profile", ...role }, call.place.account, view);
  if (found?.kind !== "profile") return undefined;
  return view.profiles.profile(found.account, managedProfileOf(found.iamId));
}

/** Those who assume no role, whichever it is. */
function refusalOf({ caller }: Opener): Refusal | undefined {
  const kind = caller.signedBy?.kind;
  if (kind !== "root" && kind !== "federated") return undefined;
  const those = kind === "root" ? "root accounts" : "federated users";
  return new Refusal("forbidden", `Roles may not be assumed by ${those}.`);
}

function denied({ roleArn }: AssumeRoleInput, { caller }: Opener): Refusal {
  const sentence = `User: ${principalNames(caller).arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
  return new Refusal("forbidden", sentence);
}

/** What a caller who is trusted may not ask for all the same. */
async function beyond(
  input: AssumeRoleInput,
  opener: Opener,
  {
    profile,
    context: { store, call },
  }: { readonly profile: TrustedProfile; readonly context: Context<View> },
): Promise<Refusal | undefined> {
  const { durationSeconds = DEFAULT_ROLE_SESSION_S } = input;
  const isChained = isInSession(opener) && opener.caller.signedBy?.kind === "role";
  if (isChained && durationSeconds > MAX_GUARDED_SESSION_S) {
    const sentence =
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    return new Refusal("invalid_request", sentence);
  }
  if (durationSeconds > profile.maxSessionS) {
    const sentence =
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    return new Refusal("invalid_request", sentence);
  }
  const { sourceIdentity: set } = opener.caller.signedBy ?? {};
  if (set !== undefined && input.sourceIdentity !== undefined && input.sourceIdentity !== set) {
    return new Refusal("forbidden", "The source identity of a session cannot be changed by it.");
  }
  const { allowedIpAddresses } = await store.identity.settings(profile.account);
  if (isAddressAllowed(allowedIpAddresses, call.host.address)) return undefined;
  const sentence = "The account does not allow calls from this address.";
  return new Refusal("forbidden", sentence, { reason: "address" });
}

function assumedRoleUser(
  profile: TrustedProfile,
  sessionName: string,
): AssumedRole["assumedRoleUser"] {
  const { iamId: id, name, account } = profile;
  const typeURI = "service/security/account/profile";
  const { arn, userId } = principalNames({
    id,
    name,
    account,
    typeURI,
    signedBy: { kind: "role", sessionName },
  });
  return { assumedRoleId: userId, arn };
}

function inAccountOf({ account }: { readonly account: string }, call: Call): Call {
  return { ...call, place: { ...call.place, account } };
}
