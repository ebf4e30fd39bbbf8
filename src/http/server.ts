/** The HTTP server: one listener for every dialect, its limits, and what becomes of requests nobody can read. */
import type { Socket } from "node:net";
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { operatorPlace } from "../audit/crn.ts";
import type { Call } from "../app/call.ts";
import type { Performer } from "../app/perform.ts";
import { Refusal, type ErrorCode } from "../kernel/errors.ts";
import type { Dialect } from "./dialect.ts";
import type { Exchanges } from "./exchange.ts";
import { eventHost, newRequestId } from "./origin.ts";
import type { Route } from "./route.ts";

/** A secret of 1 MB whose every character needs a JSON escape still fits. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_PATH_PARAMETER_CHARS = 1_024;
/** From the first byte of a request to its last: what a slow client is given. */
export const REQUEST_TIMEOUT_MS = 30_000;
export const HEADERS_TIMEOUT_MS = 15_000;
export const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How long requests under way may take to end once the server is told to stop. */
export const DRAIN_TIMEOUT_MS = 10_000;

export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
}

export interface ServerOptions {
  /** The first one also answers what belongs to no dialect. */
  readonly dialects: readonly [Dialect, ...Dialect[]];
  readonly exchanges: Exchanges;
  readonly performer: Performer;
  /** Public surfaces that are no dialect: the log's files, health, metrics. */
  readonly surfaces: readonly ((server: FastifyInstance) => void)[];
  readonly tls?: TlsMaterial | undefined;
  /** Whose `X-Forwarded-For` is believed: addresses and ranges, or a test of an address; nobody's unless configured. */
  readonly trustedProxies?: readonly string[] | ((address: string) => boolean);
}

declare module "fastify" {
  interface FastifyContextConfig {
    readonly keytrailRoute?: Route;
  }
}

export function createServer(options: ServerOptions): FastifyInstance {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    genReqId: newRequestId,
    trustProxy: trustOf(options.trustedProxies),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PATH_PARAMETER_CHARS },
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    ...(options.tls
      ? {
          https: {
            cert: options.tls.certificate,
            key: options.tls.key,
            maxHeaderSize: MAX_HEADER_BYTES,
            headersTimeout: HEADERS_TIMEOUT_MS,
          },
        }
      : {}),
    clientErrorHandler: (error, socket) => void answerUnreadable(options.performer, error, socket),
    // Paths that no router can decode: they would be answered, unrecorded, before any handler of ours.
    frameworkErrors: (error, request, reply) =>
      void options.exchanges.refuse(ownerOf(options.dialects, request), refusalOf(error), {
        request,
        reply,
      }),
  }) as unknown as FastifyInstance;

  takeBodiesAsBytes(server);
  for (const dialect of options.dialects) {
    for (const route of dialect.routes)
      addRoute(server, { dialect, route, exchanges: options.exchanges });
  }
  for (const surface of options.surfaces) surface(server);
  refuseTheRest(server, options);
  return server;
}

function trustOf(
  trusted: ServerOptions["trustedProxies"],
): false | string[] | ((address: string) => boolean) {
  if (typeof trusted === "function") return trusted;
  return trusted?.length ? [...trusted] : false;
}

/** Bodies reach the decoders as bytes: each dialect decides what they mean, with its own form of refusal. */
function takeBodiesAsBytes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
}

function addRoute(
  server: FastifyInstance,
  { dialect, route, exchanges }: { dialect: Dialect; route: Route; exchanges: Exchanges },
): void {
  server.route({
    method: route.method,
    url: route.url,
    exposeHeadRoute: false,
    config: { keytrailRoute: route },
    handler: (request, reply) => exchanges.serve(dialect, route, { request, reply }),
  });
}

/** Unknown paths, bodies too large, bad encodings: recorded, and refused in the form of the dialect whose they are. */
function refuseTheRest(server: FastifyInstance, { dialects, exchanges }: ServerOptions): void {
  server.setNotFoundHandler((request, reply) => {
    const refusal = new Refusal(
      "not_found",
      "There is nothing at this path, or not for this method.",
    );
    return exchanges.refuse(ownerOf(dialects, request), refusal, { request, reply });
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const route = request.routeOptions.config?.keytrailRoute;
    // Not the request's fault: an answer that could not be sent, whose operation has been recorded already.
    if (!isRequestsFault(error))
      return exchanges.fail(ownerOf(dialects, request), error, { request, reply });
    return exchanges.refuse(ownerOf(dialects, request), refusalOf(error), {
      request,
      reply,
      route,
    });
  });
}

function ownerOf(dialects: ServerOptions["dialects"], request: FastifyRequest): Dialect {
  const [path = ""] = request.url.split("?", 1);
  return dialects.find((dialect) => dialect.owns(path)) ?? dialects[0];
}

function isRequestsFault(error: FastifyError): boolean {
  return error instanceof Refusal || (error.statusCode !== undefined && error.statusCode < 500);
}

/** fastify's own errors about a request happen before any handler. */
function refusalOf(error: FastifyError): Refusal {
  if (error instanceof Refusal) return error;
  const code: ErrorCode =
    error.statusCode === 413
      ? "too_large"
      : error.statusCode === 415
        ? "unsupported_media_type"
        : "invalid_request";
  const sentence: Readonly<Partial<Record<ErrorCode, string>>> = {
    too_large: `The request body is larger than ${MAX_BODY_BYTES} bytes.`,
    unsupported_media_type: "The request's media type is not supported.",
  };
  return new Refusal(code, sentence[code] ?? "The request cannot be read.");
}

/** What the HTTP parser itself gives up on has no request to answer: a plain line on the socket, and its event. */
const unreadable: Readonly<
  Record<string, readonly [status: string, code: ErrorCode, sentence: string]>
> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "invalid_request",
    "The request took too long to arrive.",
  ],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "too_large",
    `The request's headers are larger than ${MAX_HEADER_BYTES} bytes.`,
  ],
};

async function answerUnreadable(
  performer: Performer,
  error: Error & { readonly code?: string },
  socket: Socket,
): Promise<void> {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, sentence] = unreadable[error.code ?? ""] ?? [
    "400 Bad Request",
    "invalid_request",
    "The request is not HTTP.",
  ];
  const requestId = newRequestId();
  const call: Call = {
    caller: { kind: "anonymous", refusal: null },
    dialect: "native",
    place: operatorPlace(),
    host: eventHost(socket.remoteAddress ?? "", ""),
    requestId,
    correlationId: requestId,
    about: null,
  };
  const body = JSON.stringify({ errors: [{ code, message: sentence }], trace: requestId });
  try {
    await performer.reject(call, new Refusal(code, sentence), { method: "" });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  } catch {
    // The trail is out of service: nothing is said that is not recorded.
    socket.destroy();
  }
}
