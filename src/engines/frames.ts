/**
 * What a server and an engine say to each other: frames of JSON text on a WebSocket, each with its version and its type.
 * The server challenges, the engine says hello with its proof, the server welcomes; then either side may speak.
 */
import { z } from "zod";
import { ENDS } from "./engine.ts";

export const FRAME_VERSION = 1;
/** RFC 6455, section 11.5: a later version of the frames has another name. */
export const SUBPROTOCOL = "keytrail-engine.v1";
export const MAX_FRAME_BYTES = 8 * 1_024;

/** How often an engine gives a sign of life, and gets one back. */
export const HEARTBEAT_MS = 15_000;
/** Without a frame for so long, either side takes the other for gone. */
export const SILENCE_MS = 45_000;

/** Of the application's, RFC 6455, section 7.4.2. The frame before says why. */
export const CLOSE_CODE = 4_000;

const nonce = z.string().min(16).max(64);
const version = z.literal(FRAME_VERSION);

const heartbeat = z.strictObject({ v: version, type: z.literal("heartbeat") });

/** Why there is no connection: the words of the refusal, and whether to come again makes sense. */
const refused = z.strictObject({
  v: version,
  type: z.literal("refused"),
  message: z.string().max(512),
  isFinal: z.boolean(),
});

const fromServer = z.discriminatedUnion("type", [
  z.strictObject({ v: version, type: z.literal("challenge"), nonce, server: z.string().max(255) }),
  z.strictObject({
    v: version,
    type: z.literal("welcome"),
    name: z.string().max(255),
    heartbeatMs: z.int().min(100).max(600_000),
  }),
  z.strictObject({ v: version, type: z.literal("ping"), nonce }),
  z.strictObject({ v: version, type: z.literal("end"), because: z.enum(ENDS) }),
  refused,
  heartbeat,
]);

const fromEngine = z.discriminatedUnion("type", [
  z.strictObject({ v: version, type: z.literal("hello"), proof: z.string().max(256) }),
  z.strictObject({ v: version, type: z.literal("pong"), nonce }),
  heartbeat,
]);

export type ServerFrame = z.infer<typeof fromServer>;
export type EngineFrame = z.infer<typeof fromEngine>;

type Unversioned<Frame> = Frame extends unknown ? Omit<Frame, "v"> : never;

export function encodeFrame(said: Unversioned<ServerFrame> | Unversioned<EngineFrame>): string {
  return JSON.stringify({ v: FRAME_VERSION, ...said });
}

/** Undefined for what is no frame of a server's that is known here. */
export function serverFrame(text: string): ServerFrame | undefined {
  return fromServer.safeParse(json(text)).data;
}

/** Undefined for what is no frame of an engine's that is known here. */
export function engineFrame(text: string): EngineFrame | undefined {
  return fromEngine.safeParse(json(text)).data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
