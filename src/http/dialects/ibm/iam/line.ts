/** One line of the wire's table: how IBM writes a call, the operation, and how its input and its output are written. */
import type { FastifyRequest } from "fastify";
import type { Operation } from "../../../../app/operation.ts";
import { route, type About, type Answer, type Method, type Route } from "../../../route.ts";
import { contextOf } from "./context.ts";

export type Encode<Output> = (output: Output, request: FastifyRequest) => Answer;

export function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  [decode, encode, about]: readonly [
    decode: (request: FastifyRequest) => Input,
    encode: Encode<Output>,
    about?: About,
  ],
): Route {
  const [method, url] = call.split(" ", 2) as [Method, string];
  return route({ method, url, operation, decode, encode, ...(about ? { about } : {}) });
}

export function noContent(): Answer {
  return { status: 204 };
}

/** What there is one of, and what `If-Match` can speak of. */
export interface EntityBody {
  readonly entity_tag: string;
  readonly [field: string]: unknown;
}

/** It has been made, or is shown, with the context of the request and its entity tag as a header too. */
export function entity(status: 200 | 201, body: EntityBody, request: FastifyRequest): Answer {
  const headers = { ETag: `"${body.entity_tag}"` };
  return { status, headers, body: { context: contextOf(request), ...body } };
}
