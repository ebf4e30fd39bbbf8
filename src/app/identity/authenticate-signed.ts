/**
 * From a signed request to a caller (AWS Signature Version 4). The wire says what was signed and how; here is whose key
 * it was signed with, and whether that is still good *now*: a key ends with its API key, its owner, or its session.
 */
import { timingSafeEqual } from "node:crypto";
import {
  hashOfSessionToken,
  isAccessKeyId,
  type AccessKey,
  type KeyOfSession,
} from "../../identity/access-key.ts";
import { credentialRefusal, type Credential } from "../../identity/api-key.ts";
import type { Clock, Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Vault } from "../../secrets/vault.ts";
import type { Anonymous, Caller, Identity, SignedBy } from "../call.ts";
import type { State, View } from "../state.ts";
import { identityBehind, initiatorTypeOf } from "./caller.ts";
import { openedAccessKey } from "./sealed-access-keys.ts";
import { standingOf, standingRefusal } from "./standing.ts";

export interface SignedPorts {
  readonly state: State;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** What a wire has read of a signed request. */
export interface SignedRequest {
  readonly accessKeyId: string;
  /** Null where the request brings none. */
  readonly sessionToken: string | null;
  /** Whether the signature is the one that this secret makes. `key` is the same as long as the secret is. */
  isSignedWith(secret: Sensitive<string>, key: object): boolean;
}

/** Access keys known at a time; the oldest is forgotten for the newest, and then looked up once more. */
export const MAX_KNOWN_ACCESS_KEYS = 10_000;

/** Why a signed request is refused, for the wires whose errors tell these apart: `details.reason` of its refusal. */
export type SignatureFault =
  | "unknown-access-key"
  | "bad-session-token"
  | "bad-signature"
  | "session-over"
  | "key-disabled";

/** An access key that has been looked up, good while nothing about any identity has changed and its time lasts. */
interface KnownKey {
  readonly key: AccessKey;
  readonly secret: Sensitive<string>;
  readonly identity: Identity;
  readonly stamp: string;
  readonly until: Millis;
}

export class SignedAuthentication {
  readonly #ports: SignedPorts;
  readonly #known = new Map<string, KnownKey>();

  constructor(ports: SignedPorts) {
    this.#ports = ports;
  }

  /** Never throws a Refusal: a signature that is no good is a caller of kind `anonymous` that carries it. */
  async authenticate(request: SignedRequest): Promise<Caller> {
    const known = await this.#find(request.accessKeyId);
    if ("refusal" in known) return known;
    if (!request.isSignedWith(known.secret, known.secret)) {
      return refused(
        "bad-signature",
        "The signature of the request is not the one its key makes.",
        known.identity,
      );
    }
    if (!hasToken(known.key, request.sessionToken)) {
      return refused(
        "bad-session-token",
        "The session token is not that of the access key.",
        known.identity,
      );
    }
    return known.identity;
  }

  /** Who has the key; unknown ones, and those that are no good any more, as the callers that they make. */
  async #find(accessKeyId: string): Promise<KnownKey | Anonymous> {
    const { state, clock } = this.#ports;
    // Before anything is looked up: what changes meanwhile then shows in the next stamp.
    const stamp = await state.read(({ identity }) => identity.stamp());
    const held = this.#known.get(accessKeyId);
    const now = clock.now();
    if (held?.stamp === stamp && held.until > now) return held;
    this.#known.delete(accessKeyId);
    const found = await state.read((view) => this.#look(accessKeyId, { view, now, stamp }));
    if ("refusal" in found) return found;
    // The same secret keeps what was derived from it.
    const known = held && isSame(held.key, found.key) ? { ...found, secret: held.secret } : found;
    this.#hold(accessKeyId, known);
    return known;
  }

