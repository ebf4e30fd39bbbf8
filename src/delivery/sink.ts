/**
 * A sink: one way in which receivers take events. Each has a folder under `sinks/` with the same four files: `config`
 * (what may be said of it), `encode` (an event to a message), `send` (messages to the receiver), `retry` (what its
 * failures mean). `sinks.ts` has them all.
 */
import type { z } from "zod";
import type { Millis } from "../kernel/clock.ts";
import type { Entry, Message } from "./entry.ts";
import type { AddressGuard } from "./transports/address-guard.ts";

/** What is kept of a destination, checked and with every default filled in. JSON, and nothing secret. */
export interface SinkSettings {
  readonly kind: string;
}

export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Of a sink that makes few things of many events: how long it may wait for more until it is asked to confirm. */
  readonly gatherMs?: Millis;
}

/** Where messages go; of a file there is no host. */
export interface SinkAddress {
  readonly transport: string;
  readonly host: string;
  readonly port: number;
}

/** Which secrets a destination may be given; `header:` at the end of a name stands for any header's. */
export interface CredentialRule {
  readonly name: string;
  readonly isRequired: boolean;
}

/** What is true of every message from here. */
export interface Installation {
  /** The log's name: who sends. Visible ASCII without spaces. */
  readonly logName: string;
  /** Of the product. */
  readonly version: string;
}

/** Throws a DeliveryFault `rejected` for what this sink cannot say: longer than a datagram, for instance. */
export type Encode = (entry: Entry) => Uint8Array;

/** In the clear. By the names of the sink's rules. */
export type Credentials = Readonly<Record<string, string>>;

export interface LinkPorts {
  readonly credentials: Credentials;
  readonly guard: AddressGuard;
  readonly now: () => number;
}

/** What a receiver has not taken, of a batch that it has taken otherwise. */
export interface Rejection {
  readonly index: number;
  /** From a closed set, or a status: see DeliveryFault. */
  readonly reason: string;
}

export interface Handed {
  /** Whether the receiver has said that it has them; else `confirm` finds out. */
  readonly isAcknowledged: boolean;
  readonly rejected: readonly Rejection[];
}

/** A way to one receiver. Opens connections as it needs them; used by one courier, one call at a time. */
export interface Link {
  /** Hands messages over, in their order. Throws a DeliveryFault: then none of them may be counted on. */
  send(messages: readonly Message[], signal: AbortSignal): Promise<Handed>;
  /** Resolves once everything that was handed over is acknowledged. Throws a DeliveryFault: then none of it is. */
  confirm(signal: AbortSignal): Promise<void>;
  /** Never rejects. What was not confirmed is not acknowledged. */
  close(): Promise<void>;
}

export interface SinkDefinition<Name extends string, Settings extends { readonly kind: Name }> {
  readonly schema: z.ZodType<Settings>;
  readonly address: (settings: Settings) => SinkAddress;
  /** What is sent, for the record: a form, or the sink's own. */
  readonly form: (settings: Settings) => string;
  readonly credentials: (settings: Settings) => readonly CredentialRule[];
  readonly limits: (settings: Settings) => BatchLimits;
  /** The credentials in the clear: there are receivers that expect one in every message. */
  readonly encoder: (settings: Settings, from: Installation, credentials: Credentials) => Encode;
  readonly open: (settings: Settings, ports: LinkPorts) => Link;
  /** Only what the operator pins may use it: it reaches into this machine. */
  readonly isPinnedOnly?: true;
}

/** A sink with its settings. */
export interface CheckedSink {
  readonly settings: SinkSettings;
  readonly address: SinkAddress;
  readonly form: string;
  readonly credentials: readonly CredentialRule[];
  readonly limits: BatchLimits;
  readonly isPinnedOnly: boolean;
  encoder(from: Installation, credentials: Credentials): Encode;
  open(ports: LinkPorts): Link;
}

export interface Sink {
  readonly name: string;
  readonly schema: z.ZodType<SinkSettings>;
  /** Throws a ZodError. */
  check(settings: unknown): CheckedSink;
}

export function sink<Name extends string, Settings extends { readonly kind: Name }>(
  name: Name,
  definition: SinkDefinition<Name, Settings>,
): Sink {
  return {
    name,
    schema: definition.schema,
    check(given) {
      const settings = definition.schema.parse(given);
      return {
        settings,
        address: definition.address(settings),
        form: definition.form(settings),
        credentials: definition.credentials(settings),
        limits: definition.limits(settings),
        isPinnedOnly: definition.isPinnedOnly ?? false,
        encoder: (from, credentials) => definition.encoder(settings, from, credentials),
        open: (ports) => definition.open(settings, ports),
      };
    },
  };
}
