/** Credentials for a while that somebody with lasting ones gives to somebody else, by a name and within a policy. */
import { principalNames } from "../../audit/render/principal-arn.ts";
import { parsePolicy } from "../../identity/statements/document.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import { nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";
import { durationOf } from "./get-session-token.ts";
import {
  isInSession,
  openerOf,
  openKeySession,
  type KeySession,
  type Opener,
} from "./key-sessions.ts";

export interface FederationTokenInput {
  /** Whom it is for. */
  readonly name: string;
  /** The JSON text of what the session may do, of all that the caller may. */
  readonly policy?: string | undefined;
  readonly durationSeconds?: number | undefined;
}

export interface FederatedSession extends KeySession {
  readonly federatedUser: { readonly federatedUserId: string; readonly arn: string };
}

/** Needs no role: without a policy the session may do nothing, and with one no more than the caller. */
export const getFederationToken = changeOperation<FederationTokenInput, Opener, FederatedSession>({
  name: "session.federate",
  async locate({ policy }, context) {
    if (policy !== undefined) parsePolicy(policy, "session");
    const opener = await openerOf(context);
    const { owner } = opener.credential;
    const id = owner.kind === "user" ? owner.iamId : owner.id;
    return {
      target: targetOf(context.call, { kind: owner.kind, id, name: nameOf(owner) }),
      resource: null,
      subject: opener,
      refusal: isInSession(opener)
        ? new Refusal("forbidden", "Cannot call GetFederationToken with session credentials")
        : undefined,
    };
  },
  async run({ name, policy = null, durationSeconds }, { subject: opener }, context) {
    const durationS = durationOf(durationSeconds, opener);
    const terms = { kind: "federated", name, sourceIdentity: null, isMfa: false, policy } as const;
    const made = await openKeySession({ opener, profile: null }, { ...terms, durationS }, context);
    const signedBy = { kind: "federated", sessionName: name } as const;
    const { arn, userId: federatedUserId } = principalNames({ ...opener.caller, signedBy });
    return { ...made, federatedUser: { federatedUserId, arn } };
  },
});
