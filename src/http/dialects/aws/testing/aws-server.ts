/**
 * The HTTP server after its first start, as AWS's clients meet it: users with access keys, and calls signed by AWS's own
 * signer. IBM's wires stand beside it, over the same state.
 */
import { randomUUID } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { createApiKey } from "../../../../app/identity/api-keys.ts";
import type { IdentityApp, TestUser } from "../../../../app/identity/testing/identity-app.ts";
import { SCHEDULE, type TestApp, type TestAppOptions } from "../../../../app/testing/test-app.ts";
import type { Place } from "../../../../audit/crn.ts";
import type { AuditEvent } from "../../../../audit/event.ts";
import { accountNumber } from "../../../../audit/render/cloudtrail-arn.ts";
import type { PolicyResource } from "../../../../identity/authorize.ts";
import { instancePlace } from "../../../../identity/account.ts";
import { IdentityServer } from "../../../testing/identity-server.ts";
import { cloudtrail } from "../cloudtrail/service.ts";
import { iam } from "../iam/service.ts";
import { secretsManager } from "../secretsmanager/service.ts";
import type { AwsService } from "../service.ts";
import { sts } from "../sts/service.ts";
import { Sha256 } from "./sha256.ts";

/** What a client has: the token only of a session. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsUser extends TestUser {
  readonly credentials: AwsCredentials;
}

export interface AwsAnswered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The members; of an answer in XML its text. */
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
  /** The exception's name, of a refusal. */
  readonly error: string | undefined;
  /** What the call has recorded, in order. */
  readonly events: readonly AuditEvent[];
}

export interface AwsCallOptions {
  /** `us-east-1`, if nothing else is said. */
  readonly region?: string;
  /** The server's Manager, if nobody else is named; null does not sign at all. */
  readonly as?: AwsUser | AwsCredentials | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a signed request is, before it is sent: for tests that spoil it. */
export interface AwsRequest {
  readonly method: "POST";
  readonly url: "/";
  readonly headers: Record<string, string>;
  readonly payload: string;
}

const SERVICES: readonly AwsService[] = [secretsManager, cloudtrail, sts, iam];
const HOST = "aws.keytrail.test";
export const REGION = "us-east-1";

export class AwsServer {
  /** The same server, spoken to by IBM's wires. */
  readonly http: IdentityServer;
  readonly manager: AwsUser;

  private constructor(http: IdentityServer, manager: AwsUser) {
    this.http = http;
    this.manager = manager;
  }

  /** With a user who is Manager of all secrets and Administrator of all identities. */
  static async open(options: TestAppOptions = {}): Promise<AwsServer> {
    return AwsServer.over(await IdentityServer.open(options));
  }

  /** The same of a server that other wires are spoken to. */
  static async over(http: IdentityServer): Promise<AwsServer> {
    const manager = await userWithKey(http, "manager@example.com", {
      roles: ["Manager", "Administrator", "Auditor"],
    });
    return new AwsServer(http, manager);
  }

  get app(): TestApp {
    return this.http.app.parts;
  }

  /** Of the account, in AWS's twelve digits. */
  get account(): string {
    return accountNumber(this.http.app.first.account.id);
  }

  /** The instance that a region has, once there is a secret in it: where calls by other wires find the same. */
  async placeIn(region: string = REGION): Promise<Place> {
    const { id: account } = this.http.app.first.account;
    const instances = await this.app.state.read(({ identity }) => identity.instances(account));
    const found = instances.find((one) => one.region === region);
    if (!found) throw new Error(`there is no instance in ${region}`);
    return instancePlace(found);
  }

  /** A user with an access key and, if roles are named, a policy. */
  user(
    email: string,
    roles: readonly string[] = [],
    resource: PolicyResource = {},
  ): Promise<AwsUser> {
    return userWithKey(this.http, email, { roles, resource });
  }

