/** The route of the live tail, and the register of tails that are open. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { tailEvents } from "../../../app/trail/tail-events.ts";
import type { TrailReader } from "../../../app/trail/trail-reader.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { eventText } from "./encode-events.ts";
import { asked, vocabulary } from "./event-shapes.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";
import { read } from "./read.ts";
import { MAX_TAILS, TAIL_TIMES, TailStream, type TailTimes } from "./tail-stream.ts";
import type { Authenticate } from "./dialect.ts";

/** Every tail of a server, open or being opened: bounded in number, and ended when the server closes. */
export class Tails {
  readonly #open = new Set<TailStream>();
  readonly #opening = new Set<FastifyRequest>();

  get count(): number {
    return this.#open.size + this.#opening.size;
  }

  /** Keeps a place for what the request may open. Refusal `rate_limited` when there is none left. */
  reserve(request: FastifyRequest): void {
    if (this.count >= MAX_TAILS) {
      throw new Refusal("rate_limited", `There are ${MAX_TAILS} tails open already.`);
    }
    this.#opening.add(request);
  }

  /** Gives the place back, unless a tail has taken it. */
  release(request: FastifyRequest): void {
    this.#opening.delete(request);
  }

  /** Opens a tail in the place that was kept for the request. */
  open(tail: TailStream, request: FastifyRequest): TailStream {
    this.#opening.delete(request);
    this.#open.add(tail);
    tail.once("close", () => this.#open.delete(tail));
    return tail;
  }

  /** Without this a server that is told to close would wait for its tails for ever. */
  readonly surface = (server: FastifyInstance): void => {
    server.addHook("preClose", async () => {
      for (const tail of this.#open) tail.end("closing");
    });
  };
}

/** An index, or -1 for "nothing yet". */
const place = z
  .string()
  .regex(/^(?:-1|0|[1-9]\d{0,14})$/)
  .transform(Number);

const resumption = z.looseObject({ "last-event-id": place.optional() });

const tailQuery = z.strictObject({
  query: asked.query,
  after: place.optional().meta({
    description:
      "The index of the last entry seen; -1 for all there is. Last-Event-ID goes before it.",
  }),
  vocabulary,
});

export interface TailPorts {
  readonly trail: TrailReader;
  readonly authenticate: Authenticate;
  readonly tails: Tails;
  readonly times?: TailTimes;
}

export function tailRoute({
  trail,
  authenticate,
  tails,
  times = TAIL_TIMES,
}: TailPorts): NativeRoute {
  const { document, route } = nativeRoute({
    method: "GET",
    url: "/trail/v1/tail",
    operationId: "tailEvents",
    summary: "Follow events as they become durable.",
    operation: tailEvents,
    query: tailQuery,
    answer: {
      status: 200,
      description:
        "Server-sent events; the last one, of type end, says why it ended and where to resume.",
      content: { "text/event-stream": "id is the entry's index, data the event on one line." },
    },
    decode({ query, request }) {
      const { "last-event-id": last } = read(resumption, request.headers);
      // Here, so that a client without a place is refused, and recorded, like any other.
      tails.reserve(request);
      return { query: query.query, after: last ?? query.after };
    },
    encode({ matches, after: seen }, { request, recorded }) {
      const { vocabulary: words } = read(tailQuery, request.query);
      const { authorization } = request.headers;
      const tail = new TailStream({
        log: trail.log,
        // Without a place, what comes after the event that recorded this tail.
        from: (seen ?? recorded.index) + 1,
        matches,
        render: (entry) => eventText(entry, words),
        isStillGood: async () => (await authenticate(authorization)).kind === "identity",
        times,
      });
      const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
      return { status: 200, headers, body: tails.open(tail, request) };
    },
  });
  return {
    document,
    route: {
      ...route,
      async perform(performer, call, request) {
        try {
          return await route.perform(performer, call, request);
        } finally {
          tails.release(request);
        }
      },
    },
  };
}
