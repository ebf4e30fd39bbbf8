/** A service of AWS: by which names it is called, in which protocols, and its table of actions. */
import type { FastifyRequest } from "fastify";
import type { Operation } from "../../../app/operation.ts";
import { route, type About, type Route } from "../../route.ts";
import { call } from "./wire-call.ts";
import type { Members } from "./members.ts";
import type { WireObject } from "./wire-values.ts";

export interface AwsService {
  /** By which requests are signed for it, and errors are worded: `secretsmanager`. */
  readonly name: string;
  /** What `X-Amz-Target` begins with in JSON; null where the service does not speak it. */
  readonly target: string | null;
  /** Its name in the paths of RPC v2 CBOR; null where it does not speak that. */
  readonly shape: string | null;
  /** `Version` of its query protocol, and the namespace of its XML; null where it does not speak that. */
  readonly query: { readonly version: string; readonly namespace: string } | null;
  readonly lines: readonly AwsLine[];
}

/** One action: its name, and what is behind it. */
export interface AwsLine {
  readonly action: string;
  readonly route: Route;
}

type Decode<Input> = (members: Members, request: FastifyRequest) => Input;
type Encode<Output> = (output: Output, request: FastifyRequest) => WireObject;

/** An action, its operation, how its members are read and its answer is written. Every member has to be read. */
export function line<Input extends object, Subject, Output extends object>(
  action: string,
  operation: Operation<Input, Subject, Output>,
  [decode, encode, about]: readonly [decode: Decode<Input>, encode: Encode<Output>, about?: About],
): AwsLine {
  return {
    action,
    route: route({
      method: "POST",
      url: "/",
      operation,
      decode(request) {
        const members = call(request).members();
        const input = decode(members, request);
        members.end();
        return input;
      },
      encode: (output, request) => call(request).answer(encode(output, request)),
      ...(about ? { about } : {}),
    }),
  };
}

/** Of actions whose answer has no members. */
export function nothing(): WireObject {
  return {};
}
