/** Whole deliveries to receivers of each shape: what arrives, event by event, and what becomes of their answers. */
import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { DatadogReceiver } from "../../../../test/support/datadog-receiver.ts";
import {
  Consigned,
  deliver,
  lineOf,
  type Consignment,
} from "../../../../test/support/delivered.ts";
import { ElasticReceiver } from "../../../../test/support/elastic-receiver.ts";
import { EntraReceiver, SentinelReceiver } from "../../../../test/support/sentinel-receiver.ts";
import {
  SiemServer,
  textOf,
  type Receive,
  type SiemTls,
} from "../../../../test/support/siem-server.ts";
import { variedEvents } from "../../../../test/support/varied-events.ts";
import { renderings } from "../../../audit/renderings.ts";
import { parseEvent, type AuditEvent } from "../../../audit/event.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { OpensslAuthority } from "../../../pki/testing/openssl.ts";
import { wellFormedJson } from "../../json-text.ts";

const events = variedEvents();
const few = events.slice(0, 20);
const servers: SiemServer[] = [];

async function open(receive: Receive, tls?: SiemTls): Promise<SiemServer> {
  const server = await SiemServer.open(receive, tls);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A rendering as a receiver reads it. */
function rendered(event: AuditEvent, form: "ecs" | "ocsf"): unknown {
  const whole = renderings[form].render(parseEvent(lineOf(event)));
  return JSON.parse(wellFormedJson(JSON.stringify(whole)));
}

const idsOf = (given: readonly AuditEvent[]): string[] => given.map(({ id }) => id);

describe("Elastic's _bulk", () => {
  const elastic = async (): Promise<[ElasticReceiver, SiemServer, Consignment]> => {
    const receiver = new ElasticReceiver("a2V5OnNlY3JldA==");
    const server = await open((request) => receiver.receive(request));
    const settings = { kind: "https", shape: "elastic-bulk", url: server.url };
    return [receiver, server, { settings, credentials: { token: receiver.apiKey }, events }];
  };

  it("has every event as ECS, once, in its order, under its own id", async () => {
    const [receiver, server, consignment] = await elastic();
    await deliver(consignment);
    expect(receiver.order).toEqual(idsOf(events));
    for (const event of events) {
      expect(receiver.documents.get(event.id)).toEqual(rendered(event, "ecs"));
    }
    expect(server.requests[0]?.url.pathname).toBe("/logs-keytrail.audit-default/_bulk");
    expect(server.requests[0]?.headers["content-encoding"]).toBe("gzip");
  });

  it("takes an event that it has already, whose answer was lost, for taken", async () => {
    const [receiver, server, consignment] = await elastic();
    server.planned.push({ status: 200, isLost: true }, { status: 200, isLost: true });
    const { progress } = await deliver(consignment);
    expect(receiver.order).toEqual(idsOf(events));
    expect(progress.setAsideCount).toBe(0);
  });

  it("has what it refuses named, and takes everything else", async () => {
    const [receiver, , consignment] = await elastic();
    const poison = new Set([few[3]?.id, few[11]?.id]);
    receiver.refuses = (_, id) =>
      poison.has(id as AuditEvent["id"])
        ? { status: 400, type: "document_parsing_exception" }
        : undefined;
    const { progress } = await deliver({ ...consignment, events: few });
    expect(receiver.order).toEqual(idsOf(few).filter((_, place) => place !== 3 && place !== 11));
    expect(progress.setAside.map(({ index, eventId }) => [index, eventId])).toEqual([
      [3, few[3]?.id],
      [11, few[11]?.id],
    ]);
    expect(progress.setAside[0]?.reason).toBe(
      "the receiver answered 400 to a document (document_parsing_exception)",
    );
  });

  it("loses nothing when it refuses everything for a while", async () => {
    const [receiver, server, consignment] = await elastic();
    receiver.refuses = () => ({ status: 400, type: "mapper_parsing_exception" });
    const consigned = await Consigned.begin(consignment);
    await consigned.until(({ progress }) => progress.failingSince !== null);
    expect(server.requests.length).toBeGreaterThan(1);
    receiver.refuses = () => undefined;
    const { progress } = await consigned.all();
    await consigned.stop();
    const aside = new Set(progress.setAside.map(({ eventId }) => eventId));
    expect([...aside]).toEqual([]);
    expect(receiver.documents.size).toBe(events.length);
  });

  it("is asked again for what it has no room for, and says what it has no words for by the status", async () => {
    const [receiver, , consignment] = await elastic();
    let refusals = 3;
    receiver.refuses = (_, id) =>
      id === few[5]?.id && refusals-- > 0
        ? { status: 429, type: "es_rejected_execution_exception" }
        : undefined;
    const consigned = await Consigned.begin({ ...consignment, events: few });
    const { progress } = await consigned.all();
    await consigned.stop();
    expect(new Set(receiver.order)).toEqual(new Set(idsOf(few)));
    expect(progress.lastTrouble).toMatchObject({
      kind: "unavailable",
      problem: "the receiver answered 429 to a document",
    });
  });
});

describe("Datadog's intake", () => {
  const datadog = async (now: () => number): Promise<[DatadogReceiver, Consignment]> => {
    const receiver = new DatadogReceiver("0123456789abcdef", now);
    const server = await open((request) => receiver.receive(request));
    const settings = { kind: "https", shape: "datadog", url: `${server.url}/api/v2/logs` };
    return [receiver, { settings, credentials: { token: receiver.apiKey }, events, now }];
  };
  const at = Date.parse(events[0]?.eventTime ?? "");

  it("has every event, with its standard attributes and the rendering", async () => {
    const [receiver, consignment] = await datadog(() => at + 60_000);
    await deliver(consignment);
    expect(receiver.logs.map((log) => (log["evt"] as { id: string }).id)).toEqual(idsOf(events));
    for (const [index, event] of events.entries()) {
      expect(receiver.logs[index]).toMatchObject({
        timestamp: event.eventTime,
        keytrail: { index, ecs: rendered(event, "ecs") },
      });
    }
  });

  it("keeps also what is older than it takes", async () => {
    const [receiver, consignment] = await datadog(() => at + 40 * 3_600_000);
    await deliver(consignment);
    expect(receiver.tooOld).toEqual([]);
    expect(receiver.logs.map((log) => (log["evt"] as { id: string }).id)).toEqual(idsOf(events));
    expect(receiver.logs[0]).not.toHaveProperty("timestamp");
    expect(receiver.logs[0]).toHaveProperty("event_time", events[0]?.eventTime);
  });

  it("that is given the wrong key takes everything once it is given the right one", async () => {
    const [receiver, consignment] = await datadog(() => at);
    const consigned = await Consigned.begin({ ...consignment, credentials: { token: "wrong" } });
    const { progress } = await consigned.until((report) => report.progress.failingSince !== null);
    await consigned.stop();
    expect(progress).toMatchObject({ acknowledged: 0, lastTrouble: { kind: "denied" } });
    expect(progress.lastTrouble?.problem).toContain("403");
    await deliver(consignment);
    expect(receiver.logs).toHaveLength(events.length);
  });
});

describe("Sentinel's Logs Ingestion API", () => {
  const sentinel = async () => {
    const entra = new EntraReceiver();
    const receiver = new SentinelReceiver(entra);
    const tokens = await open((request) => entra.receive(request));
    const server = await open((request) => receiver.receive(request));
    const settings = {
      kind: "https",
      shape: "sentinel",
      url: server.url,
      dcr_immutable_id: receiver.rule,
      stream: receiver.stream,
      authorization: {
        kind: "oauth2",
        token_url: `${tokens.url}${entra.path}`,
        client_id: entra.clientId,
        scope: entra.scope,
      },
    };
    const consignment = { settings, credentials: { client_secret: entra.clientSecret }, events };
    return { entra, receiver, server, tokens, consignment };
  };

  it("has every event as a row, by one token", async () => {
    const { entra, receiver, consignment } = await sentinel();
    await deliver(consignment);
    expect(receiver.rows.map((row) => row["EventOriginalUid"])).toEqual(idsOf(events));
    for (const [place, event] of events.entries()) {
      expect(receiver.rows[place]?.["AdditionalFields"]).toEqual(rendered(event, "ocsf"));
    }
    expect(entra.issuedCount).toBe(1);
  });

  it("that has lost faith in a token is given another one", async () => {
    const { entra, receiver, consignment } = await sentinel();
    const consigned = await Consigned.begin({ ...consignment, events: few });
    await consigned.all();
    entra.revoke();
    consigned.add(events.slice(20, 40));
    const { progress } = await consigned.all();
    await consigned.stop();
    expect(entra.issuedCount).toBe(2);
    expect(progress.lastTrouble).toBeNull();
    expect(receiver.rows).toHaveLength(40);
  });

  it("asks for a new token shortly before the end of the last one", async () => {
    const { entra, consignment } = await sentinel();
    let now = Date.now();
    const consigned = await Consigned.begin({ ...consignment, events: few, now: () => now });
    await consigned.all();
    now += 3_545_000;
    consigned.add(events.slice(20, 40));
    await consigned.all();
    await consigned.stop();
    expect(entra.issuedCount).toBe(2);
  });

  it("is not reached by a wrong secret, and by the right one is", async () => {
    const { consignment } = await sentinel();
    const wrong = await Consigned.test({ ...consignment, credentials: { client_secret: "wrong" } });
    expect(wrong).toMatchObject({
      isReached: false,
      problem: expect.stringContaining("the token endpoint answered 401"),
    });
    expect(await Consigned.test(consignment)).toMatchObject({ isReached: true });
    expect(await Consigned.test({ ...consignment, events: [] })).toEqual({
      isReached: true,
      problem: null,
      index: null,
    });
  });

  it("gets fewer at a time where it is too much", async () => {
    const { receiver, server, consignment } = await sentinel();
    server.planned.push({ status: 413 }, { status: 413 });
    await deliver(consignment);
    expect(receiver.rows.map((row) => row["EventOriginalUid"])).toEqual(idsOf(events));
  });
});

describe("a receiver of plain batches", () => {
  const plain = async (shape: "ndjson" | "array" | "object" | "secops", tls?: SiemTls) => {
    const taken: string[] = [];
    const server = await open(({ body }) => {
      const text = textOf(body);
      if (shape === "array") {
        taken.push(...(JSON.parse(text) as unknown[]).map((one) => JSON.stringify(one)));
      } else taken.push(...text.replace(/\n$/, "").split("\n"));
      return { status: 200 };
    }, tls);
    return { taken, server, settings: { kind: "https", shape, url: `${server.url}/in?key=x` } };
  };
  const lines = events.map((event) => fromUtf8(lineOf(event)));

  it("of NDJSON has every entry to the byte", async () => {
    const { taken, settings } = await plain("ndjson");
    await deliver({ settings, events });
    expect(taken).toEqual(lines);
  });

  it("of arrays has every entry", async () => {
    const { taken, server, settings } = await plain("array");
    await deliver({ settings, events });
    expect(taken).toEqual(lines.map((line) => JSON.stringify(JSON.parse(line))));
    expect(server.requests[0]?.headers["content-encoding"]).toBeUndefined();
  });

  it("of objects has one in each request", async () => {
    const { taken, server, settings } = await plain("object");
    await deliver({ settings, events: few });
    expect(taken).toEqual(lines.slice(0, few.length));
    expect(server.requests).toHaveLength(few.length);
  });

  it("of Google's feed gets both keys as headers", async () => {
    const { taken, server, settings } = await plain("secops");
    const credentials = {
      "header:X-goog-api-key": "key-of-the-project",
      "header:X-Webhook-Access-Key": "key-of-the-feed",
    };
    await deliver({ settings, credentials, events });
    expect(taken.map((line) => JSON.parse(line))).toEqual(
      events.map((one) => rendered(one, "ocsf")),
    );
    expect(server.requests[0]?.headers).toMatchObject({
      "x-goog-api-key": "key-of-the-project",
      "x-webhook-access-key": "key-of-the-feed",
    });
  });

  it("can check each body by its signature, as it came", async () => {
    const { server, settings } = await plain("ndjson");
    const signature = { scheme: "hmac", header: "X-Signature", prefix: "sha256=" };
    const credentials = { hmac_key: "shared" };
    await deliver({ settings: { ...settings, gzip: true, signature }, credentials, events });
    for (const { headers, sent } of server.requests) {
      const expected = createHmac("sha256", "shared").update(sent).digest("hex");
      expect(headers["x-signature"]).toBe(`sha256=${expected}`);
    }
  });

  it("is given the same id for the same events, however often", async () => {
    const { server, settings } = await plain("ndjson");
    server.planned.push({ status: 503 });
    const signature = { scheme: "standard-webhooks" };
    const credentials = { hmac_key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
    await deliver({ settings: { ...settings, signature }, credentials, events: few });
    const [first, second] = server.requests.map(({ headers }) => headers["webhook-id"]);
    expect(first).toMatch(/^batch_[\da-f]{32}$/);
    expect(second).toBe(first);
  });

  it("that is busy, broken or asks for a pause has everything in the end", async () => {
    const { taken, server, settings } = await plain("ndjson");
    server.planned.push(
      { status: 429, headers: { "retry-after": "0" } },
      { status: 500 },
      { status: 200, isLost: true },
      { status: 302, headers: { location: "https://elsewhere.example.com/" } },
    );
    const { progress } = await deliver({ settings, events });
    expect(new Set(taken)).toEqual(new Set(lines));
    expect(progress).toMatchObject({ setAsideCount: 0, lastTrouble: { kind: "denied" } });
    expect(JSON.stringify(progress)).not.toMatch(/elsewhere\.example|key=x/);
  });

  it("with a certificate of its own authority gets them from whoever has one too", async () => {
    const authority = OpensslAuthority.open(Date.now());
    const theirs = authority.issue({ subject: "/CN=siem", altNames: "IP:127.0.0.1" });
    const ours = authority.issue({ subject: "/CN=keytrail" });
    const ca = authority.certificate;
    authority.close();
    const tls = { key: theirs.key, cert: theirs.certificate, clientCa: ca };
    const { taken, settings } = await plain("ndjson", tls);
    const test = (given: object, credentials: Record<string, string> = {}) =>
      Consigned.test({ settings: { ...settings, ...given }, credentials, events: few });
    expect(await test({})).toMatchObject({
      isReached: false,
      problem: expect.stringContaining("TLS"),
    });
    expect(await test({ tls: { ca } })).toMatchObject({ isReached: false });
    await deliver({
      settings: { ...settings, tls: { ca, certificate: ours.certificate } },
      credentials: { client_key: ours.key },
      events,
    });
    expect(taken).toEqual(lines);
  });
});
