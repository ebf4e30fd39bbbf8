/** One line of a table of IBM Secrets Manager's wire: how it writes a call, the operation, its input and its output. */
import type { FastifyRequest } from "fastify";
import type { Operation } from "../../../app/operation.ts";
import { route, type About, type Answer, type Method, type Route } from "../../route.ts";

type Body<Output> = (output: Output, request: FastifyRequest) => object;
type Encode<Output> = (output: Output, request: FastifyRequest) => Answer;

/** How its input is read, how its output is written, and what the path says that the call is about. */
export type Coding<Input extends object, Output extends object> = readonly [
  decode: (request: FastifyRequest) => Input,
  encode: Encode<Output>,
  about?: About,
];

export function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  [decode, encode, about]: Coding<Input, Output>,
): Route {
  const [method, url] = call.split(" ", 2) as [Method, string];
  return route({ method, url, operation, decode, encode, ...(about ? { about } : {}) });
}

export function ok<Output>(body: Body<Output>): Encode<Output> {
  return (output, request) => ({ status: 200, body: body(output, request) });
}

export function created<Output>(body: Body<Output>): Encode<Output> {
  return (output, request) => ({ status: 201, body: body(output, request) });
}

export function noContent(): Answer {
  return { status: 204 };
}
