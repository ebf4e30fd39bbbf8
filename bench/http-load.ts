/**
 * Load on one URL: connections that each send the same request, wait for the whole answer, and send it again. Raw
 * sockets in a process of its own, so that making the load takes little from whatever is measured beside it.
 *
 *   node bench/http-load.ts LOAD CONNECTIONS SECONDS      LOAD is a Load as JSON; prints a LoadSeen as JSON
 */
import { connect } from "node:net";

export interface Load {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** Besides Host and Content-Length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadSeen {
  /** Answers with 2xx, and others. */
  readonly good: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const HEAD_END = "\r\n\r\n";
/** Latencies are counted in steps of this, up to as many as there are. */
const STEP_MS = 0.1;
const STEPS = 100_000;

const [given = "", connections = "64", duration = "5"] = process.argv.slice(2);
const load = JSON.parse(given) as Load;
const url = new URL(load.url);
const request = [
  `${load.method} ${url.pathname} HTTP/1.1`,
  `Host: ${url.host}`,
  ...Object.entries(load.headers).map(([name, value]) => `${name}: ${value}`),
  ...(load.body === "" ? [] : [`Content-Length: ${Buffer.byteLength(load.body)}`]),
  `User-Agent: keytrail-bench`,
  `\r\n${load.body}`,
].join("\r\n");

const latencies = new Uint32Array(STEPS);
let good = 0;
let failed = 0;
const endsAt = performance.now() + Number(duration) * 1_000;

function drive(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let sentAt = 0;
    let received = "";
    const send = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (!isWhole(received)) return;
      const now = performance.now();
      const step = Math.min(STEPS - 1, Math.floor((now - sentAt) / STEP_MS));
      latencies[step] = (latencies[step] ?? 0) + 1;
      // "HTTP/1.1 200 OK": the class of the status is its tenth character.
      if (received[9] === "2") good += 1;
      else failed += 1;
      received = "";
      if (now < endsAt) send();
      else socket.destroy();
    });
  });
}

/** The answers asked for have a length and no chunks. */
function isWhole(text: string): boolean {
  const head = text.indexOf(HEAD_END);
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
  return text.length >= head + HEAD_END.length + Number(length);
}

function percentileMs(share: number): number {
  let left = share * (good + failed);
  const step = latencies.findIndex((count) => (left -= count) <= 0);
  return Number((step * STEP_MS).toFixed(1));
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, drive));
const seen: LoadSeen = {
  good,
  failed,
  seconds: (performance.now() - startedAt) / 1_000,
  p50Ms: percentileMs(0.5),
  p99Ms: percentileMs(0.99),
};
console.log(JSON.stringify(seen));
