/** A real OpenID Connect provider on this machine, and a browser without a screen that signs in at it. */
import { createServer } from "node:http";
import Provider, { type Configuration } from "oidc-provider";

export interface ProviderOptions {
  /** Where the client has its users sent back to. */
  readonly callback: string;
  /** What is said of everybody who signs in. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What is said of everybody from now on. */
  claims: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

const CLIENT_ID = "keytrail";
const CLIENT_SECRET = "the-secret-of-the-test-client";

export async function startProvider(options: ProviderOptions): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  const issuer = `http://127.0.0.1:${address.port}`;
  const provider: TestProvider = {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    claims: options.claims,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const oidc = new Provider(
    issuer,
    configurationOf(options, () => provider.claims),
  );
  const handle = oidc.callback();
  server.on("request", (request, response) => void handle(request, response));
  return provider;
}

function configurationOf(
  { callback, claims }: ProviderOptions,
  said: () => Readonly<Record<string, unknown>>,
): Configuration {
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [callback],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub", ...Object.keys(claims)], email: [], profile: [] },
    cookies: { keys: ["the-key-of-the-test-cookies"] },
    pkce: { required: () => true },
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: () => ({ ...said(), sub: subject }),
    }),
  };
}

export interface Visit {
  /** The last page: whatever no longer redirects and asks for nothing that the provider asks. */
  readonly response: Response;
  readonly text: string;
  readonly url: URL;
}

const MAX_STEPS = 20;

interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

/** Follows redirects and keeps cookies by name and path, for one host and all its ports as browsers do. */
export class Browser {
  #cookies: readonly Cookie[] = [];

  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.value;
  }

  forget(name: string): void {
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name);
  }

  /** One request, whose redirect is not followed. */
  async send(url: URL, init: RequestInit = {}): Promise<Response> {
    const cookie = this.#cookies
      .filter(({ path }) => url.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const headers: Readonly<Record<string, string>> = cookie === "" ? {} : { cookie };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Goes on while it is redirected, and not further than to the first address that begins with `until`. */
  async visit(address: string, init: RequestInit = {}, until?: string): Promise<Visit> {
    let url = new URL(address);
    let response = await this.send(url, init);
    for (let step = 0; step < MAX_STEPS; step++) {
      const location = response.headers.get("location");
      if (location === null) return { response, url, text: await response.text() };
      url = new URL(location, url);
      if (until !== undefined && url.href.startsWith(until)) return { response, url, text: "" };
      response = await this.send(url);
    }
    throw new Error("redirected without end");
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const attribute = (key: string): string | undefined =>
      attributes.find((one) => one.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const path = attribute("path") ?? "/";
    const isOver =
      attribute("max-age") === "0" ||
      Date.parse(attribute("expires") ?? "9999-01-01") <= Date.now();
    const others = this.#cookies.filter((one) => one.name !== name || one.path !== path);
    this.#cookies = isOver ? others : [...others, { name, path, value }];
  }
}

export interface SigningIn {
  readonly subject?: string;
  readonly browser?: Browser;
  /** Where to stop: the address is not asked for. */
  readonly until?: string;
}

/** Begins at an address of ours, fills in the provider's forms as this subject, and comes back. */
export async function signInAt(
  provider: TestProvider,
  address: string,
  { subject = "subject-1", browser = new Browser(), until }: SigningIn = {},
): Promise<Visit> {
  let visit = await browser.visit(address, {}, until);
  for (let step = 0; step < MAX_STEPS; step++) {
    const action = /<form[^>]* action="([^"]+)"/.exec(visit.text)?.[1];
    if (visit.url.origin !== provider.issuer || action === undefined) return visit;
    const prompt = /name="prompt" value="([^"]+)"/.exec(visit.text)?.[1] ?? "";
    const body = new URLSearchParams({ prompt, login: subject, password: "whatever" });
    visit = await browser.visit(new URL(action, visit.url).href, { method: "POST", body }, until);
  }
  throw new Error("the provider asks without end");
}
