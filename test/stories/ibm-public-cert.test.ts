/** Public certificates over IBM's wire, beside a certificate authority that speaks ACME. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AcmeClient } from "../../src/acme/acme-client.ts";
import { Schedule } from "../../src/app/schedule.ts";
import { issuanceJob } from "../../src/app/secrets/issuance-job.ts";
import { START } from "../../src/app/testing/test-app.ts";
import { ManualClock } from "../../src/kernel/clock.ts";
import { readPrivateKey } from "../../src/pki/keys.ts";
import { opensslKey } from "../../src/pki/testing/openssl.ts";
import { Sensitive } from "../../src/kernel/sensitive.ts";
import { startAcmeServer, type AcmeServer } from "../support/acme-server.ts";
import { Canaries } from "../support/canaries.ts";
import { openIbmApp, type IbmAnswer, type IbmApp, type Person } from "./ibm-app.ts";

const CONFIGURATIONS = "/api/v2/configurations";
const SECRETS = "/api/v2/secrets";
const VALIDATE = { action_type: "public_cert_action_validate_dns_challenge" };

const clock = new ManualClock(START);
const canaries = new Canaries();
const accountKey = opensslKey("rsa");

let server: AcmeServer;
let app: IbmApp;
let manager: Person;
let schedule: Schedule;
/** The state while an order was under way, its key made. */
let midway: readonly string[];

beforeAll(async () => {
  server = await startAcmeServer(clock);
  await server.register(readPrivateKey(new Sensitive(accountKey)));
  const directories = { production: "http://127.0.0.1:1/", staging: server.directory };
  const acme = new AcmeClient({ directories, userAgent: "keytrail/test", clock });
  app = await openIbmApp({ acme, clock });
  schedule = new Schedule({ jobs: [issuanceJob(app.test)], clock });
  manager = await app.person("manager@example.com", ["Manager"]);
  addKey(accountKey);
});
afterAll(async () => {
  await app.close();
  await server.close();
});

/** The lines of a key that no other key has. */
function addKey(pem: string): void {
  canaries.add(...pem.split("\n").slice(2, 4));
}

