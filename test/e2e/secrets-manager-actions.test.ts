/**
 * The 42 actions of IBM's two documents on Secrets Manager ("Activity tracking events for Secrets Manager", and
 * "Auditing events for Secrets Manager" of 2023-04-18): each raised by a call of IBM's wire to a running server, and
 * found by the documents' own queries, over all instances and over one, with every field of its event.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cadfProblems } from "../support/cadf-validator.ts";
import {
  ACTIONS,
  NOTIFICATIONS_CRN,
  ROWS,
  world,
  type Action,
  type Json,
} from "./secrets-manager-rows.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

let folder: string;
let server: RunningServer;
let receiver: Server;
/** The administrator's own id, as its token says it. */
let iamId: string;

interface Sent {
  readonly bearer?: string | null;
  readonly body?: object;
}

interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly eventId: string;
  readonly transaction: string;
}

async function send(line: string, { bearer = world.token, body }: Sent = {}): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      "User-Agent": "secrets-manager-node-sdk/2.1.0",
      "X-Correlation-Id": `table-${method}`,
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(body ? { "Content-Type": type } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? null : JSON.parse(text),
    eventId: response.headers.get("keytrail-event") ?? "",
    transaction: response.headers.get("x-global-transaction-id") ?? "",
  };
}

async function done(line: string, sent: Sent = {}): Promise<Json> {
  const { status, body } = await send(line, sent);
  if (status >= 300) throw new Error(`${line}: ${status} ${JSON.stringify(body)}`);
  return body;
}

async function search(query: string): Promise<readonly Json[]> {
  const page = await done(`GET /trail/v1/events?limit=500&query=${encodeURIComponent(query)}`);
  return page.events.map(({ event }: Json) => event);
}

/** What the calls of the table are about besides each other: an authority with two leaves, minted credentials. */
async function prepare(): Promise<void> {
  const post = async (path: string, body: object): Promise<Json> => done(`POST ${path}`, { body });
  await post("/api/v2/configurations", {
    config_type: "private_cert_configuration_root_ca",
    name: "root",
    common_name: "Root CA",
    max_ttl: "8760h",
    key_type: "ec",
    key_bits: 256,
  });
  await post("/api/v2/configurations", {
    config_type: "private_cert_configuration_intermediate_ca",
    name: "servers-ca",
    common_name: "Servers CA",
    signing_method: "internal",
    issuer: "root",
    max_ttl: "4380h",
    key_type: "ec",
    key_bits: 256,
  });
  await post("/api/v2/configurations", {
    config_type: "private_cert_configuration_template",
    name: "servers",
    certificate_authority: "servers-ca",
    allowed_domains: ["example.com"],
    allow_subdomains: true,
    key_type: "ec",
    key_bits: 256,
  });
  for (const [name, commonName] of [
    ["leaf", "a.example.com"],
    ["other leaf", "b.example.com"],
  ] as const) {
    world.made[name] = await post("/api/v2/secrets", {
      name: name.replace(" ", "-"),
      secret_type: "private_cert",
      certificate_template: "servers",
      common_name: commonName,
    });
  }
  await post("/api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: "engine",
    api_key: server.bootstrap.api_key,
  });
  const readers = await post(`/v2/groups?account_id=${server.bootstrap.account_id}`, {
    name: "readers",
  });
  world.made["minted"] = await post("/api/v2/secrets", {
    name: "minted",
    secret_type: "iam_credentials",
    ttl: "1h",
    access_groups: [readers.id],
    reuse_api_key: true,
  });
}

