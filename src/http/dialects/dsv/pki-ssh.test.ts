import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpensslAuthority } from "../../../pki/testing/openssl.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";
import { PkiWire, wrapped } from "./testing/pki-wire.ts";

const HOUR_MS = 3_600_000;
let server: DsvServer;
let pki: PkiWire;
let root: DsvAnswered;
let leaf: DsvAnswered;
let folder: string;

beforeEach(async () => {
  server = await DsvServer.open();
  pki = new PkiWire(server);
  root = await pki.root();
  leaf = await pki.leaf({ storePath: "ca/leaf" });
  folder = mkdtempSync(join(tmpdir(), "keytrail-ssh-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
});

function keygen(text: string, option: "-L" | "-l"): string {
  const path = join(folder, "key.pub");
  writeFileSync(path, `${text}\n`);
  const env = { ...process.env, TZ: "UTC" };
  return execFileSync("ssh-keygen", [option, "-f", path], { encoding: "utf8", env });
}

const fingerprint = ({ body }: DsvAnswered): string =>
  keygen(String(body.sshPublicKey), "-l").split(" ")[1] ?? "none";

describe("a certificate for SSH", () => {
  it("is for the leaf's key, by the root's, for the names and the time that are asked for", async () => {
    const ssh = await pki.ssh({ principals: ["bob", "ubuntu"], ttl: 3 });
    expect(ssh).toMatchObject({ status: 200, record: { path: "pki:ssh-cert", status: 200 } });
    const shown = keygen(ssh.body.sshCertificate, "-L");
    expect(shown).toContain(`Public key: RSA-CERT ${fingerprint(leaf)}`);
    expect(shown).toContain(`Signing CA: RSA ${fingerprint(root)} (using rsa-sha2-512)`);
    expect(shown).toContain("Valid: from 2026-11-21T08:59:30 to 2026-11-21T12:00:00");
    expect(shown).toMatch(/Principals: \n\s+bob\n\s+ubuntu\n/);
    const { serialNumber } = ssh.events[0]?.responseData ?? {};
    expect(shown).toContain(`Serial: ${String(serialNumber)}\n`);
    expect(shown).toContain('Key ID: "ca/leaf"');
  });

  it("is kept with the leaf, by an event of the leaf's own", async () => {
    const ssh = await pki.ssh({});
    expect(ssh.events.map(({ operation, target }) => [operation, target.name])).toEqual([
      ["pki-ssh-certificate.issue", "ca/root"],
      ["secret.update", "ca/leaf"],
    ]);
    expect(await pki.read(ssh)).toEqual({
      ...(await versionOf("0")),
      sshCertificate: ssh.body.sshCertificate,
    });
    expect(await server.call("GET", "/secrets/ca/leaf")).toMatchObject({
      body: { version: "1", data: { privateKey: leaf.body.privateKey } },
    });
  });

  async function versionOf(version: string): Promise<object> {
    const { body } = await server.call("GET", `/secrets/ca/leaf/version/${version}`);
    const found = body.data.find((one: { readonly version: string }) => one.version === version);
    return found.data;
  }

  it("ends with the root at the latest", async () => {
    const short = await pki.root({ rootCAPath: "short", maxTTL: 2 });
    await pki.leaf({ rootCAPath: "short", storePath: "short-leaf" });
    server.app.clock.advance(30 * 60_000);
    const ssh = await pki.ssh({ rootCAPath: "short", leafCAPath: "short-leaf", ttl: 2 });
    expect(keygen(ssh.body.sshCertificate, "-L")).toContain("to 2026-11-21T11:00:00");
    expect(short.status).toBe(200);
    server.app.clock.advance(2 * HOUR_MS);
    const as = await server.user("later@example.com", ["Manager"]);
    const refused = await pki.leaf({ rootCAPath: "short" }, as);
    expect(refused.body.message).toBe("The certificate of the authority has expired.");
  });

  it("is of no leaf whose reading is denied", async () => {
    const as = await server.user("bob@example.com", ["Writer"]);
    expect((await pki.ssh({}, as)).status).toBe(200);
    const secrets = { resources: ["secrets:ca:leaf"], actions: ["read"] };
    await pki.grant("users:bob@example.com", { effect: "deny", ...secrets });
    const refused = await pki.ssh({}, as);
    expect([refused.status, refused.record?.status]).toEqual([403, 403]);
  });

  it("is of a leaf that this root has signed, and of nothing else", async () => {
    await pki.root({ rootCAPath: "other" });
    await pki.leaf({ rootCAPath: "other", storePath: "other-leaf" });
    await server.call("POST", "/secrets/plain", { body: { data: { cert: "nonsense" } } });
    const sentence = "The secret has no certificate that this authority has signed.";
    for (const leafCAPath of ["other-leaf", "plain"]) {
      const refused = await pki.ssh({ leafCAPath });
      expect(refused).toMatchObject({ status: 400, body: { code: 400, message: sentence } });
      expect(refused.events).toHaveLength(1);
    }
    expect((await pki.ssh({ leafCAPath: "nowhere" })).status).toBe(404);
  });

  it("is of no leaf that has expired", async () => {
    await pki.leaf({ storePath: "brief", ttl: 1 });
    server.app.clock.advance(HOUR_MS - 60_000);
    expect((await pki.ssh({ leafCAPath: "brief" })).status).toBe(200);
    server.app.clock.advance(60_000);
    const as = await server.user("later@example.com", ["Manager"]);
    const refused = await pki.ssh({ leafCAPath: "brief" }, as);
    expect(refused).toMatchObject({
      status: 400,
      body: { message: "The certificate of the leaf has expired." },
    });
    expect(refused.events).toHaveLength(1);
  });

  it("is for names, and for a while", async () => {
    const refusals: readonly (readonly [object, string])[] = [
      [{ principals: [] }, "principals"],
      [{ principals: ["a b"] }, "principals"],
      [{ principals: undefined }, "principals"],
      [{ ttl: undefined }, "ttl"],
      [{ ttl: 0 }, "ttl"],
    ];
    for (const [body, field] of refusals) {
      const refused = await pki.ssh(body);
      expect(refused).toMatchObject({
        status: 400,
        body: { errors: { [field]: [expect.any(String)] } },
      });
    }
    expect((await pki.ssh({ ttl: 1_001 })).body.message).toMatch("at most 1000 hours");
    expect((await pki.ssh({ principals: "bob,alice" })).status).toBe(200);
  });

  it("is by roots with RSA keys", async () => {
    const elsewhere = OpensslAuthority.open(server.app.clock.now());
    const extensions = ["basicConstraints=critical,CA:TRUE"];
    const { key, certificate } = elsewhere.issue({ subject: "/CN=Below" }, { extensions }, "ec");
    elsewhere.close();
    const given = { certificate: wrapped(certificate), privateKey: wrapped(key) };
    const registered = await pki.register({ rootCAPath: "ec", ...given });
    expect(registered.body).not.toHaveProperty("sshPublicKey");
    await pki.leaf({ rootCAPath: "ec", storePath: "ec-leaf" });
    const refused = await pki.ssh({ rootCAPath: "ec", leafCAPath: "ec-leaf" });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching("RSA") } });
  });

  it("is given out to all who ask at the same time, and each is kept", async () => {
    const both = await Promise.all([pki.ssh({}), pki.ssh({})]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const texts = both.map(({ body }) => String(body.sshCertificate));
    const kept = await Promise.all(["1", "2"].map(versionOf));
    const certificates = kept.map((data) => "sshCertificate" in data && data.sshCertificate);
    expect(new Set(certificates)).toEqual(new Set(texts));
  });
});
