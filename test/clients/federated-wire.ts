/** A server with a real OpenID Connect provider beside it, for people to log in by. */
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { ManualClock } from "../../src/kernel/clock.ts";
import {
  signInAt,
  startProvider,
  type SigningIn,
  type TestProvider,
  type Visit,
  type Browser,
} from "../support/openid-provider.ts";

export const REALM = "example.com";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
export type Json = any;

/** What the provider says of everybody unless told otherwise. */
const CLAIMS = { email: "", email_verified: true, name: "", groups: [], department: "" };

export class FederatedWire {
  readonly server: IdentityServer;
  readonly url: string;
  readonly provider: TestProvider;
  readonly #admin: string;

  private constructor(parts: {
    server: IdentityServer;
    url: string;
    provider: TestProvider;
    admin: string;
  }) {
    this.server = parts.server;
    this.url = parts.url;
    this.provider = parts.provider;
    this.#admin = parts.admin;
  }

  static async open(): Promise<FederatedWire> {
    // The provider's tokens carry the time of this machine.
    const server = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
    const url = await server.server.listen({ host: "127.0.0.1", port: 0 });
    const admin = (await server.app.login(server.app.first.apiKey, "bx")).accessToken.reveal();
    const callback = `${url}/identity/callback`;
    const provider = await startProvider({ callback, claims: CLAIMS });
    return new FederatedWire({ server, url, provider, admin });
  }

  get account(): string {
    return this.server.app.first.account.id;
  }

  get clock(): ManualClock {
    return this.server.app.parts.clock;
  }

  /** The entries of the ledger, one to a line. */
  get log(): string {
    return this.server.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
  }

  /** The last event of an operation. */
  lastOf(operation: string): Json {
    return this.server.app.parts.events().findLast((event) => event.operation === operation);
  }

  /** As the administrator, unless another token is given. */
  async send(line: string, body?: object, token: string = this.#admin): Promise<Json> {
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, text, ...(text === "" ? {} : JSON.parse(text)) };
  }

  /** The provider is made known anew, in the place of what was known before; resolves to its id. */
  async introduceProvider(): Promise<string> {
    const known = await this.send("GET /trail/v1/identity-providers");
    for (const { id } of known.identity_providers) {
      await this.send(`DELETE /trail/v1/identity-providers/${id}`);
    }
    const { id } = await this.send("POST /trail/v1/identity-providers", {
      name: "Example",
      realm: REALM,
      issuer: this.provider.issuer,
      client_id: this.provider.clientId,
      client_secret: this.provider.clientSecret,
      creates_users: true,
    });
    return id as string;
  }

  /** Has the provider say this of everybody. */
  says(claims: object): void {
    this.provider.claims = { ...CLAIMS, ...claims };
  }

  /** Where a login begins. */
  begin(more = ""): string {
    return `${this.url}/identity/authorize?realm=${REALM}${more}`;
  }

  /** Logs in, with more of a query if need be. */
  signIn(signing: SigningIn, more = ""): Promise<Visit> {
    return signInAt(this.provider, this.begin(more), signing);
  }

  /** Begins a login, signs in, and stops where the provider sends the browser back. */
  async returning(browser: Browser): Promise<URL> {
    return (await this.signIn({ browser, subject: "late", until: this.url })).url;
  }

  /** An access token for the session whose cookie the browser holds. */
  async tokenOf(browser: Browser): Promise<string> {
    const response = await fetch(`${this.url}/identity/token`, {
      method: "POST",
      headers: { cookie: `keytrail_identity=${browser.cookie("keytrail_identity")}` },
      body: new URLSearchParams({
        grant_type: "urn:ibm:params:oauth:grant-type:identity-cookie",
      }),
    });
    return ((await response.json()) as Json).access_token as string;
  }

  async close(): Promise<void> {
    await this.provider.close();
    await this.server.close();
  }
}
