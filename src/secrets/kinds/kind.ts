/** What is fixed about a type of secret apart from its value. One to a file of this folder, all in `kinds.ts`. */
import type { RotationBounds } from "../rotation.ts";

export interface Kind<Payload> {
  /** Refuses a value outside the type's limits; the sentence never quotes it. */
  check(payload: Payload): void;
  /** The bytes that are sealed with a version; `decode` reads them back. */
  encode(payload: Payload): Uint8Array;
  /** `username` opens what is sealed with the secret; asked for only where the type has one. */
  decode(bytes: Uint8Array, username: () => string): Payload;
  /** What the record may say of a value: ids and numbers, never the value. */
  facts?(payload: Payload): Readonly<Record<string, string>>;
  /** Whether callers may say when its values are to be destroyed. */
  readonly expiresByDate: boolean;
  /** How often it may be rotated on time; null for the types that only their owners rotate. */
  readonly rotation: RotationBounds | null;
  /** Each version ends by itself, at its own `expiresAt`: a lease on a credential. */
  readonly isLeased: boolean;
  /** Destroyed when its time has come even where it is locked: a certificate does not become valid by a lock. */
  readonly expiresThoughLocked: boolean;
  /** What its values are for is deleted elsewhere, by somebody who is asked to: destroying one is not the end of it. */
  readonly isDeletedElsewhere: boolean;
}

/** A value of the owner's own, that nothing but the owner's word ends. */
export const plain = {
  expiresByDate: true,
  rotation: null,
  isLeased: false,
  expiresThoughLocked: false,
  isDeletedElsewhere: false,
} as const;
