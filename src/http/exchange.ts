/**
 * One exchange, the same five steps for every dialect: authenticate, decode, perform, encode, send. Also what happens
 * to requests that no route fits or that cannot be read: they are recorded and refused in their dialect's form.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Call } from "../app/call.ts";
import type { Performed, Performer } from "../app/perform.ts";
import type { Recorded } from "../audit/trail.ts";
import { Outage, type Refusal } from "../kernel/errors.ts";
import type { Dialect, Exchange } from "./dialect.ts";
import { EventLoopTurn } from "./event-loop-turn.ts";
import type { Metrics } from "./metrics.ts";
import { correlationOf, hostOf } from "./origin.ts";
import type { Answer, Route } from "./route.ts";

export interface ExchangePorts {
  readonly performer: Performer;
  readonly metrics: Metrics;
  /** The receipt of an event, as the text of a C2SP tlog-proof; waits for a checkpoint that covers it. */
  readonly receiptOf: (index: number) => Promise<string>;
  readonly log: (entry: LogEntry) => void;
}

/** What the server's own log says of a request that went wrong inside; never part of an answer. */
export interface LogEntry {
  readonly level: "error" | "warn" | "info";
  readonly message: string;
  readonly requestId?: string;
  readonly error?: unknown;
}

/** RFC 7240: `Prefer: receipt`, alone or among others. */
const PREFERS_RECEIPT = /(?:^|,)\s*receipt\s*(?:$|[,;=])/i;

type Work = (call: Call) => Promise<Performed<Answer>>;

export class Exchanges {
  readonly #ports: ExchangePorts;
  readonly #turn = new EventLoopTurn();

  constructor(ports: ExchangePorts) {
    this.#ports = ports;
  }

  /** Serves a request that a route fits. */
  serve(dialect: Dialect, line: Route, wire: Wire): Promise<FastifyReply> {
    const route = chosen(line, wire.request);
    const work: Work = (call) => route.perform(this.#ports.performer, call, wire.request);
    return this.#exchange({ dialect, route, wire }, work);
  }

  /** Refuses a request before it is decoded; its operation is known where a route fits. */
  refuse(
    dialect: Dialect,
    refusal: Refusal,
    wire: Wire & { readonly route?: Route | undefined },
  ): Promise<FastifyReply> {
    const { performer } = this.#ports;
    const route = wire.route && chosen(wire.route, wire.request);
    const work: Work = route
      ? (call) => route.refuse(performer, call, refusal)
      : (call) => performer.reject(call, refusal, { method: wire.request.method });
    return this.#exchange({ dialect, route, wire }, work);
  }

  /** Answers for a bug that came to light after the exchange: its operation has been recorded. */
  fail(dialect: Dialect, error: unknown, { request, reply }: Wire): FastifyReply {
    const exchange = exchangeOf(request);
    return send(reply, this.#failed(error, dialect, exchange), dialect.headers(exchange));
  }

  async #exchange(
    { dialect, route, wire }: { dialect: Dialect; route: Route | undefined; wire: Wire },
    work: Work,
  ): Promise<FastifyReply> {
    const { request, reply } = wire;
    const startedMs = performance.now();
    const exchange = exchangeOf(request);
    const operation = route?.operation ?? "request.reject";
    let answer: Answer;
    await this.#turn.end();
    try {
      const performed = await work(await callOf(dialect, route, exchange));
      await this.#stamp(reply, request, performed.recorded);
      if (performed.kind === "done") answer = performed.output;
      else {
        this.#ports.metrics.refused(performed.refusal.code, dialect.name);
        answer = dialect.refusal(performed.refusal, exchange);
      }
    } catch (error) {
      answer = this.#failed(error, dialect, exchange);
    }
    this.#ports.metrics.answered({
      dialect: dialect.name,
      operation,
      status: answer.status,
      durationMs: performance.now() - startedMs,
    });
    return send(reply, answer, dialect.headers(exchange));
  }

  /** The headers by which every recorded answer can be found, and proven if the caller asks for that. */
  async #stamp(reply: FastifyReply, request: FastifyRequest, recorded: Recorded): Promise<void> {
    reply
      .header("Keytrail-Event", recorded.eventId)
      .header("Keytrail-Index", String(recorded.index));
    const { prefer } = request.headers;
    if (prefer === undefined || !PREFERS_RECEIPT.test(String(prefer))) return;
    const receipt = await this.#receiptOf(recorded.index, request.id);
    if (receipt === undefined) return;
    reply
      .header("Keytrail-Receipt", Buffer.from(receipt, "utf8").toString("base64"))
      .header("Preference-Applied", "receipt");
  }

  /** A preference: what is done and recorded is answered also when its receipt cannot be made. */
  async #receiptOf(index: number, requestId: string): Promise<string | undefined> {
    try {
      return await this.#ports.receiptOf(index);
    } catch (error) {
      this.#ports.log({ level: "warn", message: "A receipt could not be made.", requestId, error });
      return undefined;
    }
  }

  #failed(error: unknown, dialect: Dialect, exchange: Exchange): Answer {
    const { requestId } = exchange;
    if (error instanceof Outage) {
      this.#ports.log({ level: "error", message: "Refused: out of service.", requestId, error });
      return dialect.outage(exchange);
    }
    this.#ports.log({ level: "error", message: "A request failed on a bug.", requestId, error });
    return dialect.fault(exchange);
  }
}

function chosen(route: Route, request: FastifyRequest): Route {
  return route.chosenBy?.(request) ?? route;
}

export interface Wire {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function exchangeOf(request: FastifyRequest): Exchange {
  return { request, requestId: request.id, correlationId: correlationOf(request) };
}

async function callOf(
  dialect: Dialect,
  route: Route | undefined,
  exchange: Exchange,
): Promise<Call> {
  const { request } = exchange;
  const caller = await dialect.authenticate(request);
  const found = await dialect.place(request, caller);
  return {
    caller,
    dialect: dialect.name,
    ...("refusal" in found ? { place: found.place, nowhere: found.refusal } : { place: found }),
    host: hostOf(request),
    isSecure: request.protocol === "https",
    requestId: exchange.requestId,
    correlationId: exchange.correlationId,
    about: route?.about(request) ?? null,
  };
}

function send(
  reply: FastifyReply,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  reply.code(answer.status).headers(headers);
  if (answer.headers) reply.headers(answer.headers);
  // Answers carry secrets: no cache on the way may keep one (RFC 9111, section 5.2.2.5).
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  return reply.send(answer.body);
}