/** Every value of the state, bytes included. */
function stateNow(): readonly string[] {
  const tables = ["secrets", "versions", "configurations", "issuances", "payloads"];
  return tables
    .flatMap((table) => app.test.database.all(`SELECT * FROM ${table}`))
    .flatMap((row) => Object.values(row))
    .map((value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
    );
}

/** Until there is nothing left that is due now. */
async function pass(byMs = 60_000): Promise<void> {
  clock.advance(byMs);
  let isDue = true;
  while (isDue) isDue = (await schedule.pass()).some(({ done }) => done > 0);
}

async function ordered(name: string, more: object = {}): Promise<IbmAnswer> {
  return manager.post(SECRETS, {
    name,
    secret_type: "public_cert",
    common_name: "example.com",
    alt_names: ["*.example.com"],
    ca: "le",
    dns: "manual",
    ...more,
  });
}

describe("public certificates on IBM's wire", () => {
  it("have configurations, which never show what they keep", async () => {
    const made = await manager.post(CONFIGURATIONS, {
      config_type: "public_cert_configuration_ca_lets_encrypt",
      name: "le",
      lets_encrypt_environment: "staging",
      lets_encrypt_private_key: accountKey,
      lets_encrypt_preferred_chain: "Other Root",
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      config_type: "public_cert_configuration_ca_lets_encrypt",
      name: "le",
      secret_type: "public_cert",
      created_by: manager.iamId,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      lets_encrypt_environment: "staging",
      lets_encrypt_preferred_chain: "Other Root",
    });
    const apiKey = canaries.value();
    const crn = `crn:v1:bluemix:public:internet-svcs:global:a/${app.account}:0a1b2c3d::`;
    const cis = await manager.post(CONFIGURATIONS, {
      config_type: "public_cert_configuration_dns_cloud_internet_services",
      name: "cis",
      cloud_internet_services_apikey: apiKey,
      cloud_internet_services_crn: crn,
    });
    expect(cis.body).toMatchObject({ name: "cis", cloud_internet_services_crn: crn });
    const classic = await manager.post(CONFIGURATIONS, {
      config_type: "public_cert_configuration_dns_classic_infrastructure",
      name: "classic",
      classic_infrastructure_username: "somebody",
      classic_infrastructure_password: canaries.value(),
    });
    expect(classic.body).toMatchObject({ classic_infrastructure_username: "somebody" });
    const patched = await manager.patch(`${CONFIGURATIONS}/classic`, {
      classic_infrastructure_password: canaries.value(),
    });
    expect(patched.status).toBe(200);
    const shown = await Promise.all(
      ["le", "cis", "classic"].map((name) => manager.get(`${CONFIGURATIONS}/${name}`)),
    );
    for (const { text } of [made, cis, classic, patched, ...shown]) {
      expect(canaries.found(text)).toEqual([]);
    }
  });

  it("live from the order to the certificate and its renewal", async () => {
    const order = await ordered("site", {
      key_algorithm: "RSA2048",
      rotation: { auto_rotate: true, rotate_keys: false },
      version_custom_metadata: { ticket: "OPS-1" },
    });
    expect(order.status).toBe(201);
    expect(order.body).toMatchObject({
      state: 0,
      state_description: "pre_activation",
      versions_total: 0,
      common_name: "example.com",
      alt_names: ["*.example.com"],
      key_algorithm: "RSA2048",
      ca: "le",
      dns: "manual",
      bundle_certs: true,
      rotation: { auto_rotate: true, rotate_keys: false },
      issuance_info: {
        auto_rotated: true,
        ordered_on: "2026-11-21T09:00:00Z",
        state: 0,
        state_description: "pre_activation",
      },
    });
    expect(order.body).not.toHaveProperty("certificate");
    const url = `${SECRETS}/${order.body.id}`;

    await pass();
    midway = stateNow();
    const waiting = (await manager.get(`${url}/metadata`)).body.issuance_info;
    expect(waiting.challenges).toEqual([
      {
        domain: "example.com",
        expiration: "2026-11-28T09:01:00Z",
        status: "pending",
        txt_record_name: "_acme-challenge.example.com.",
        txt_record_value: expect.stringMatching(/^[\w-]{43}$/),
      },
      expect.objectContaining({
        domain: "*.example.com",
        txt_record_name: "_acme-challenge.example.com.",
      }),
    ]);
    canaries.add(...server.tokens);
    for (const { txt_record_name: name, txt_record_value: value } of waiting.challenges) {
      server.publish(name.slice(0, -1), value);
    }

    const acted = await manager.post(`${url}/actions`, VALIDATE);
    expect([acted.status, acted.body]).toEqual([201, VALIDATE]);
    for (let passes = 0; passes < 4; passes++) await pass();

    const read = await manager.get(url);
    addKey(read.body.private_key);
    expect(read.body).toMatchObject({
      state: 1,
      state_description: "active",
      versions_total: 1,
      issuer: "CN=Test Issuer",
      intermediate_included: true,
      private_key_included: true,
      issuance_info: {
        state: 1,
        state_description: "active",
        dns_challenge_validation_time: "2026-11-21T09:01:00Z",
      },
    });
    const certificate = new X509Certificate(read.body.certificate);
    expect(certificate.subjectAltName).toBe("DNS:example.com, DNS:*.example.com");
    expect(new X509Certificate(read.body.intermediate).issuer).toBe("CN=Other Root");
    expect(read.body.expiration_date).toBe(read.body.validity.not_after);
    const version = await manager.get(`${url}/versions/current`);
    expect(version.body).toMatchObject({
      version_custom_metadata: { ticket: "OPS-1" },
      serial_number: read.body.serial_number,
      certificate: read.body.certificate,
      auto_rotated: false,
    });

    const again = await manager.post(`${url}/versions`, { rotation: { rotate_keys: true } });
    expect(again.status).toBe(201);
    expect(again.body).toMatchObject({ id: order.body.id, issuance_info: { state: 0 } });
    expect(again.body).not.toHaveProperty("certificate");
    const twice = await manager.post(`${url}/versions`, {});
    expect(twice.status).toBe(412);
  });

  it("say in the record what was done step by step, and by whom", () => {
    const found = app
      .events()
      .filter(({ operation }) => operation === "secret.issue")
      .map(({ action, requestData, responseData, outcome, initiator, reason, target }) => ({
        action,
        step: requestData?.["step"],
        outcome,
        code: reason.reasonCode,
        next: responseData?.["step"],
        initiator: initiator.name,
        target: target.name,
      }));
    const common = {
      action: "secrets-manager.secret-certificate.issue",
      initiator: "Keytrail",
      target: "site",
    };
    const taken = (step: string, next: string): object[] => [
      { ...common, step, outcome: "pending", code: 202, next: undefined },
      { ...common, step, outcome: "success", code: 200, next },
    ];
    expect(found).toEqual([
      ...taken("order", "order"),
      ...taken("order", "challenge"),
      ...taken("validate", "collect"),
      ...taken("collect", "over"),
    ]);
    const issued = app.events().findLast(({ operation }) => operation === "secret.issue");
    expect(issued?.responseData).toMatchObject({
      secretType: "public_cert",
      state: "active",
      versionId: expect.any(String),
      serialNumber: expect.stringContaining(":"),
    });
  });

  it("fail in words, without anybody being asked, where the DNS provider is out of reach", async () => {
    const { body } = await ordered("cis", { dns: "cis" });
    await pass();
    const { issuance_info: info, state } = (await manager.get(`${SECRETS}/${body.id}/metadata`))
      .body;
    expect(state).toBe(3);
    expect(info).toMatchObject({
      state: 3,
      state_description: "deactivated",
      error_code: "dnsProviderUnreachable",
      error_message: expect.stringContaining("out of reach"),
    });
  });

  it("are renewed or not as a patch says", async () => {
    const { body } = await ordered("patched");
    const url = `${SECRETS}/${body.id}/metadata`;
    expect(body.rotation).toEqual({ auto_rotate: false, rotate_keys: false });
    const patch = (rotation: object): Promise<IbmAnswer> => manager.patch(url, { rotation });
    expect((await patch({ auto_rotate: true, rotate_keys: true })).body.rotation).toEqual({
      auto_rotate: true,
      rotate_keys: true,
    });
    expect((await patch({ auto_rotate: false })).body.rotation).toEqual({
      auto_rotate: false,
      rotate_keys: true,
    });
    expect((await patch({ auto_rotate: true })).body.rotation).toEqual({
      auto_rotate: true,
      rotate_keys: true,
    });
    const timed = await patch({ auto_rotate: true, interval: 1, unit: "month" });
    expect([timed.status, timed.body.errors[0].message]).toEqual([
      400,
      "Secrets of this type are not rotated on time.",
    ]);
    const both = await patch({ auto_rotate: true, rotate_keys: true, interval: 1, unit: "month" });
    expect(both.status).toBe(400);
    const plain = await manager.post(SECRETS, {
      name: "plain",
      secret_type: "username_password",
      username: "scott",
    });
    const foreign = await manager.patch(`${SECRETS}/${plain.body.id}/metadata`, {
      rotation: { auto_rotate: true, rotate_keys: true },
    });
    expect([foreign.status, foreign.body.errors[0].code]).toEqual([400, "bad_request"]);
  });

  it.each([
    ["a name that is none", { common_name: "CANARY with spaces" }, /common name is a domain/],
    ["a key of another kind", { key_algorithm: "DSA" }, /key_algorithm must be RSA2048 or/],
    ["an authority that there is not", { ca: "CANARY" }, /no configuration of a public/],
    ["a DNS provider that there is not", { dns: "CANARY" }, /no configuration of a DNS provider/],
    ["an interval", { rotation: { auto_rotate: true, interval: 1, unit: "day" } }, /rotation/],
    ["a field that it does not have", { csr: "CANARY" }, /has a field/],
  ])("are refused with %s", async (_what, given, message) => {
    const answer = await ordered("refused", given);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toMatch(message);
    expect(answer.text).not.toContain("CANARY");
    expect(app.test.lastEvent()).toMatchObject({ operation: "secret.create", outcome: "failure" });
  });

  it("are ordered by those who may write, and validated by them", async () => {
    const reader = await app.person("reader@example.com", ["Reader"]);
    const { body } = await ordered("guarded");
    const refused = await reader.post(`${SECRETS}/${body.id}/actions`, VALIDATE);
    expect(refused.status).toBe(403);
    const early = await manager.post(`${SECRETS}/${body.id}/actions`, VALIDATE);
    expect([early.status, early.body.errors[0].message]).toEqual([
      412,
      "The challenges of the order are not there yet: try again in a moment.",
    ]);
  });

  it("leave nothing secret in the record, in the state or in the server's log", () => {
    const recorded = app.lines().map((line) => Buffer.from(line).toString());
    expect(canaries.size).toBeGreaterThan(8);
    expect(canaries.found(recorded.join("\n"))).toEqual([]);
    expect(canaries.found(JSON.stringify(app.logged))).toEqual([]);
    const state = [...midway, ...stateNow()].join("\n");
    expect(canaries.found(state)).toEqual([]);
    expect(state).toContain("_acme-challenge");
    expect(recorded.join("\n")).not.toContain("_acme-challenge");
  });
});