beforeAll(async () => {
  receiver = createServer((request, response) => request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  folder = temporaryFolder();
  server = await RunningServer.start(folder, [
    "--event-notifications",
    `${NOTIFICATIONS_CRN}=http://127.0.0.1:${port}/`,
  ]);
  world.instanceCrn = server.bootstrap.instance_crn;
  world.token = await tokenOf(server.url, server.bootstrap.api_key);
  const [, claims = ""] = world.token.split(".");
  iamId = (JSON.parse(Buffer.from(claims, "base64url").toString()) as { iam_id: string }).iam_id;
  await prepare();
});

afterAll(async () => {
  await server.stop();
  receiver.close();
  removeFolder(folder);
});

describe("the two documents' actions", () => {
  it("are 42, and each has its row", () => {
    expect(new Set(ACTIONS).size).toBe(42);
    expect(ROWS.map(({ action }) => action).toSorted()).toEqual([...ACTIONS].toSorted());
  });

  // One after the other: what a call makes, the next ones are about.
  it.each(ROWS.map((row) => [`secrets-manager.${row.action}`, row] as const))(
    "%s is raised by its call, and found over all instances and over one",
    async (action, row) => {
      const [method = ""] = row.call().split(" ");
      const answer = await send(row.call(), {
        ...(row.bearer === null ? { bearer: null } : {}),
        ...(row.body ? { body: row.body() } : {}),
      });
      if (row.keep !== undefined) world.made[row.keep] = answer.body;
      const [code, phrase] = row.status;
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([code, expect.any(String)]);

      const found = await search(`host:secrets-manager action:${action}`);
      const inInstance = await search(`app:${world.instanceCrn} action:${action}`);
      expect(inInstance).toEqual(found);
      const event = found.find(({ id }) => id === answer.eventId);
      const [kind, id, name] = row.target?.() ?? [null, null, ""];
      expect(event).toEqual({
        id: answer.eventId,
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        operation: expect.any(String),
        action,
        outcome: "success",
        severity: row.severity,
        message: messageOf(row.action, name),
        reason: { reasonCode: code, reasonType: phrase },
        initiator: {
          id: iamId,
          name: "admin@keytrail.local",
          typeURI: "service/security/account/user",
          credential: { type: "apikey" },
          host: {
            address: "127.0.0.1",
            addressType: "IPv4",
            agent: "secrets-manager-node-sdk/2.1.0",
          },
        },
        target: {
          id: kind === null ? world.instanceCrn : `${world.instanceCrn.slice(0, -1)}${kind}:${id}`,
          name,
          typeURI: `secrets-manager/${row.typeURI}`,
        },
        observer: { name: "ActivityTracker" },
        requestData: row.request?.() ?? {},
        responseData: row.response?.(answer.body) ?? {},
        correlationId: `table-${method}`,
        requestId: answer.transaction,
        dataEvent: row.dataEvent ?? false,
        saveServiceCopy: true,
        logSourceCRN: world.instanceCrn,
        account: server.bootstrap.account_id,
        region: "us-south",
        instance: world.instanceCrn.split(":")[7],
        dialect: "ibm",
        counters: { target: expect.any(Number), initiator: expect.any(Number) },
      });
    },
  );

  it("are found by what version 1 called them, and by what version 2 calls them", async () => {
    for (const [one, other] of [
      ["secret.rotate", "secret-version.create"],
      ["secret-policies.set", "secret-metadata.update"],
      ["secret-policies.get", "secret-metadata.read"],
    ] as const) {
      const byOne = await search(`action:secrets-manager.${one}`);
      const byOther = await search(`action:secrets-manager.${other}`);
      expect(byOne).toEqual(byOther);
      expect(new Set(byOne.map(({ action }) => action))).toEqual(
        new Set([`secrets-manager.${one}`, `secrets-manager.${other}`]),
      );
    }
  });

  it("tell of attempts without a credential as unauthorized", async () => {
    const { status, eventId } = await send("GET /api/v2/secrets", { bearer: null });
    expect(status).toBe(401);
    for (const query of [
      "host:secrets-manager reason.reasonType:Unauthorized",
      `app:${world.instanceCrn} reason.reasonType:Unauthorized`,
    ]) {
      const found = await search(query);
      expect(found.map(({ id }) => id)).toContain(eventId);
      for (const { reason, severity } of found) {
        expect([reason.reasonCode, severity]).toEqual([401, "critical"]);
      }
    }
  });

  it("comply with CADF, every event of them and of what they did besides", async () => {
    const page = await done("GET /trail/v1/events?limit=1000&vocabulary=cadf&query=_exists_:id");
    const events: readonly Json[] = page.events.map(({ event }: Json) => event);
    expect(events.length).toBeGreaterThan(60);
    expect(events.flatMap((event) => cadfProblems(event))).toEqual([]);
  });

  it("hold nothing of what was kept in them", async () => {
    expect(JSON.stringify(await search("host:secrets-manager"))).not.toContain("CANARY");
  });
});

/** `Secrets Manager: create secret-version db-prod` */
function messageOf(action: Action, name: string): string {
  const at = action.lastIndexOf(".");
  const words = `Secrets Manager: ${action.slice(at + 1)} ${action.slice(0, at)}`;
  return name === "" ? words : `${words} ${name}`;
}
