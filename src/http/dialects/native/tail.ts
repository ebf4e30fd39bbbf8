/** The route of the live tail, and the register of tails that are open. */
import type { FastifyInstance } from "fastify";
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

/** Every open tail of a server: bounded in number, and ended when the server closes. */
export class Tails {
  readonly #open = new Set<TailStream>();

  get count(): number {
    return this.#open.size;
  }

  add(tail: TailStream): TailStream {
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
  return nativeRoute({
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
      // Here, so that a client without a place is refused, and recorded, like any other.
      if (tails.count >= MAX_TAILS) {
        throw new Refusal("rate_limited", `There are ${MAX_TAILS} tails open already.`);
      }
      const { "last-event-id": last } = read(resumption, request.headers);
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
      return { status: 200, headers, body: tails.add(tail) };
    },
  });
}
