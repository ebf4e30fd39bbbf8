/**
 * A native route, declared once: its schemas decode the request, its operation runs, and the same schemas become its
 * entry in the OpenAPI document.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Operation } from "../../../app/operation.ts";
import type { Performed } from "../../../app/perform.ts";
import type { Recorded } from "../../../audit/trail.ts";
import type { About, Answer, Method, Route } from "../../route.ts";
import { jsonBody, read } from "./read.ts";

/** What a route answers when it does what it was asked: for the document, and for the tests that hold it to it. */
export interface AnswerShape {
  readonly status: number;
  readonly description: string;
  /** By media type; text and streams have no schema but a description. */
  readonly content: Readonly<Record<string, z.ZodType | string>>;
}

/** What the OpenAPI document says of a route. */
export interface RouteDocument {
  readonly method: Method;
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject | undefined;
  readonly answer: AnswerShape;
}

export interface NativeRoute {
  readonly route: Route;
  readonly document: RouteDocument;
}

/** A request after its schemas. */
export interface Asking<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly request: FastifyRequest;
}

export interface NativeRouteDefinition<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject,
  Input extends object,
  Subject,
  Output extends object,
> {
  readonly method: Method;
  /** With `:name` for a parameter, as fastify has it. */
  readonly url: string;
  /** Its name in the document and in generated clients, in camelCase. */
  readonly operationId: string;
  readonly summary: string;
  readonly operation: Operation<Input, Subject, Output>;
  readonly params?: P;
  readonly query?: Q;
  /** Without one, a body is not looked at. */
  readonly body?: B;
  readonly answer: AnswerShape;
  readonly about?: About;
  readonly decode: (asking: Asking<P, Q, B>) => Input;
  /** By now the operation is recorded; streams may go on from where its event stands. */
  readonly encode: (
    output: Output,
    sent: { readonly request: FastifyRequest; readonly recorded: Recorded },
  ) => Answer;
}

const NOTHING: z.ZodObject = z.strictObject({});

export function nativeRoute<
  Input extends object,
  Subject,
  Output extends object,
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodObject = z.ZodObject,
>(definition: NativeRouteDefinition<P, Q, B, Input, Subject, Output>): NativeRoute {
  const { method, url, operation, operationId, summary, answer, body } = definition;
  const params: z.ZodObject = definition.params ?? NOTHING;
  const query: z.ZodObject = definition.query ?? NOTHING;
  const decode = (request: FastifyRequest): Input =>
    definition.decode({
      params: read(params, request.params) as z.output<P>,
      query: read(query, request.query) as z.output<Q>,
      body: (body ? read(body, jsonBody(request)) : {}) as z.output<B>,
      request,
    });
  return {
    document: { method, url, operationId, summary, params, query, body, answer },
    route: {
      method,
      url,
      operation: operation.name,
      about: definition.about ?? (() => null),
      async perform(performer, call, request) {
        const performed = await performer.perform(operation, call, () => decode(request));
        if (performed.kind === "refused") return performed;
        const { output, recorded } = performed;
        return { ...performed, output: definition.encode(output, { request, recorded }) };
      },
      async refuse(performer, call, refusal) {
        const performed = await performer.perform(operation, call, () => {
          throw refusal;
        });
        return performed as Performed<Answer>;
      },
    },
  };
}
