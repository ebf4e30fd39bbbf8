/** One line of a table of DSV's wire: how it writes a call, the operation, its input and its output. */
import type { FastifyRequest } from "fastify";
import type { Operation } from "../../../app/operation.ts";
import { route, type About, type Answer, type Method, type Route } from "../../route.ts";

export interface Coding<Input extends object, Output extends object> {
  readonly decode: (request: FastifyRequest) => Input;
  readonly encode: (output: Output, request: FastifyRequest) => Answer;
  readonly about?: About;
}

/** Under `/v1`: `GET /users/:name`. */
export function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  coding: Coding<Input, Output>,
): Route {
  const [method, path] = call.split(" ", 2) as [Method, string];
  return route({ method, url: `/v1${path}`, operation, ...coding });
}

/** DSV's clients restore by PUT, its documents say GET. */
export function restoring<Input extends object, Subject, Output extends object>(
  path: `/${string}`,
  operation: Operation<Input, Subject, Output>,
  coding: Coding<Input, Output>,
): readonly Route[] {
  return [line(`PUT ${path}`, operation, coding), line(`GET ${path}`, operation, coding)];
}

export function ok<Output>(body: (output: Output, request: FastifyRequest) => object) {
  return (output: Output, request: FastifyRequest): Answer => ({
    status: 200,
    body: body(output, request),
  });
}

export function created<Output>(body: (output: Output, request: FastifyRequest) => object) {
  return (output: Output, request: FastifyRequest): Answer => ({
    status: 201,
    body: body(output, request),
  });
}

/** Of restorings and forced deletions: clients look for an empty body. */
export function empty(status: 200 | 204): () => Answer {
  return () => ({ status });
}
