/**
 * A receiver of syslog over TCP (RFC 6587, octet counting) in a process of its own, for `delivery.ts`. It reads every
 * frame, and takes from it the id and the index of the event: it knows what it has, in which order it came, and when.
 *
 *   node bench/delivery-receiver.ts      speaks with its parent by messages
 */
import { createServer, type Socket } from "node:net";

/** What the parent is told, once at the start and after each `seen`. */
export interface Listening {
  readonly port: number;
}

export interface Seen {
  readonly frames: number;
  /** Different events. */
  readonly events: number;
  readonly bytes: number;
  /** Indexes below one that came before, and not seen until then. */
  readonly outOfOrder: number;
  readonly malformed: number;
}

export type Asked = "seen" | "times" | "forget";

/** By the event's id, in milliseconds of `performance.timeOrigin + performance.now()`. */
export type Times = Readonly<Record<string, number>>;

const ID = Buffer.from(' id="');
const INDEX = Buffer.from(' index="');
const ID_CHARS = 36;
const SPACE = 0x20;
const MAX_LENGTH_DIGITS = 6;

const times = new Map<string, number>();
let frames = 0;
let bytes = 0;
let highest = -1;
let outOfOrder = 0;
let malformed = 0;

function frame(message: Buffer, now: number): void {
  frames += 1;
  const at = message.indexOf(ID);
  const place = message.indexOf(INDEX);
  if (at < 0 || place < 0) {
    malformed += 1;
    return;
  }
  const id = message.toString("latin1", at + ID.length, at + ID.length + ID_CHARS);
  const index = Number.parseInt(message.toString("latin1", place + INDEX.length, place + 24), 10);
  if (times.has(id)) return;
  times.set(id, now);
  if (index < highest) outOfOrder += 1;
  highest = Math.max(highest, index);
}

function read(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    const now = performance.timeOrigin + performance.now();
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const space = all.indexOf(SPACE, from);
      if (space < 0 || space - from > MAX_LENGTH_DIGITS) break;
      const end = space + 1 + Number(all.toString("latin1", from, space));
      if (!(end <= all.length)) break;
      frame(all.subarray(space + 1, end), now);
      from = end;
    }
    rest = all.subarray(from);
  });
  socket.on("error", () => socket.destroy());
}

const server = createServer(read);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.send?.({ port } satisfies Listening);
});
process.on("message", (asked: Asked) => {
  if (asked === "times") return process.send?.(Object.fromEntries(times) satisfies Times);
  if (asked === "forget") times.clear();
  return process.send?.({
    frames,
    events: times.size,
    bytes,
    outOfOrder,
    malformed,
  } satisfies Seen);
});
