/** The `_bulk` of Elasticsearch, as strict as its grammar: NDJSON, action and document in turns, an item for each. */
import { textOf, type SiemReply, type SiemRequest } from "./siem-server.ts";

type Json = Readonly<Record<string, unknown>>;

const UNAUTHORIZED = { status: 401, body: { error: { type: "security_exception" } } };

export class ElasticReceiver {
  /** By their ids, as they were first written. */
  readonly documents = new Map<string, Json>();
  readonly order: string[] = [];
  readonly apiKey: string;
  /** What an item is answered instead of 201. */
  refuses: (document: Json, id: string) => { status: number; type: string } | undefined = () =>
    undefined;

  constructor(apiKey: string) {
    this.apiKey = apiKey;
  }

  receive({ method, url, headers, body }: SiemRequest): SiemReply {
    if (headers.authorization !== `ApiKey ${this.apiKey}`) return UNAUTHORIZED;
    const path = /^\/([^/]+)\/_bulk$/.exec(url.pathname);
    if (method !== "POST" || !path) return { status: 405, body: "" };
    if (headers["content-type"] !== "application/x-ndjson") return { status: 406, body: "" };
    const text = textOf(body);
    if (!text.endsWith("\n")) return malformed("the bulk request must be terminated by a newline");
    const lines = text.slice(0, -1).split("\n");
    if (lines.length % 2 !== 0) return malformed("an action without its document");
    const items = [];
    for (let at = 0; at < lines.length; at += 2) {
      const item = this.#created(lines[at] ?? "", lines[at + 1] ?? "");
      if (typeof item === "string") return malformed(item);
      items.push({ create: item });
    }
    const errors = items.some(({ create }) => create.status >= 300);
    const isFiltered = url.searchParams.get("filter_path")?.includes("items.*.status") ?? false;
    return { status: 200, body: isFiltered ? { errors, items } : { took: 3, errors, items } };
  }

  #created(actionLine: string, documentLine: string) {
    const action = JSON.parse(actionLine) as Readonly<Record<string, Json>>;
    const document = JSON.parse(documentLine) as Json;
    if (Object.keys(action).join() !== "create") return "data streams only take create";
    const { _id: id, ...rest } = action["create"] ?? {};
    if (typeof id !== "string" || id === "" || Object.keys(rest).length > 0) return "no _id";
    if (Number.isNaN(Date.parse(String(document["@timestamp"])))) {
      return { status: 400, error: { type: "document_parsing_exception" } };
    }
    if (this.documents.has(id)) {
      return { status: 409, error: { type: "version_conflict_engine_exception" } };
    }
    const refused = this.refuses(document, id);
    if (refused) return { status: refused.status, error: { type: refused.type } };
    this.documents.set(id, document);
    this.order.push(id);
    return { status: 201 };
  }
}

function malformed(reason: string): SiemReply {
  return { status: 400, body: { error: { type: "illegal_argument_exception", reason } } };
}
