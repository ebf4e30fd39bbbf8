/** What a dialect knows of a request apart from its meaning: who calls, from where, about what. */
import type { Millis } from "../kernel/clock.ts";
import type { Refusal } from "../kernel/errors.ts";
import type { Place } from "../audit/crn.ts";
import type { CredentialType, Dialect, EventHost, InitiatorType } from "../audit/event.ts";

/** An identity whose credential has been checked. `id` is its IAM id: `IBMid-…`, `iam-ServiceId-…`. */
export interface Identity {
  readonly kind: "identity";
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly typeURI: InitiatorType;
  readonly credentialType: CredentialType;
  /** The credential used, by its identifier, never its value. */
  readonly credentialId: string;
  /** Who logged in, where the identity is a trusted profile that they apply. */
  readonly authnId?: string;
  readonly authnName?: string;
  /** The session that the call is part of, and the client that opened it. */
  readonly session?: { readonly id: string; readonly isKept: boolean };
  readonly clientId?: string;
  /** Of calls that were signed with an access key. */
  readonly signedBy?: SignedBy;
  /** The JSON text of the policy of its session: it may do no more than that allows, whatever it has been granted. */
  readonly bounds?: string;
}

/** By which access key a call was signed, and what kind of caller that makes: AWS's records tell these apart. */
export interface SignedBy {
  readonly accessKeyId: string;
  /** `root`: the owner of the account. */
  readonly kind: "root" | "user" | "role" | "federated";
  /** Of the session of a role; of a federated one, whom it is for. */
  readonly sessionName?: string;
  readonly sourceIdentity?: string;
  /** Of keys that end with a session. */
  readonly startedAt?: Millis;
  readonly isMfa?: boolean;
}

/** Nobody: no credential was offered (`refusal` null), or the one offered was refused. */
export interface Anonymous {
  readonly kind: "anonymous";
  readonly refusal: Refusal | null;
  /** Whom a credential spoke of that was genuine but is no longer good: expired, disabled, revoked. */
  readonly claimed?: {
    readonly id: string;
    readonly typeURI: InitiatorType;
    /** Its account, where the credential tells. */
    readonly account?: string;
  };
}

/** The server itself, on schedule. May do what its jobs do; recorded as a service with no address. */
export interface Internal {
  readonly kind: "internal";
  readonly job: string;
}

export type Caller = Identity | Anonymous | Internal;

/** Where a request is addressed to that leads to no instance: who is to hear of it, and how it is refused. */
export interface Nowhere {
  readonly place: Place;
  readonly refusal: Refusal;
}

export interface Call {
  readonly caller: Caller;
  readonly dialect: Dialect;
  readonly place: Place;
  /** Why the call is about nothing that there is: whatever it asks for is refused with this. */
  readonly nowhere?: Refusal;
  readonly host: EventHost;
  /** Whether it came by TLS; unset where it came by no wire. */
  readonly isSecure?: boolean;
  readonly requestId: string;
  readonly correlationId: string;
  /** What the request names in its path, for the record of a call that is refused before it is understood. */
  readonly about: { readonly kind: string; readonly id: string; readonly name?: string } | null;
}
