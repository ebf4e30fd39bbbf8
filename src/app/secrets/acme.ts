/** The port to public certificate authorities (ACME, RFC 8555): each call is one or a few requests to an authority. */
import type { Millis } from "../../kernel/clock.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { AcmeEnvironment } from "../../secrets/configurations/lets-encrypt.ts";
import type { Challenge } from "../../secrets/kinds/public-cert.ts";

/** An account that the authority knows by its key. */
export interface AcmeAccount {
  readonly environment: AcmeEnvironment;
  /** In PEM. */
  readonly key: Sensitive<string>;
}

/** RFC 8555, section 7.1.6. */
export type AcmeOrderStatus = "pending" | "ready" | "processing" | "valid" | "invalid";

export interface AcmeOrder {
  readonly status: AcmeOrderStatus;
  readonly expiresAt: Millis | null;
  /** Null where the names are proven, so that nobody needs them any more. */
  readonly challenges: readonly AcmeChallenge[] | null;
  /** Of an order that is not valid, and of a name that was not proven: why. */
  readonly fault: AcmeFault | null;
  readonly finalizeUrl: string;
  /** Of a valid order. */
  readonly certificateUrl: string | null;
  /** How long the authority asks to be left alone; 0 where it does not say. */
  readonly retryAfterMs: number;
}

export interface AcmeChallenge extends Challenge {
  readonly url: string;
}

/**
 * Everything rejects with an AcmeFault where the authority refuses, cannot be reached, does not answer in time, or says
 * what nobody understands.
 */
export interface Acme {
  /** Places an order for these names; resolves to its URL. Each call is another order. */
  place(account: AcmeAccount, names: readonly string[]): Promise<string>;
  /** The order as it is now, with its challenges while the names are not proven. */
  look(account: AcmeAccount, orderUrl: string): Promise<AcmeOrder>;
  /** Says that the records of these challenges are there. To say so twice does no harm. */
  validate(account: AcmeAccount, challenges: readonly AcmeChallenge[]): Promise<void>;
  /** Brings the request (PEM) of an order that is ready. */
  finalize(account: AcmeAccount, order: AcmeOrder, csr: string): Promise<AcmeOrder>;
  /** The certificate with its chain (PEM), the authority's own choice first; with the others if they are asked for. */
  download(
    account: AcmeAccount,
    certificateUrl: string,
    which: { readonly withAlternates: boolean },
  ): Promise<readonly string[]>;
}

/**
 * Why an order comes to nothing, or not yet. The message is ours; what the authority said is in the detail, which is
 * shown to the owner and does not go into the record.
 */
export class AcmeFault extends Error {
  override readonly name = "AcmeFault";
  /** A word for programs: the tail of an error type of RFC 8555, section 6.7, or one of ours. */
  readonly code: string;
  readonly detail: string;
  /** Whether the same would come of it another time. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number;

  constructor(
    code: string,
    message: string,
    more: {
      readonly detail?: string;
      readonly isFinal: boolean;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    },
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.detail = more.detail ?? "";
    this.isFinal = more.isFinal;
    this.retryAfterMs = more.retryAfterMs ?? 0;
  }
}
