/** What a receiver of syslog has made of a message, whichever receiver it was. */
import type { Daemon } from "./daemon.ts";

/** The file that it writes, one line of JSON for each message. */
export const RECEIVED = "received.jsonl";

export interface Received {
  readonly pri: number;
  readonly time: string;
  readonly host: string;
  readonly app: string;
  /** Of the old form. */
  readonly tag: string;
  readonly msgid: string;
  readonly msg: string;
  /** The structured data, by element and name. */
  readonly parsed: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Receiver {
  readonly daemon: Daemon;
  /** `octet` and `lf` over TCP; TLS is with octets. */
  readonly ports: {
    readonly udp: number;
    readonly octet: number;
    readonly lf: number;
    readonly tls: number;
  };
  received(): readonly Received[];
}
