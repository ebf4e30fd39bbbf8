/**
 * Where engines connect to: a WebSocket at `/v1/engines/{name}/connection`, opened by the engine. Each attempt is recorded
 * by how it ended, each connection by how it was over. Bounded in number, in time and in size.
 */
import { ServerResponse, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { WebSocketServer, type WebSocket } from "ws";
import { operatorPlace } from "../../audit/crn.ts";
import type { Call } from "../../app/call.ts";
import {
  connectEngine,
  disconnectEngine,
  isStanding,
  keepHeartbeats,
  type ConnectedEngine,
} from "../../app/engines/connect-engine.ts";
import type { EngineConnections } from "../../app/engines/connections.ts";
import type { Performer } from "../../app/perform.ts";
import type { State } from "../../app/state.ts";
import { accountPlace } from "../../identity/account.ts";
import { newNonce } from "../../engines/engine-key.ts";
import { HEARTBEAT_MS, MAX_FRAME_BYTES, SUBPROTOCOL } from "../../engines/frames.ts";
import type { ConnectionEnd } from "../../engines/engine.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Refusal, type ErrorCode } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { tenantOf } from "../dialects/dsv/place.ts";
import type { LogEntry } from "../exchange.ts";
import { correlationOf, hostOf } from "../origin.ts";
import {
  EngineSocket,
  proofOver,
  SOCKET_TIMES,
  turnAway,
  type SocketTimes,
} from "./engine-socket.ts";

/** Engines that are connected at once. */
export const MAX_CONNECTIONS = 1_000;
/** Sockets at once that have not shown a key. */
export const MAX_HANDSHAKES = 100;
/** How much of what was heard a crash may lose. */
export const WRITE_DOWN_INTERVAL_MS = 60_000;

const PATH = /^\/v1\/engines\/[^/?]+\/connection\/?(?:\?|$)/;

export interface EngineConnectionsPorts {
  readonly performer: Performer;
  readonly state: State;
  readonly engines: EngineConnections;
  readonly clock: Clock;
  readonly log: (entry: LogEntry) => void;
  readonly times?: SocketTimes;
}

/** What a request for an upgrade has besides. */
interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Who asks to be connected, as what. */
interface Asking {
  readonly call: Call;
  readonly called: string;
  readonly hostname: string;
}

export class EngineGate {
  readonly #ports: EngineConnectionsPorts;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #upgrades = new WeakMap<IncomingMessage, Upgrade>();
  readonly #calls = new WeakMap<IncomingMessage, Call>();
  readonly #handshakes = new Set<WebSocket>();
  readonly #links = new Set<EngineSocket>();
  /** Everything under way; none of it rejects. */
  readonly #serving = new Set<Promise<void>>();
  #isClosing = false;

  constructor(ports: EngineConnectionsPorts) {
    this.#ports = ports;
    // What asks for a WebSocket in no way that is one.
    this.#server.on("wsClientError", (_error, socket, raw) => {
      const call = this.#calls.get(raw);
      if (call) this.#keep(this.#refuseRequest(socket, call));
      else socket.destroy();
    });
  }

  readonly surface = (server: FastifyInstance): void => {
    // All other requests that would like to be something else are served as what they are: clients of plain HTTP offer
    // HTTP/2 by the same header.
    Object.assign(server.server, {
      shouldUpgradeCallback: ({ headers, url = "" }: IncomingMessage) =>
        headers.upgrade?.toLowerCase() === "websocket" && PATH.test(url),
    });
    server.server.on("upgrade", (raw, socket, head) => this.#route(server, raw, { socket, head }));
    server.route({
      method: "GET",
      url: "/v1/engines/:name/connection",
      exposeHeadRoute: false,
      handler: (request, reply) => {
        const upgrade = this.#upgrades.get(request.raw);
        if (!upgrade) return reply.callNotFound();
        const { name: called } = request.params as { readonly name: string };
        // Now: of a socket that is gone by the time that it is recorded, nobody knows where it came from.
        const asking = { call: callOf(request, called), called, hostname: request.hostname };
        this.#calls.set(request.raw, asking.call);
        reply.hijack();
        this.#server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) =>
          this.#keep(this.#serve(socket, asking)),
        );
        return reply;
      },
    });
    const timer = setInterval(() => this.#keep(this.#writeDown()), WRITE_DOWN_INTERVAL_MS).unref();
    server.addHook("preClose", async () => {
      clearInterval(timer);
      await this.#close();
    });
  };

  /** By the server's own router, so that the request has its address and its id like any other. */
  #route(server: FastifyInstance, raw: IncomingMessage, upgrade: Upgrade): void {
    upgrade.socket.on("error", () => upgrade.socket.destroy());
    if (this.#isClosing) {
      upgrade.socket.destroy();
      return;
    }
    this.#upgrades.set(raw, upgrade);
    const response = new ServerResponse(raw);
    response.assignSocket(upgrade.socket as never);
    // Only what was not upgraded after all is answered by it.
    response.once("finish", () => upgrade.socket.end());
    server.routing(raw, response);
  }

  #keep(work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) =>
        this.#ports.log({ level: "error", message: "A connection of an engine failed.", error }),
      )
      .finally(() => this.#serving.delete(kept));
    this.#serving.add(kept);
  }

  async #refuseRequest(socket: Duplex, call: Call): Promise<void> {
    await this.#ports.performer.perform(connectEngine, call, () => {
      throw new Refusal("invalid_request", "The request asks for no WebSocket (RFC 6455).");
    });
    socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }

  async #serve(socket: WebSocket, asking: Asking): Promise<void> {
    socket.on("error", () => socket.terminate());
    try {
      const connected = await this.#admit(socket, asking);
      if (connected) await this.#hold(socket, connected, asking.call);
    } catch (error) {
      turnAway(socket, { message: "The server is out of service: try again.", isFinal: false });
      throw error;
    }
  }

  /** Undefined for whoever was turned away, which is recorded. */
  async #admit(
    socket: WebSocket,
    { call, called, hostname }: Asking,
  ): Promise<ConnectedEngine | undefined> {
    const { performer, engines, times = SOCKET_TIMES } = this.#ports;
    const nonce = newNonce();
    const account = await this.#ports.state.read((view) => tenantOf({ hostname }, view));
    const proof = await this.#proof(socket, {
      nonce,
      server: engines.serverName,
      timeoutMs: times.helloMs,
    });
    const performed = await performer.perform(connectEngine, call, () => {
      if (proof instanceof Refusal) throw proof;
      return { called, account, nonce, proof };
    });
    if (performed.kind === "done") return performed.output;
    const { code, message } = performed.refusal;
    // What came too late, or too early, may come again.
    turnAway(socket, { message, isFinal: FINAL.has(code) && !(proof instanceof Refusal) });
    return undefined;
  }

  async #proof(socket: WebSocket, asked: Parameters<typeof proofOver>[1]) {
    if (this.#handshakes.size >= MAX_HANDSHAKES || this.#links.size >= MAX_CONNECTIONS) {
      return new Refusal("rate_limited", "There are too many connections of engines already.");
    }
    this.#handshakes.add(socket);
    try {
      return await proofOver(socket, asked);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    } finally {
      this.#handshakes.delete(socket);
    }
  }

  /** Until it is over. */
  async #hold(
    socket: WebSocket,
    { engine, place }: ConnectedEngine,
    { correlationId }: Call,
  ): Promise<void> {
    const { engines, state, clock, times = SOCKET_TIMES } = this.#ports;
    const heard = (): void => engines.heard(engine.id, engine.account, clock.now());
    const link = new EngineSocket(socket, { engine: engine.id, times, heard });
    this.#links.add(link);
    heard();
    engines.join(link);
    // Deleted between the look at its key and now, it was not there to be cut off.
    if (!(await isStanding(engine, state))) link.end("deleted");
    else if (this.#isClosing) link.end("closing");
    else link.welcome(engine.name, Math.min(HEARTBEAT_MS, Math.floor(times.silenceMs / 3)));
    const because = await link.over;
    engines.leave(link);
    this.#links.delete(link);
    await this.#record({ engine, place }, because, correlationId);
  }

  async #record(
    { engine: { id, name, account }, place }: ConnectedEngine,
    because: ConnectionEnd,
    correlationId: string,
  ): Promise<void> {
    const call: Call = {
      caller: { kind: "internal", job: "engines" },
      dialect: "internal",
      place: accountPlace(account),
      host: { address: "", addressType: "", agent: "" },
      requestId: randomId(),
      // Of the attempt that it began with.
      correlationId,
      about: { kind: "engine", id },
    };
    const input = { id, name, place, because };
    await this.#ports.performer.perform(disconnectEngine, call, () => input);
  }

  async #writeDown(): Promise<void> {
    const { engines, state } = this.#ports;
    const heard = engines.unwritten();
    await keepHeartbeats(state, heard);
    engines.settled(heard);
  }

  /** Ends every connection, and waits until that is recorded. */
  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const socket of this.#handshakes) socket.terminate();
    for (const link of this.#links) link.end("closing");
    while (this.#serving.size > 0) await Promise.all(this.#serving);
    await this.#writeDown();
  }
}

/** What is no better at the next attempt. */
const FINAL: ReadonlySet<ErrorCode> = new Set(["unauthenticated", "forbidden"]);

function callOf(request: FastifyRequest, called: string): Call {
  return {
    caller: { kind: "anonymous", refusal: null },
    dialect: "dsv",
    place: operatorPlace(),
    host: hostOf(request),
    isSecure: request.protocol === "https",
    requestId: request.id,
    correlationId: correlationOf(request),
    about: { kind: "engine", id: called },
  };
}