  async #look(
    accessKeyId: string,
    { view, now, stamp }: { readonly view: View; readonly now: Millis; readonly stamp: string },
  ): Promise<KnownKey | Anonymous> {
    const key = isAccessKeyId(accessKeyId)
      ? await view.accessKeys.accessKey(accessKeyId)
      : undefined;
    const behind = key && (await behindOf(key, view, now));
    if (!key || !behind) {
      return refused("unknown-access-key", "The access key is not known.");
    }
    const { identity, refusal, until } = behind;
    if (refusal) return { kind: "anonymous", refusal, claimed: claimOf(identity) };
    if (this.#ports.vault.status.kind === "sealed") return sealed(identity);
    const secret = await openedAccessKey(key, view, this.#ports.vault);
    return { key, secret, identity, stamp, until };
  }

  #hold(accessKeyId: string, known: KnownKey): void {
    const oldest = this.#known.keys().next().value;
    if (this.#known.size >= MAX_KNOWN_ACCESS_KEYS && oldest !== undefined) {
      this.#known.delete(oldest);
    }
    this.#known.set(accessKeyId, known);
  }
}

interface Behind {
  readonly identity: Identity;
  readonly refusal: Refusal | undefined;
  /** When time alone ends it. */
  readonly until: Millis;
}

async function behindOf(key: AccessKey, view: View, now: Millis): Promise<Behind | undefined> {
  if (key.of.kind === "session") return behindSession(key, key.of, { view, now });
  const credential = await view.identity.credential(key.of.apiKey);
  if (!credential) return undefined;
  const refusal = credentialRefusal(credential, now);
  const signedBy: SignedBy = { accessKeyId: key.id, kind: kindOf(credential) };
  return {
    identity: { ...identityBehind(credential), credentialType: "access-key", signedBy },
    refusal: refusal && fault("key-disabled", refusal.message),
    until: credential.key?.expiresAt ?? Infinity,
  };
}

async function behindSession(
  key: AccessKey,
  { session: id, terms }: KeyOfSession,
  { view, now }: { readonly view: View; readonly now: Millis },
): Promise<Behind | undefined> {
  const standing = await standingOf(id, view, key.account);
  if (!standing) return undefined;
  const { session, credential, profile } = standing;
  const refusal = standingRefusal(standing, now);
  const signedBy: SignedBy = {
    accessKeyId: key.id,
    kind: terms.kind === "user" ? kindOf(credential) : terms.kind,
    ...(terms.name === null ? {} : { sessionName: terms.name }),
    ...(terms.sourceIdentity === null ? {} : { sourceIdentity: terms.sourceIdentity }),
    startedAt: session.startedAt,
    isMfa: terms.isMfa,
  };
  return {
    identity: {
      ...identityBehind(credential, profile),
      credentialType: "session-key",
      session: { id, isKept: true },
      clientId: session.clientId,
      signedBy,
      ...(terms.policy === null ? {} : { bounds: terms.policy }),
    },
    refusal: refusal && fault("session-over", "The session of the access key is over."),
    until: Math.min(session.endsAt, credential.key?.expiresAt ?? Infinity),
  };
}

function kindOf({ owner }: Credential): "root" | "user" {
  return owner.kind === "user" && owner.isOwner ? "root" : "user";
}

function hasToken({ of }: AccessKey, token: string | null): boolean {
  if (of.kind === "key") return token === null;
  if (token === null) return false;
  const offered = Buffer.from(hashOfSessionToken(token), "hex");
  return timingSafeEqual(offered, Buffer.from(of.tokenHash, "hex"));
}

function isSame(one: AccessKey, other: AccessKey): boolean {
  return one.id === other.id && Buffer.compare(one.sealed, other.sealed) === 0;
}

function refused(reason: SignatureFault, sentence: string, identity?: Identity): Anonymous {
  return {
    kind: "anonymous",
    refusal: fault(reason, sentence),
    // Whose key it names is what it says of itself: nobody has shown to have it.
    ...(identity ? { claimed: claimOf(identity) } : {}),
  };
}

/** Nobody's signature can be checked: that is said, and recorded, and nobody is taken at their word. */
function sealed(identity: Identity): Anonymous {
  const sentence = "The vault is sealed: no signature can be checked.";
  return {
    kind: "anonymous",
    refusal: new Refusal("sealed", sentence),
    claimed: claimOf(identity),
  };
}

function fault(reason: SignatureFault, sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence, { reason });
}

function claimOf({ id, account }: Identity): NonNullable<Anonymous["claimed"]> {
  return { id, typeURI: initiatorTypeOf(id), account };
}
