/** Imported certificates and managed CSRs by IBM's wire, field by field. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { START } from "../../src/app/testing/test-app.ts";
import { fromUtf8 } from "../../src/kernel/bytes.ts";
import { openssl, OpensslAuthority } from "../../src/pki/testing/openssl.ts";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

const SECRETS = "/api/v2/secrets";
const root = OpensslAuthority.open(START, "/C=US/O=Example/CN=Root");
const leaf = root.issue({ subject: "/O=Example/CN=a.example.com", altNames: "DNS:a.example.com" });

let app: IbmApp;
let manager: Person;
beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
});
afterAll(async () => {
  root.close();
  await app.close();
});

const rfc3339 = (date: Date) => date.toISOString().replace(".000Z", "Z");

/** What every certificate shows, wherever it is shown. */
function factsOf(pem: string, included: readonly [intermediate: boolean, key: boolean]): object {
  const x509 = new X509Certificate(pem);
  return {
    common_name: "a.example.com",
    alt_names: ["a.example.com"],
    issuer: "C=US, O=Example, CN=Root",
    serial_number: (x509.serialNumber.toLowerCase().match(/../g) ?? []).join(":"),
    signing_algorithm: "ECDSA-SHA256",
    key_algorithm: "EC256",
    validity: { not_before: rfc3339(x509.validFromDate), not_after: rfc3339(x509.validToDate) },
    expiration_date: rfc3339(x509.validToDate),
    intermediate_included: included[0],
    private_key_included: included[1],
  };
}

describe("a certificate by IBM's wire", () => {
  it("is imported, shown, and renewed", async () => {
    const made = await manager.post(SECRETS, {
      secret_type: "imported_cert",
      name: "imported",
      certificate: leaf.certificate,
      intermediate: root.certificate,
      private_key: leaf.key,
      version_custom_metadata: { ticket: 1 },
    });
    expect(made.status).toBe(201);
    const parts = {
      certificate: leaf.certificate,
      intermediate: root.certificate,
      private_key: leaf.key,
    };
    const facts = factsOf(leaf.certificate, [true, true]);
    expect(made.body).toMatchObject({
      ...facts,
      ...parts,
      secret_type: "imported_cert",
      state: 1,
      versions_total: 1,
    });
    expect(made.body).not.toHaveProperty("managed_csr");
    expect(made.body).not.toHaveProperty("csr");
    const url = `${SECRETS}/${made.body.id}`;

    const metadata = await manager.get(`${url}/metadata`);
    expect(metadata.body).toMatchObject(facts);
    for (const field of Object.keys(parts)) expect(metadata.body).not.toHaveProperty(field);
    expect((await manager.get(url)).body).toMatchObject({ ...facts, ...parts });
    const version = await manager.get(`${url}/versions/current/metadata`);
    expect(version.body).toMatchObject({ ...facts, version_custom_metadata: { ticket: 1 } });
    for (const field of Object.keys(parts)) expect(version.body).not.toHaveProperty(field);

    const next = root.issue({ subject: "/CN=a.example.com", altNames: "DNS:a.example.com" });
    const renewed = await manager.post(`${url}/versions`, { certificate: next.certificate });
    expect(renewed.status).toBe(201);
    expect(renewed.body).toMatchObject({
      ...factsOf(next.certificate, [false, false]),
      certificate: next.certificate,
      alias: "current",
      payload_available: true,
    });
    expect(renewed.body).not.toHaveProperty("private_key");
    const previous = await manager.get(`${url}/versions/previous`);
    expect(previous.body).toMatchObject({ ...facts, ...parts, alias: "previous" });
  });

  const refused: Readonly<Record<string, readonly [object, status: number, message: string]>> = {
    "without anything in it": [{}, 400, "Give a certificate, or what a managed CSR is to ask for."],
    "with something else for a certificate": [
      { certificate: "hunter2" },
      400,
      "The field certificate is not a certificate in PEM.",
    ],
    "with a certificate that is no text": [
      { certificate: 1 },
      400,
      "The field certificate must be a string.",
    ],
    "with one that is too large": [
      { certificate: "x".repeat(102_401) },
      413,
      "The field certificate has at most 102400 bytes.",
    ],
    "with a date of its own": [
      { certificate: leaf.certificate, expiration_date: "2030-01-01T00:00:00Z" },
      400,
      "The request body has a field",
    ],
    "with a managed CSR that has a field of no meaning": [
      { managed_csr: { common_name: "x", hunter2: "x" } },
      400,
      "The field managed_csr has a field",
    ],
    "with a managed CSR that brings its key": [
      { managed_csr: { common_name: "x", private_key: "hunter2" } },
      400,
      "The field managed_csr has a field",
    ],
  };
  for (const [what, [body, status, message]] of Object.entries(refused)) {
    it(`is refused ${what}, and the refusal recorded`, async () => {
      const prototype = { secret_type: "imported_cert", name: "refused", ...body };
      const answer = await manager.post(SECRETS, prototype);
      expect(answer.status).toBe(status);
      expect(answer.body.errors[0].message).toContain(message);
      expect(answer.text).not.toContain("hunter2");
      expect(app.events().at(-1)).toMatchObject({
        action: "secrets-manager.secret.create",
        outcome: "failure",
        reason: { reasonCode: status },
      });
      expect(fromUtf8(app.lines().at(-1) as Uint8Array)).not.toContain("hunter2");
    });
  }
});

