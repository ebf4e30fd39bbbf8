/** The way that messages without an answer take: datagrams, or frames of a stream. Syslog and CEF go by it. */
import { isIP } from "node:net";
import { z } from "zod";
import type { Message } from "../entry.ts";
import type { BatchLimits, CredentialRule, Handed, Link, LinkPorts, SinkAddress } from "../sink.ts";
import { bareHost } from "./address-guard.ts";
import { DatagramTransport, PACKET_BYTES } from "./datagram.ts";
import { confirmation, StreamTransport, type Confirmation } from "./stream.ts";
import { CLIENT_KEY, PLAIN_TLS, tlsCredentials, tlsSettings, type TlsSettings } from "./tls.ts";

/** With fewer, the longest of all would take longer than a parcel has time. */
export const MIN_DATAGRAMS_PER_SECOND = 10;
export const MAX_DATAGRAMS_PER_SECOND = 100_000;
const MAX_BATCH_BYTES = 512 * 1_024;

const HOST_NAME = /^(?=.{1,253}$)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/** A name, or an address; of IPv6 with or without brackets. */
export function isHost(text: string): boolean {
  return isIP(bareHost(text)) !== 0 || HOST_NAME.test(text);
}

/** What settings of every sink of this kind begin with. */
export const wireSettings = {
  transport: z.enum(["udp", "tcp", "tls"]),
  host: z.string().max(255).refine(isHost, { error: "is a name or an address" }),
  port: z.int().min(1).max(65_535),
  /** Of the transport `tls` only: see `isTlsMeant`. */
  tls: tlsSettings.optional(),
  /** Of streams. */
  confirm: confirmation,
  /** Of datagrams; one that is longer than a packet counts as several. */
  datagrams_per_second: z
    .int()
    .min(MIN_DATAGRAMS_PER_SECOND)
    .max(MAX_DATAGRAMS_PER_SECOND)
    .default(2_000),
};

export interface WireSettings {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  readonly confirm: Confirmation;
  readonly datagrams_per_second: number;
}

/** Whoever says something of TLS over a transport without it believes that it is encrypted. */
export function isTlsMeant({ transport, tls }: Pick<WireSettings, "transport" | "tls">): boolean {
  return transport === "tls" || tls === undefined;
}

export const tlsNotMeant = { path: ["tls"], error: "is for the transport tls only" };

export function wireAddress({ transport, host, port }: WireSettings): SinkAddress {
  return { transport, host: bareHost(host), port };
}

export function wireCredentials({ tls }: WireSettings): readonly CredentialRule[] {
  return tlsCredentials(tls);
}

/** Of datagrams so many that they are sent well before a parcel's time is up, however slowly. */
export function wireLimits({
  transport,
  datagrams_per_second: perSecond,
}: WireSettings): BatchLimits {
  if (transport !== "udp") return { maxEvents: 1_000, maxBytes: MAX_BATCH_BYTES };
  const packets = perSecond * 5;
  const maxBytes = Math.min(packets * PACKET_BYTES, MAX_BATCH_BYTES);
  return { maxEvents: Math.min(packets, 500), maxBytes };
}

export function openWire(settings: WireSettings, { credentials, guard }: LinkPorts): Link {
  const { transport, host, port, confirm, datagrams_per_second: datagramsPerSecond } = settings;
  if (transport === "udp") {
    return new DatagramLink(new DatagramTransport({ host, port, datagramsPerSecond, guard }));
  }
  const tls = transport === "tls" ? (settings.tls ?? PLAIN_TLS) : undefined;
  const clientKey = credentials[CLIENT_KEY];
  return new StreamLink(new StreamTransport({ host, port, tls, clientKey, confirm, guard }));
}

class StreamLink implements Link {
  readonly #stream: StreamTransport;

  constructor(stream: StreamTransport) {
    this.#stream = stream;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    await this.#stream.write(Buffer.concat(messages.map(({ bytes }) => bytes)), signal);
    return { isAcknowledged: false, rejected: [] };
  }

  confirm(signal: AbortSignal): Promise<void> {
    return this.#stream.confirm(signal);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}

class DatagramLink implements Link {
  readonly #datagrams: DatagramTransport;

  constructor(datagrams: DatagramTransport) {
    this.#datagrams = datagrams;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    return { isAcknowledged: false, rejected: await this.#datagrams.send(messages, signal) };
  }

  confirm(signal: AbortSignal): Promise<void> {
    return this.#datagrams.confirm(signal);
  }

  close(): Promise<void> {
    return this.#datagrams.close();
  }
}
