/** Datadog's intake of logs, `POST /api/v2/logs`, with its limits; and what it does with what is too old: nothing. */
import { textOf, type SiemReply, type SiemRequest } from "./siem-server.ts";

export type DatadogLog = Readonly<Record<string, unknown>>;

const MAX_BYTES = 5_000_000;
const MAX_LOG_BYTES = 1_000_000;
const MAX_LOGS = 1_000;
const MAX_AGE_MS = 18 * 3_600_000;

export class DatadogReceiver {
  readonly logs: DatadogLog[] = [];
  /** Taken with 202, and not kept. */
  readonly tooOld: DatadogLog[] = [];
  readonly apiKey: string;
  readonly now: () => number;

  constructor(apiKey: string, now: () => number) {
    this.apiKey = apiKey;
    this.now = now;
  }

  receive({ method, url, headers, body }: SiemRequest): SiemReply {
    if (headers["dd-api-key"] !== this.apiKey) return { status: 403, body: { errors: [] } };
    if (method !== "POST" || url.pathname !== "/api/v2/logs") return { status: 404, body: "" };
    if (headers["content-type"] !== "application/json") return { status: 415, body: "" };
    if (body.length > MAX_BYTES) return { status: 413, body: "" };
    const logs = JSON.parse(textOf(body)) as readonly DatadogLog[];
    if (!Array.isArray(logs) || logs.length > MAX_LOGS) return { status: 400, body: "" };
    if (!logs.every(isLog)) return { status: 400, body: "" };
    for (const log of logs) (this.#isTooOld(log) ? this.tooOld : this.logs).push(log);
    return { status: 202, body: {} };
  }

  #isTooOld({ timestamp }: DatadogLog): boolean {
    return typeof timestamp === "string" && this.now() - Date.parse(timestamp) > MAX_AGE_MS;
  }
}

const TEXTS = ["ddsource", "ddtags", "hostname", "service", "message"] as const;

function isLog(log: DatadogLog): boolean {
  return (
    TEXTS.every((name) => typeof log[name] === "string" && log[name] !== "") &&
    JSON.stringify(log).length <= MAX_LOG_BYTES
  );
}