describe("a managed CSR by IBM's wire", () => {
  const asked = {
    common_name: "a.example.com",
    organization: ["Example"],
    alt_names: "b.example.com, c.example.com",
    key_type: "ec",
  };
  const usual = {
    ou: [],
    country: [],
    locality: [],
    province: [],
    street_address: [],
    postal_code: [],
    exclude_cn_from_sans: false,
    require_cn: true,
    server_flag: true,
    client_flag: true,
    code_signing_flag: false,
    email_protection_flag: false,
    key_bits: 256,
    rotate_keys: false,
  };

  it("is answered with its CSR, takes its certificate, and is made anew by a patch", async () => {
    const prototype = { secret_type: "imported_cert", name: "managed", managed_csr: asked };
    const made = await manager.post(SECRETS, prototype);
    expect(made.status).toBe(201);
    const csr = made.body.csr as string;
    expect(made.body).toMatchObject({ state: 0, state_description: "pre_activation" });
    expect(made.body.managed_csr).toEqual({ ...asked, ...usual, csr });
    for (const field of ["certificate", "private_key", "expiration_date", "validity"]) {
      expect(made.body).not.toHaveProperty(field);
    }
    expect(openssl(["req", "-verify", "-noout", "-text"], csr)).toContain("DNS:c.example.com");
    const url = `${SECRETS}/${made.body.id}`;
    expect((await manager.get(`${url}/metadata`)).body.managed_csr.csr).toBe(csr);

    const certificate = root.sign(csr);
    const version = await manager.post(`${url}/versions`, {
      certificate,
      intermediate: root.certificate,
    });
    expect(version.status).toBe(201);
    const whole = await manager.get(url);
    expect(whole.body).toMatchObject({
      state: 1,
      certificate,
      csr,
      private_key: expect.stringContaining("BEGIN PRIVATE KEY"),
      private_key_included: true,
    });
    expect(whole.body.managed_csr).not.toHaveProperty("private_key");

    const patch = { managed_csr: { ou: ["New"], alt_names: null, rotate_keys: true } };
    const patched = await manager.patch(`${url}/metadata`, patch);
    expect(patched.status).toBe(200);
    const { alt_names: _, ...rest } = asked;
    const after = { ...rest, ...usual, ou: ["New"], rotate_keys: true, csr: patched.body.csr };
    expect(patched.body.managed_csr).toEqual(after);
    expect(patched.body.csr).not.toBe(csr);
    expect(patched.text).not.toContain("PRIVATE KEY");
    const late = await manager.post(`${url}/versions`, { certificate: root.sign(csr) });
    expect(late.status).toBe(400);
    expect(late.body.errors[0].message).toContain("managed CSR");
  });

  it("is no part of a secret that has none", async () => {
    const prototype = {
      secret_type: "imported_cert",
      name: "plain",
      certificate: leaf.certificate,
    };
    const { body } = await manager.post(SECRETS, prototype);
    const url = `${SECRETS}/${body.id}/metadata`;
    const answer = await manager.patch(url, { managed_csr: { common_name: "x" } });
    expect([answer.status, answer.body.errors[0].message]).toEqual([
      400,
      "This secret has no managed CSR.",
    ]);
    const wrong = await manager.patch(url, { managed_csr: { key_bits: "hunter2" } });
    expect(wrong.status).toBe(400);
    expect(wrong.text).not.toContain("hunter2");
  });
});
