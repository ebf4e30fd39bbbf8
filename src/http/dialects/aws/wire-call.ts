/** Which action of which service a request asks for, and in which protocol. Found once for each request. */
import { gunzipSync } from "node:zlib";
import type { FastifyRequest } from "fastify";
import type { AwsError } from "../../../audit/render/aws-error.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Answer } from "../../route.ts";
import { cborProtocol } from "./cbor-protocol.ts";
import { jsonProtocol } from "./json-protocol.ts";
import type { Members } from "./members.ts";
import type { AnswerFacts, Protocol } from "./protocol.ts";
import { queryProtocol } from "./query-protocol.ts";
import type { AwsLine, AwsService } from "./service.ts";
import type { WireObject } from "./wire-values.ts";

/** What a compressed body may unfold to: as much as one that is not compressed. */
export const MAX_UNFOLDED_BYTES = 4 * 1024 * 1024;

export interface WireCall {
  /** Undefined where the request names no service that there is. */
  readonly service: AwsService | undefined;
  readonly protocol: Protocol["name"];
  /** Undefined where the service has no such action. */
  readonly line: AwsLine | undefined;
  /** Throws a Refusal for a body that cannot be read. */
  members(): Members;
  answer(members: WireObject): Answer;
  error(error: AwsError): Answer;
}

/** Where a request keeps the call that it is: a property, since a weak map of every request costs the collector. */
const CALL = Symbol("call");
interface Called {
  [CALL]?: WireCall;
}

/** The call that `find` has found. */
export function call(request: FastifyRequest): WireCall {
  const known = (request as Called)[CALL];
  if (!known) throw new Error("the call of a request is found before it is used");
  return known;
}

export function findCall(request: FastifyRequest, services: readonly AwsService[]): WireCall {
  const known = (request as Called)[CALL];
  if (known) return known;
  const made = new FoundCall(request, services);
  (request as Called)[CALL] = made;
  return made;
}

class FoundCall implements WireCall {
  readonly service: AwsService | undefined;
  readonly line: AwsLine | undefined;
  readonly protocol: Protocol["name"];
  readonly #protocol: Protocol;
  readonly #request: FastifyRequest;
  #members: Members | undefined;

  constructor(request: FastifyRequest, services: readonly AwsService[]) {
    const { protocol, service, action } = addressed(request, services);
    this.#request = request;
    this.protocol = protocol.name;
    this.#protocol = protocol;
    this.service = service;
    this.line = service?.lines.find((one) => one.action === action);
  }

  members(): Members {
    return (this.#members ??= this.#protocol.decode(bodyOf(this.#request), queryOf(this.#request)));
  }

  answer(members: WireObject): Answer {
    return this.#protocol.encode(members, this.#facts());
  }

  error(error: AwsError): Answer {
    return this.#protocol.encodeError(error, this.#facts());
  }

  #facts(): AnswerFacts {
    return {
      action: this.line?.action ?? "",
      requestId: this.#request.id,
      xmlNamespace: this.service?.query?.namespace ?? "",
    };
  }
}

interface Addressed {
  readonly protocol: Protocol;
  readonly service: AwsService | undefined;
  readonly action: string;
}

const CBOR_PATH = /^\/service\/([^/]+)\/operation\/([^/?]+)/;

function addressed(request: FastifyRequest, services: readonly AwsService[]): Addressed {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    const at = target.lastIndexOf(".");
    const name = target.slice(0, at);
    // Older clients of CloudTrail write its whole name, newer ones that of its shape.
    const service = services.find((one) => one.target === name || one.shape === name);
    return { protocol: jsonProtocol, service, action: target.slice(at + 1) };
  }
  const [, shape, operation = ""] = CBOR_PATH.exec(request.url) ?? [];
  if (shape !== undefined) {
    const service = services.find((one) => one.shape === shape);
    return { protocol: cborProtocol, service, action: operation };
  }
  return inForm(request, services);
}

/** `Action` and `Version`, wherever the form is. */
function inForm(request: FastifyRequest, services: readonly AwsService[]): Addressed {
  const protocol = queryProtocol;
  let text: string;
  try {
    const body = bodyOf(request);
    text = body.length === 0 ? queryOf(request) : Buffer.from(body).toString("utf8");
  } catch {
    return { protocol, service: undefined, action: "" };
  }
  const version = /(?:^|&)Version=([\d-]{10})(?:&|$)/.exec(text)?.[1];
  const action = /(?:^|&)Action=(\w{1,128})(?:&|$)/.exec(text)?.[1] ?? "";
  const service =
    version === undefined ? undefined : services.find((one) => one.query?.version === version);
  return { protocol, service, action };
}

const NO_BODY = new Uint8Array(0);

function bodyOf(request: FastifyRequest): Uint8Array {
  const body = request.body instanceof Uint8Array ? request.body : NO_BODY;
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return body;
  if (encoding !== "gzip") {
    throw new Refusal("unsupported_media_type", "A body may be compressed by gzip only.");
  }
  try {
    return gunzipSync(body, { maxOutputLength: MAX_UNFOLDED_BYTES });
  } catch {
    const sentence = `The body is not gzip, or is longer than ${MAX_UNFOLDED_BYTES} bytes.`;
    throw new Refusal("invalid_request", sentence, { reason: "unreadable-body" });
  }
}

function queryOf({ raw: { url = "" } }: FastifyRequest): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}
