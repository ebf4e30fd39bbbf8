/** A server with IBM's Policy Management SDK in front of it, and policies as the SDK takes them. */
import IamPolicyManagementV1 from "@ibm-cloud/platform-services/iam-policy-management/v1.js";
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { expect } from "vitest";
import { createUser } from "../../src/app/identity/users.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { newAccessGroupId } from "../../src/identity/access-group.ts";
import { newEntityTag } from "../../src/identity/entity-tag.ts";
import { ManualClock } from "../../src/kernel/clock.ts";

export const READER = "crn:v1:bluemix:public:iam::::serviceRole:Reader";
export const WRITER = "crn:v1:bluemix:public:iam::::serviceRole:Writer";
export const SECRETS_READER = "crn:v1:bluemix:public:secrets-manager::::serviceRole:SecretsReader";
export const VIEWER = "crn:v1:bluemix:public:iam::::role:Viewer";
export const EDITOR = "crn:v1:bluemix:public:iam::::role:Editor";

export interface Named {
  readonly name: string;
  readonly value: string;
}

export const SERVICE: Named = { name: "serviceName", value: "secrets-manager" };

type V1 = Pick<
  IamPolicyManagementV1.CreatePolicyParams,
  "type" | "subjects" | "roles" | "resources"
>;
type V2 = Required<
  Pick<IamPolicyManagementV1.CreateV2PolicyParams, "type" | "control" | "subject" | "resource">
>;

export class PolicyWire {
  readonly server: IdentityServer;
  readonly url: string;
  /** The SDK with the administrator's API key. */
  readonly admin: IamPolicyManagementV1;
  #users = 0;

  private constructor(server: IdentityServer, url: string) {
    this.server = server;
    this.url = url;
    this.admin = this.clientWith(server.app.first.apiKey.reveal());
  }

  static async open(): Promise<PolicyWire> {
    // The SDK looks at its own clock to tell whether a token is still good.
    const server = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
    return new PolicyWire(server, await server.server.listen({ host: "127.0.0.1", port: 0 }));
  }

  get account(): string {
    return this.server.app.first.account.id;
  }

  get instance(): string {
    return this.server.app.first.instance.id;
  }

  clientWith(apikey: string): IamPolicyManagementV1 {
    const authenticator = new IamAuthenticator({ apikey, url: this.url });
    return new IamPolicyManagementV1({ authenticator, serviceUrl: this.url });
  }

  lastEvent(): AuditEvent {
    return this.server.app.parts.lastEvent();
  }

  /** The IAM id of a new user. */
  async userId(): Promise<string> {
    const { app } = this.server;
    const email = `user${++this.#users}@example.com`;
    const caller = await app.administrator();
    return (await app.done(createUser, caller, { email, name: email })).iamId;
  }

  async groupId(): Promise<string> {
    const { account } = this;
    const id = newAccessGroupId();
    const made = { createdAt: 1, createdBy: "test", modifiedAt: 1, modifiedBy: "test" };
    const group = { id, account, name: id, description: "", entityTag: newEntityTag(), ...made };
    await this.server.app.parts.state.transact(({ groups }) => groups.putGroup(group));
    return id;
  }

  /** A policy of version 1 on the account, or on what the attributes say of it. */
  v1(iamId: string, role: string, attributes: readonly Named[] = []): V1 {
    return {
      type: "access",
      subjects: [{ attributes: [{ name: "iam_id", value: iamId }] }],
      roles: [{ role_id: role }],
      resources: [{ attributes: [{ name: "accountId", value: this.account }, ...attributes] }],
    };
  }

  /** The same in version 2. */
  v2(
    subject: readonly [key: string, value: string],
    role: string,
    attributes: Readonly<Record<string, string>> = {},
  ): V2 {
    const all = Object.entries({ accountId: this.account, ...attributes });
    return {
      type: "access",
      control: { grant: { roles: [{ role_id: role }] } },
      subject: { attributes: [equals(subject)] },
      resource: { attributes: all.map(equals) },
    };
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

function equals([key, value]: readonly [string, string]) {
  return { key, operator: "stringEquals", value };
}

export interface SdkError extends Error {
  readonly status: number;
  readonly result: {
    readonly trace: string;
    readonly status_code: number;
    readonly errors: readonly { readonly code: string; readonly details?: object }[];
  };
}

export async function errorOf(call: Promise<unknown>): Promise<SdkError> {
  try {
    await call;
  } catch (error) {
    return error as SdkError;
  }
  throw new Error("the call was answered");
}

/** Status, IBM's code and the sentence: what a program, and what a person, goes by. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly unknown[]> {
  const { status, message, result } = await errorOf(call);
  expect(result.status_code).toBe(status);
  expect(result.trace).toMatch(/^[0-9a-f-]{36}$/);
  return [status, result.errors[0]?.code, message];
}

/** What `If-Match` takes, out of an answer's headers. */
export function etagOf(answer: { readonly headers: object }): string {
  return String((answer.headers as Readonly<Record<string, unknown>>)["etag"]);
}
