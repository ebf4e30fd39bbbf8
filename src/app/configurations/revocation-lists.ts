/**
 * The revocation lists of authorities. When each list begins and ends, and its number, follow from what is committed
 * and from the time alone: any server over the same state signs the same list, also after a restart.
 */
import type { Millis } from "../../kernel/clock.ts";
import { signRevocationList, type RevocationList } from "../../pki/crl.ts";
import { pemOf } from "../../pki/pem.ts";
import type { AuthorityAttributes } from "../../secrets/configurations/authority.ts";
import type { Capabilities } from "../capabilities.ts";
import type { View } from "../state.ts";
import { wholeSeconds } from "./authority-signing.ts";
import { issuerOf, type CertifiedAuthority } from "./signing.ts";

/** A list with what it is known by. */
export interface PublishedList {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly revokedCount: number;
  readonly nextUpdate: Millis;
}

/** Lists that were signed and are still the newest, those asked for last; one to an authority. */
export const MAX_HELD_LISTS = 100;
/** Numbers for the lists between one change and the next: room for four thousand million of them. */
const NUMBERS_PER_CHANGE = 2n ** 32n;

interface HeldList {
  readonly key: string;
  readonly list: Promise<PublishedList>;
}

/** Signs each list once, however many ask for it at the same time, and holds it until there is another one. */
export class RevocationLists {
  /** By the authority's id; insertion order is the order of last use. */
  readonly #held = new Map<string, HeldList>();
  readonly #max: number;

  constructor(max = MAX_HELD_LISTS) {
    this.#max = max;
  }

  /** Refuses while the vault is sealed, unless the list is held. */
  listOf(authority: CertifiedAuthority, at: ListAt): Promise<PublishedList> {
    const { id } = authority.configuration;
    const times = timesOf(authority.attributes, at.now);
    const key = `${times.number} ${authority.issued.serialNumber}`;
    const before = this.#held.get(id);
    this.#held.delete(id);
    const held = before?.key === key ? before : { key, list: signedList(authority, times, at) };
    this.#held.set(id, held);
    // One that could not be signed is signed again by whoever asks next.
    held.list.catch(() => this.#held.get(id) === held && this.#held.delete(id));
    for (const [oldest] of this.#held) {
      if (this.#held.size <= this.#max) break;
      this.#held.delete(oldest);
    }
    return held.list;
  }
}

interface ListAt {
  readonly store: View;
  readonly capabilities: Pick<Capabilities, "vault">;
  readonly now: Millis;
}

type Times = Pick<RevocationList, "number" | "thisUpdate" | "nextUpdate">;

/**
 * A list begins when what it says has changed, and again each time that half of the one before is over: whoever fetches
 * one always has half of it before him. Numbers only grow (RFC 5280, section 5.2.3).
 */
export function timesOf({ crl, settings }: AuthorityAttributes, now: Millis): Times {
  const lengthMs = settings.crlExpirySeconds * 1_000;
  const turnMs = lengthMs / 2;
  const turn = Math.max(0, Math.floor((now - crl.changedAt) / turnMs));
  const thisUpdate = wholeSeconds(crl.changedAt + turn * turnMs);
  return {
    number: BigInt(crl.changes) * NUMBERS_PER_CHANGE + BigInt(turn),
    thisUpdate,
    nextUpdate: thisUpdate + lengthMs,
  };
}

async function signedList(
  authority: CertifiedAuthority,
  times: Times,
  { store, capabilities }: ListAt,
): Promise<PublishedList> {
  const { attributes, configuration } = authority;
  // A certificate stays on the first list that begins after its own end (RFC 5280, section 3.3).
  const since = times.thisUpdate - attributes.settings.crlExpirySeconds * 1_000;
  const revoked = attributes.settings.crlDisabled
    ? []
    : await store.configurations.revokedBy(configuration.id, since);
  const der = await signRevocationList({ ...times, revoked }, issuerOf(authority, capabilities));
  const pem = pemOf("X509 CRL", der);
  return { der, pem, revokedCount: revoked.length, nextUpdate: times.nextUpdate };
}
