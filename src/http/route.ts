/** A route: one line of a dialect's table, from a wire name to an operation and back. */
import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import type { Call } from "../app/call.ts";
import type { Operation } from "../app/operation.ts";
import type { Performed, Performer } from "../app/perform.ts";
import type { OperationName } from "../audit/catalogue.ts";
import type { Refusal } from "../kernel/errors.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What goes out: an object is sent as JSON, a stream as it comes, undefined as no body. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string | Uint8Array | Readable | undefined;
}

/** What a request names in its path, recorded when the call is refused before it is understood. */
export type About = (request: FastifyRequest) => Call["about"];

export interface RouteDefinition<Input extends object, Subject, Output extends object> {
  readonly method: Method;
  /** With `:name` for a parameter, as fastify has it. */
  readonly url: string;
  readonly operation: Operation<Input, Subject, Output>;
  /** Throws a Refusal for what cannot be read; never reads state or the clock. */
  readonly decode: (request: FastifyRequest) => Input;
  /** Pure: from the domain's output to the wire. */
  readonly encode: (output: Output, request: FastifyRequest) => Answer;
  readonly about?: About;
}

/** A route whose types have been settled: what the exchange needs of it. */
export interface Route {
  readonly method: Method;
  readonly url: string;
  readonly operation: OperationName;
  readonly about: About;
  /** Of a path that stands for several operations: the line that the query asks for. */
  readonly chosenBy?: (request: FastifyRequest) => Route;
  perform(performer: Performer, call: Call, request: FastifyRequest): Promise<Performed<Answer>>;
  /** Has the operation recorded as refused: for bodies that could not even be received. */
  refuse(performer: Performer, call: Call, refusal: Refusal): Promise<Performed<Answer>>;
}

export function route<Input extends object, Subject, Output extends object>(
  definition: RouteDefinition<Input, Subject, Output>,
): Route {
  const { operation, decode, encode } = definition;
  return {
    method: definition.method,
    url: definition.url,
    operation: operation.name,
    about: definition.about ?? (() => null),
    async perform(performer, call, request) {
      const performed = await performer.perform(operation, call, () => decode(request));
      if (performed.kind === "refused") return performed;
      return { ...performed, output: encode(performed.output, request) };
    },
    async refuse(performer, call, refusal) {
      const performed = await performer.perform(operation, call, () => {
        throw refusal;
      });
      return performed as Performed<Answer>;
    },
  };
}
