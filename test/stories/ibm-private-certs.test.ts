/** Private certificates over IBM's wire: authorities, templates, certificates, revocation, and what anybody may fetch. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verified } from "../../src/pki/testing/openssl-verify.ts";
import { OpensslAuthority, opensslKey, requestBy } from "../../src/pki/testing/openssl.ts";
import { START } from "../../src/app/testing/test-app.ts";
import { openIbmApp, type IbmAnswer, type IbmApp, type Person } from "./ibm-app.ts";

const CONFIGURATIONS = "/api/v2/configurations";
const SECRETS = "/api/v2/secrets";
const PUBLISHED = "/v1/ibmcloud/private_cert/config/certificate_authorities";
const REVOKE = { action_type: "private_cert_action_revoke_certificate" };
const ACTION = "private_cert_configuration_action";

let app: IbmApp;
let manager: Person;

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
});
afterAll(() => app.close());

async function made(config: object): Promise<IbmAnswer["body"]> {
  const answer = await manager.post(CONFIGURATIONS, config);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body;
}

const actionsOf = (name: string): string => `${CONFIGURATIONS}/${name}/actions`;
const root = (name: string, more: object = {}): object => ({
  config_type: "private_cert_configuration_root_ca",
  name,
  max_ttl: "87600h",
  common_name: `Root ${name}`,
  key_type: "ec",
  key_bits: 384,
  ...more,
});
const intermediate = (name: string, more: object = {}): object => ({
  config_type: "private_cert_configuration_intermediate_ca",
  name,
  max_ttl: "8760h",
  common_name: `Intermediate ${name}`,
  signing_method: "internal",
  key_type: "ec",
  ...more,
});
const act = (name: string, action: string, fields: object = {}): Promise<IbmAnswer> =>
  manager.post(`${CONFIGURATIONS}/${name}/actions`, {
    action_type: `${ACTION}_${action}`,
    ...fields,
  });
/** By nobody in particular; the body as it came. */
const fetched = async (path: string): Promise<{ type: unknown; status: number; bytes: Buffer }> => {
  const response = await app.server.inject({ method: "GET", url: path });
  return {
    status: response.statusCode,
    type: response.headers["content-type"],
    bytes: response.rawPayload,
  };
};

