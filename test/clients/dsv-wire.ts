/** DSV's wire as a client of it has it: calls under `/v1` with a bare token, by fetch. */

export interface WireAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
  readonly text: string;
  /** The id of the event that has recorded it. */
  readonly event: string;
}

export type WireMethod = "GET" | "POST" | "PUT" | "DELETE";

export interface WireOptions {
  readonly body?: object | URLSearchParams;
  /** The wire's own token, if nothing else is said; null sends none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export class DsvWire {
  readonly #url: string;
  token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  async call(method: WireMethod, path: string, options: WireOptions = {}): Promise<WireAnswer> {
    const { body, token = this.token, headers = {} } = options;
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(`${this.#url}/v1${path}`, {
      method,
      headers: {
        "user-agent": "dsv-1.41.0-linux-amd64",
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
        ...(token === null ? {} : { authorization: token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    const text = bytes.toString("utf8");
    return {
      status: response.status,
      body: isJson && text !== "" ? JSON.parse(text) : bytes,
      text,
      event: response.headers.get("keytrail-event") ?? "",
    };
  }

  /** Logs in with a password, and calls with that token from now on. */
  async login(username: string, password: string): Promise<WireAnswer> {
    const body = { grant_type: "password", username, password };
    const answer = await this.call("POST", "/token", { body, token: null });
    if (answer.status === 200) this.token = String(answer.body.accessToken);
    return answer;
  }
}
