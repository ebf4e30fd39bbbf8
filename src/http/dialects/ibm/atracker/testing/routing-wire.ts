/** IBM's event routing as the Go SDK and Terraform speak it: JSON in and out, an IAM token, and what is recorded of it. */
import { IdentityServer, type Answered } from "../../../../testing/identity-server.ts";
import { createDestination } from "../../../../../app/destinations/create-destination.ts";
import { createInstance } from "../../../../../app/instances/create-instance.ts";
import type { AuditEvent } from "../../../../../audit/event.ts";
import { Sensitive } from "../../../../../kernel/sensitive.ts";

export interface Answer extends Answered {
  /** What the call has left in the trail, the last one. */
  readonly event: AuditEvent;
}

export const COS = {
  endpoint: "s3.private.eu-de.cloud-object-storage.appdomain.cloud",
  target_crn: "crn:v1:bluemix:public:cloud-object-storage:global:a/acc:4711::",
  bucket: "audit-trail",
  api_key: "hidden-api-key-4711",
  service_to_service_enabled: false,
};

export class RoutingWire {
  readonly server: IdentityServer;
  readonly #authorization: string;

  private constructor(server: IdentityServer, authorization: string) {
    this.server = server;
    this.#authorization = authorization;
  }

  static async open(): Promise<RoutingWire> {
    const server = await IdentityServer.open();
    const { accessToken } = await server.app.login(server.app.first.apiKey);
    return new RoutingWire(server, `Bearer ${accessToken.reveal()}`);
  }

  get account(): string {
    return this.server.app.first.account.id;
  }

  /** `POST /targets`, as somebody or as the account's owner. */
  async call(call: string, body?: object, authorization = this.#authorization): Promise<Answer> {
    const [method = "GET", path = ""] = call.split(" ", 2);
    const answered = await this.server.send({
      method: method as "GET",
      url: `/api/v2${path}`,
      ...(authorization === "" ? {} : { authorization }),
      ...(body === undefined ? {} : { type: "application/json", payload: body }),
    });
    return { ...answered, event: this.server.app.parts.lastEvent() };
  }

  /** The id of a new target. */
  async target(name: string, more: object = {}): Promise<string> {
    const made = await this.call("POST /targets", cosTarget(name, more));
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return (made.body as { id: string }).id;
  }

  /** The id of a destination that gets everything, whatever routes say. */
  async destination(name: string, isRouted = false): Promise<string> {
    const { app } = this.server;
    const made = await app.done(createDestination, await app.administrator(), {
      name,
      settings: {
        kind: "json",
        transport: "https",
        host: "siem.example.com",
        port: 443,
        path: "/in",
      },
      credentials: { token: new Sensitive("hidden-token-4711") },
      isRouted,
    });
    return made.id;
  }

  async instance(region: string): Promise<void> {
    const { app } = this.server;
    await app.done(createInstance, await app.administrator(), { name: region, region });
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

export function cosTarget(name: string, more: object = {}): object {
  return { name, target_type: "cloud_object_storage", cos_endpoint: COS, ...more };
}