describe("private certificates on IBM's wire", () => {
  it("live from the root to the revocation list", async () => {
    const top = await made(
      root("root", { crl_distribution_points_encoded: true, organization: ["Example"] }),
    );
    expect(top).toMatchObject({
      secret_type: "private_cert",
      max_ttl_seconds: 315_360_000,
      crl_expiry_seconds: 259_200,
      crl_disable: false,
      crl_distribution_points_encoded: true,
      issuing_certificates_urls_encoded: false,
      common_name: "Root root",
      organization: ["Example"],
      key_type: "ec",
      key_bits: 384,
      max_path_length: -1,
      format: "pem",
      status: "configured",
      expiration_date: "2036-11-18T09:00:00Z",
      data: { ca_chain: [], expiration: START / 1_000 + 315_360_000 },
    });
    const below = await made(
      intermediate("servers", { issuer: "root", issuing_certificates_urls_encoded: true }),
    );
    expect(below).toMatchObject({
      signing_method: "internal",
      issuer: "root",
      status: "certificate_template_required",
      data: { issuing_ca: top.data.certificate, ca_chain: [top.data.certificate] },
    });
    expect(below.data.csr).toContain("BEGIN CERTIFICATE REQUEST");
    const template = await made({
      config_type: "private_cert_configuration_template",
      name: "web",
      certificate_authority: "servers",
      allowed_domains: ["example.com"],
      allow_subdomains: true,
      allowed_secret_groups: "default",
      ttl: "720h",
      key_type: "ec",
      ou: ["Web"],
      not_before_duration: "0s",
    });
    expect(template).toMatchObject({
      allowed_secret_groups: "default",
      ttl_seconds: 2_592_000,
      key_bits: 256,
      server_flag: true,
      use_csr_sans: true,
      key_usage: ["DigitalSignature", "KeyAgreement", "KeyEncipherment"],
      not_before_duration_seconds: 0,
    });
    expect((await manager.get(`${CONFIGURATIONS}/servers`)).body.status).toBe("configured");

    const { status, body: secret } = await manager.post(SECRETS, {
      secret_type: "private_cert",
      name: "web",
      certificate_template: "web",
      common_name: "a.example.com",
      alt_names: ["b.example.com"],
      ip_sans: "10.0.0.1, 10.0.0.2",
      private_key_format: "pkcs8",
      rotation: { auto_rotate: true, interval: 10, unit: "day" },
    });
    expect(status).toBe(201);
    const x509 = new X509Certificate(secret.certificate);
    expect(secret).toMatchObject({
      certificate_template: "web",
      certificate_authority: "servers",
      common_name: "a.example.com",
      alt_names: ["a.example.com", "b.example.com", "10.0.0.1", "10.0.0.2"],
      issuer: "CN=Intermediate servers",
      signing_algorithm: "ECDSA-SHA256",
      key_algorithm: "EC256",
      expiration_date: "2026-12-21T09:00:00Z",
      validity: { not_before: "2026-11-21T09:00:00Z", not_after: "2026-12-21T09:00:00Z" },
      next_rotation_date: "2026-12-01T09:00:00Z",
      state_description: "active",
      ca_chain: [below.data.certificate, top.data.certificate],
      issuing_ca: below.data.certificate,
    });
    expect(secret.serial_number.replaceAll(":", "").toUpperCase()).toBe(x509.serialNumber);
    expect(secret.private_key).toContain("BEGIN PRIVATE KEY");
    expect(x509.subject).toBe("OU=Web\nCN=a.example.com");
    expect(x509.infoAccess).toBe(`CA Issuers - URI:http://localhost${PUBLISHED}/servers/ca`);

    const next = await manager.post(`${SECRETS}/${secret.id}/versions`, {});
    expect(next.status).toBe(201);
    expect(next.body.private_key).not.toBe(secret.private_key);
    const before = await manager.post(`${SECRETS}/${secret.id}/versions/previous/actions`, REVOKE);
    expect([before.status, before.body]).toEqual([
      201,
      { ...REVOKE, revocation_time_seconds: START / 1_000 },
    ]);
    const versions = await manager.get(`${SECRETS}/${secret.id}/versions`);
    expect(versions.body.versions).toMatchObject([
      { alias: "current", state: 1, serial_number: next.body.serial_number },
      {
        alias: "previous",
        state: 3,
        state_description: "deactivated",
        serial_number: secret.serial_number,
        revocation_time_seconds: START / 1_000,
        revocation_time_rfc3339: "2026-11-21T09:00:00Z",
      },
    ]);

    const lists = await Promise.all(
      ["root", "servers"].map((name) => fetched(`${PUBLISHED}/${name}/crl/pem`)),
    );
    const chain = {
      at: START,
      root: top.data.certificate,
      intermediates: [below.data.certificate],
      lists: lists.map(({ bytes }) => bytes.toString()),
    };
    expect(verified({ ...chain, certificate: secret.certificate })).toContain(
      "certificate revoked",
    );
    expect(verified({ ...chain, certificate: next.body.certificate })).toBe("OK");
  });

  it("are published at IBM's paths and at shorter ones, as bytes and as text", async () => {
    const { data } = (await manager.get(`${CONFIGURATIONS}/servers`)).body;
    for (const [crl, certificate, chain] of [
      [`${PUBLISHED}/servers/crl`, `${PUBLISHED}/servers/ca`, `${PUBLISHED}/servers/ca_chain`],
      [
        "/v1/ibmcloud/private_cert/ca/servers/crl",
        "/v1/ibmcloud/private_cert/ca/servers",
        "/v1/ibmcloud/private_cert/ca/servers/ca_chain",
      ],
    ] as const) {
      const [der, pem] = [await fetched(crl), await fetched(`${crl}/pem`)];
      expect([der.status, der.type]).toEqual([200, "application/pkix-crl"]);
      expect(pem.bytes.toString()).toContain("BEGIN X509 CRL");
      expect(pem.bytes.toString().replaceAll(/-----[^-]+-----|\n/g, "")).toBe(
        der.bytes.toString("base64"),
      );
      const [own, text] = [await fetched(certificate), await fetched(`${certificate}/pem`)];
      expect([own.status, own.type]).toEqual([200, "application/pkix-cert"]);
      expect(new X509Certificate(own.bytes).toString()).toBe(data.certificate);
      expect(text.bytes.toString()).toBe(data.certificate);
      expect((await fetched(chain)).bytes.toString()).toBe(data.certificate + data.ca_chain[0]);
    }
    expect((await fetched(`${PUBLISHED}/nobody/crl`)).status).toBe(404);
    expect((await manager.get(`${PUBLISHED}/nobody/crl`)).status).toBe(404);
  });

  it("as a bundle are one text that a server reads", async () => {
    const { body } = await manager.post(SECRETS, {
      secret_type: "private_cert",
      name: "bundle",
      certificate_template: "web",
      common_name: "bundle.example.com",
      format: "pem_bundle",
    });
    const labels = [...body.certificate.matchAll(/BEGIN ([A-Z ]+)-/g)].map(([, label]) => label);
    expect(labels).toEqual(["EC PRIVATE KEY", "CERTIFICATE", "CERTIFICATE", "CERTIFICATE"]);
    const read = await manager.get(`${SECRETS}/${body.id}`);
    expect(read.body.certificate).toBe(body.certificate);
  });

  it("for a CSR come without a key, and again for the next one", async () => {
    const csr = (): string =>
      requestBy(opensslKey(), { subject: "/CN=csr.example.com", altNames: "DNS:x.example.com" });
    const first = csr();
    const { body } = await manager.post(SECRETS, {
      secret_type: "private_cert",
      name: "csr",
      certificate_template: "web",
      common_name: "ignored.example.com",
      csr: first,
    });
    expect(body).toMatchObject({ common_name: "csr.example.com", csr: first });
    expect(body).not.toHaveProperty("private_key");
    const next = await manager.post(`${SECRETS}/${body.id}/versions`, { csr: csr() });
    expect(next.status).toBe(201);
    const keys = [body, next.body].map(({ certificate }) =>
      new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }),
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("know authorities that are signed outside, and sign for others", async () => {
    const outside = OpensslAuthority.open(START);
    const own = await made(intermediate("own", { signing_method: "external" }));
    expect([own.status, Object.keys(own.data)]).toEqual([
      "signed_certificate_required",
      ["csr", "private_key_type"],
    ]);
    const extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign"];
    const certificate = outside.sign(own.data.csr, { extensions });
    outside.close();
    const set = await act("own", "set_signed", { certificate: certificate + outside.certificate });
    expect([set.status, set.body]).toEqual([
      201,
      {
        action_type: `${ACTION}_set_signed`,
        config_type: "private_cert_configuration_intermediate_ca",
        certificate,
      },
    ]);
    const waiting = await made(intermediate("waiting"));
    expect(waiting.status).toBe("signing_required");
    const signed = await act("own", "sign_intermediate", {
      intermediate_certificate_authority: "waiting",
      ttl: "24h",
    });
    expect(signed.body).toMatchObject({
      intermediate_certificate_authority: "waiting",
      ttl: "86400s",
      data: { ca_chain: [certificate, outside.certificate] },
    });
    const csr = requestBy(opensslKey(), { subject: "/CN=Their own" });
    const theirs = await act("root", "sign_csr", { csr, max_path_length: 3, country: ["DE"] });
    expect(theirs.body).toMatchObject({ csr, max_path_length: 3, country: ["DE"] });
    expect(new X509Certificate(theirs.body.data.certificate).subject).toBe("C=DE\nCN=Their own");
    expect((await act("servers", "rotate_crl")).body).toMatchObject({ success: true });
    const rotated = await act("servers", "rotate_intermediate");
    expect([rotated.status, rotated.body.name]).toEqual([201, "servers"]);
    const revoked = await act("waiting", "revoke_ca_certificate");
    expect(revoked.status).toBe(201);
    expect(revoked.body.revocation_time_seconds).toBe(START / 1_000);
    expect((await manager.get(`${CONFIGURATIONS}/waiting`)).body.status).toBe("revoked");
  });

  it("have what they were made with changed by a merge patch", async () => {
    const patched = await manager.patch(`${CONFIGURATIONS}/root`, {
      max_ttl: "8760h",
      crl_expiry: "24h",
      issuing_certificates_urls_encoded: true,
    });
    expect([patched.status, patched.body]).toMatchObject([
      200,
      {
        max_ttl_seconds: 31_536_000,
        crl_expiry_seconds: 86_400,
        crl_distribution_points_encoded: true,
        issuing_certificates_urls_encoded: true,
      },
    ]);
    const template = await manager.patch(`${CONFIGURATIONS}/web`, {
      organization: ["Example"],
      allow_any_name: true,
    });
    expect(template.body).toMatchObject({
      organization: ["Example"],
      ou: ["Web"],
      allow_any_name: true,
      allow_subdomains: true,
      ttl_seconds: 2_592_000,
    });
  });
});

describe("a call about private certificates", () => {
  const template = { config_type: "private_cert_configuration_template", name: "refused" };
  const leaf = { secret_type: "private_cert", name: "refused", common_name: "a.example.com" };

  it.each<[what: string, url: string, body: object, message: string]>([
    [
      "without a longest time",
      CONFIGURATIONS,
      root("refused", { max_ttl: undefined }),
      "The field max_ttl is missing.",
    ],
    [
      "with a length that is none",
      CONFIGURATIONS,
      root("refused", { max_ttl: "soon" }),
      "The field max_ttl is a length of time",
    ],
    [
      "with a field that nobody knows",
      CONFIGURATIONS,
      root("refused", { key_size: 1 }),
      "has a field that is not known",
    ],
    [
      "with a key of a module",
      CONFIGURATIONS,
      root("refused", { crypto_key: { id: "x" } }),
      "hardware security module",
    ],
    ["with a key of no size", CONFIGURATIONS, root("refused", { key_bits: 100 }), "An EC key has"],
    [
      "without how it is signed",
      CONFIGURATIONS,
      intermediate("refused", { signing_method: undefined }),
      "The field signing_method must be internal or external",
    ],
    [
      "by an issuer that is not there",
      CONFIGURATIONS,
      intermediate("refused", { issuer: "nobody" }),
      "no certificate authority of this name",
    ],
    [
      "with identities in domains",
      CONFIGURATIONS,
      { ...template, certificate_authority: "servers", allowed_domains_template: true },
      "name the domains",
    ],
    [
      "of groups that are none",
      CONFIGURATIONS,
      { ...template, certificate_authority: "servers", allowed_secret_groups: "x" },
      "id of a secret group",
    ],
    [
      "by a root",
      CONFIGURATIONS,
      { ...template, certificate_authority: "root" },
      "A root signs authorities only",
    ],
    ["of no template", SECRETS, leaf, "The field certificate_template is missing."],
    [
      "of a template that is not there",
      SECRETS,
      { ...leaf, certificate_template: "nobody" },
      "no certificate template of this name",
    ],
    [
      "in no format",
      SECRETS,
      { ...leaf, certificate_template: "web", format: "p12" },
      "The field format must be pem or pem_bundle",
    ],
    [
      "for too long",
      SECRETS,
      { ...leaf, certificate_template: "web", ttl: "9000h" },
      "The time to live is at most",
    ],
    [
      "to do what is not done",
      actionsOf("root"),
      { action_type: `${ACTION}_rotate_intermediate` },
      "no such action",
    ],
    [
      "to do it with more words",
      actionsOf("root"),
      { action_type: `${ACTION}_rotate_crl`, now: true },
      "has a field that is not known",
    ],
    [
      "to sign nothing",
      actionsOf("root"),
      { action_type: `${ACTION}_sign_csr` },
      "The field csr is missing",
    ],
  ])("%s is refused in IBM's form", async (...[, url, body, message]) => {
    const answer = await manager.post(url, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toContain(message);
    expect(app.events().at(-1)?.outcome).toBe("failure");
  });

  it("that deletes what others need is refused by what is to be done", async () => {
    const refusals = await Promise.all(
      ["root", "servers", "web"].map((name) => manager.delete(`${CONFIGURATIONS}/${name}`)),
    );
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400]);
    const messages = refusals.map(({ body }) => body.errors[0].message as string);
    for (const message of messages) expect(message).toContain("delete them first");
  });
});
