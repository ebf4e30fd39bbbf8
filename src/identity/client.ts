/**
 * Clients: service IDs that log in as a role (a trusted profile), by their id and a secret. What a service ID and an API
 * key do not say of that is kept beside them as an item.
 */
import { itemKind } from "../items/item.ts";
import type { Millis } from "../kernel/clock.ts";
import type { ApiKey } from "./api-key.ts";
import type { Belongings } from "./belongings.ts";
import type { ServiceId } from "./service-id.ts";

/** Of a service ID that no client was made of, only while it is deleted and can be had back. */
export interface Client {
  readonly role: ClientRole | null;
  readonly secret: ClientSecret | null;
  /** How long it is good from its making; null without an end. */
  readonly ttlS: number | null;
  /** How often it may log in; null for as often as it likes. */
  readonly usesLimit: number | null;
  readonly usedCount: number;
  /** By which its secret is fetched, of one that was made without handing it out. */
  readonly address: ClientAddress | null;
  /** What it takes to make it again, while it is deleted. */
  readonly parts: ClientParts | null;
}

export interface ClientRole {
  /** `Profile-…` */
  readonly id: string;
  /** What it was called when the client was made. */
  readonly name: string;
}

/** The API key by which a client is allowed in, and the hash that the key is found by. */
export interface ClientSecret {
  readonly apiKey: string;
  readonly hash: string;
}

/** Good once, and not for long. */
export interface ClientAddress {
  /** SHA-256 in hex of what nobody can guess of it. */
  readonly hash: string;
  readonly ttlS: number;
  readonly expiresAt: Millis;
  readonly usedAt: Millis | null;
}

export interface ClientParts {
  readonly serviceId: ServiceId;
  readonly key: ApiKey | null;
  readonly belongings: Belongings;
}

/** Their id and their name are the service ID's id. */
export const CLIENT = itemKind<Client>("serviceid");

/** Beside those whom a role trusts by hand. */
export const MAX_CLIENTS_PER_ROLE = 500;
/** Ten years, in seconds. */
export const MAX_CLIENT_TTL_S = 315_360_000;
export const MAX_USES_LIMIT = 1_000_000_000;
/** Of the address that a secret is fetched by: an hour, if nothing else is said, and a week at most. */
export const DEFAULT_ADDRESS_TTL_S = 3_600;
export const MAX_ADDRESS_TTL_S = 604_800;