  /** Secrets Manager, and a token for the actions whose clients fill one in. */
  secrets(
    action: string,
    members: object = {},
    options: AwsCallOptions = {},
  ): Promise<AwsAnswered> {
    const token = TOKENED.has(action) ? { ClientRequestToken: randomUUID() } : {};
    return this.aws("secretsmanager", action, { ...token, ...members }, options);
  }

  /** Signs and sends a call, in the protocol of the service: JSON, or a form. */
  // oxlint-disable-next-line eslint/max-params -- as a command line has them
  async aws(
    service: string,
    action: string,
    members: object = {},
    options: AwsCallOptions = {},
  ): Promise<AwsAnswered> {
    return this.send(await this.signed({ service, action, members }, options));
  }

  async signed(
    {
      service,
      action,
      members,
    }: { readonly service: string; readonly action: string; readonly members: object },
    { region = REGION, as = this.manager, headers: further = {} }: AwsCallOptions = {},
  ): Promise<AwsRequest> {
    const { headers, payload } = written(service, action, members);
    const unsigned = { ...headers, ...further, host: HOST };
    const request = { method: "POST", url: "/", payload } as const;
    if (as === null) return { ...request, headers: unsigned };
    const credentials = "credentials" in as ? as.credentials : as;
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
    const signed = await signer.sign(
      {
        method: "POST",
        protocol: "https:",
        hostname: HOST,
        path: "/",
        headers: unsigned,
        body: payload,
      },
      { signingDate: new Date(this.app.clock.now()) },
    );
    return { ...request, headers: signed.headers };
  }

  async send(request: AwsRequest): Promise<AwsAnswered> {
    const before = this.app.events().length;
    const { statusCode, headers, body } = await this.http.server.inject(request);
    const isJson = String(headers["content-type"]).includes("json");
    return {
      status: statusCode,
      headers,
      body: isJson ? JSON.parse(body) : body,
      error: errorIn(headers["x-amzn-errortype"], body),
      events: this.app.events().slice(before),
    };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}

/** Whose clients fill in a `ClientRequestToken` that is left out. */
const TOKENED: ReadonlySet<string> = new Set([
  "CreateSecret",
  "PutSecretValue",
  "UpdateSecret",
  "RotateSecret",
]);

/** A further access key. */
export async function accessKeyFor(
  app: IdentityApp,
  user: TestUser["user"],
): Promise<AwsCredentials> {
  const asked = { iamId: user.iamId, form: "access-key" } as const;
  const { accessKeyId, value } = await app.done(createApiKey, SCHEDULE, asked);
  if (accessKeyId === null) throw new Error("an access key has an id");
  return { accessKeyId, secretAccessKey: value.reveal() };
}

async function userWithKey(
  { app }: IdentityServer,
  email: string,
  granted: { readonly roles: readonly string[]; readonly resource?: PolicyResource },
): Promise<AwsUser> {
  const made = await app.user(email, granted.roles, granted.resource);
  return { ...made, credentials: await accessKeyFor(app, made.user) };
}

interface Written {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

function written(name: string, action: string, members: object): Written {
  const service = SERVICES.find((one) => one.name === name);
  if (service?.query) {
    const form = new URLSearchParams({ Action: action, Version: service.query.version });
    flatten(members, "", form);
    return {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: form.toString(),
    };
  }
  return {
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `${service?.target ?? name}.${action}`,
    },
    payload: JSON.stringify(members),
  };
}

/** `Tags.member.1.Key=…`, as AWS's query protocol has structures and lists. */
function flatten(value: unknown, at: string, form: URLSearchParams): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => flatten(item, `${at}.member.${i + 1}`, form));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      flatten(item, at === "" ? name : `${at}.${name}`, form);
    }
  } else if (value !== undefined) {
    // oxlint-disable-next-line typescript/no-base-to-string -- text, a number or a flag
    form.append(at, String(value));
  }
}

/** In JSON it stands in a header, in XML in the body. */
function errorIn(header: unknown, body: string): string | undefined {
  return typeof header === "string" ? header : /<Code>(\w+)<\/Code>/.exec(body)?.[1];
}
