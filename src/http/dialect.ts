/** What every dialect gives the server: whom it recognises, how it says no, and its table of routes. */
import type { FastifyRequest } from "fastify";
import type { Caller, Nowhere } from "../app/call.ts";
import type { Place } from "../audit/crn.ts";
import type { Dialect as DialectName } from "../audit/event.ts";
import type { Refusal } from "../kernel/errors.ts";
import type { Answer, Route } from "./route.ts";

/** What an answer may need of its request besides the outcome. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly requestId: string;
  readonly correlationId: string;
}

export interface Dialect {
  readonly name: DialectName;
  readonly routes: readonly Route[];
  /** Whether a request that fits no route is still this dialect's to refuse. */
  owns(path: string): boolean;
  /** Never throws a Refusal: a credential that is no good is a caller of kind `anonymous` that carries it. */
  authenticate(request: FastifyRequest): Promise<Caller>;
  /**
   * Which account, region and instance the request is addressed to, for want of anything else by who calls. A name that
   * leads to no instance never leads to another one.
   */
  place(request: FastifyRequest, caller: Caller): Promise<Place | Nowhere>;
  /** Total over the error codes: a code the dialect has not decided on does not compile. */
  refusal(refusal: Refusal, exchange: Exchange): Answer;
  /** The trail or a store is out of service: 503, and nothing was answered. */
  outage(exchange: Exchange): Answer;
  /** A bug. Says nothing but the request id. */
  fault(exchange: Exchange): Answer;
  /** Headers on every answer, such as the dialect's own name for the request id. */
  headers(exchange: Exchange): Readonly<Record<string, string>>;
}
