import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpensslAuthority, opensslKey, requestBy } from "../../../pki/testing/openssl.ts";
import { certificateText, verified } from "../../../pki/testing/openssl-verify.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";
import { PkiWire, ROOT, unwrapped, wrapped } from "./testing/pki-wire.ts";

const HOUR_MS = 3_600_000;
let server: DsvServer;
let pki: PkiWire;

beforeEach(async () => {
  server = await DsvServer.open();
  pki = new PkiWire(server);
});
afterEach(() => server.close());

const certificateOf = ({ body }: DsvAnswered): string => unwrapped(body.certificate);
const endOf = (answered: DsvAnswered): number =>
  Date.parse(new X509Certificate(certificateOf(answered)).validTo);

/** What openssl says of a certificate by a root. */
function checked(root: string, certificate: string, purpose?: "sslserver" | "sslclient"): string {
  return verified({
    at: server.app.clock.now(),
    root,
    certificate,
    ...(purpose ? { purpose } : {}),
  });
}

describe("a root that is made", () => {
  it("is an authority that openssl accepts, and lives as long as its leaves may", async () => {
    const made = await pki.root({
      organization: "FooBar, Inc",
      organizationalUnit: "Tests",
      country: "US",
      state: "IA",
      locality: "Boone",
      emailAddress: "pki@example.com",
      description: "of tests",
    });
    expect(made.status).toBe(200);
    const certificate = certificateOf(made);
    expect(checked(certificate, certificate)).toBe("OK");
    const text = certificateText(certificate);
    expect(text).toContain(
      'C = US, ST = IA, L = Boone, O = "FooBar, Inc", OU = Tests, CN = Root of tests, emailAddress = pki@example.com, description = of tests',
    );
    expect(text).toMatch(/CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Public-Key: \(2048 bit\)/);
    expect(text).toMatch(/Signature Algorithm: sha256WithRSAEncryption/);
    expect(endOf(made)).toBe(server.app.clock.now() + 1_000 * HOUR_MS);
    expect(unwrapped(made.body.privateKey)).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  });

  it("is recorded as DSV does, with the secret that came of it, and without its key", async () => {
    const made = await pki.root();
    expect(made.record).toMatchObject({ path: "pki:root", action: "POST", status: 200 });
    expect(made.events.map(({ operation }) => operation)).toEqual([
      "pki-root.create",
      "secret.create",
    ]);
    expect(made.events.map(({ target }) => target.name)).toEqual(["ca/root", "ca/root"]);
    expect(made.events[0]?.requestData).toEqual({
      rootCAPath: "ca/root",
      domains: ROOT.domains,
      maxTTL: 1_000,
    });
  });

  it("is an ordinary secret to the other wires", async () => {
    const made = await pki.root({ crl: "http://crl.example.com/root.crl" });
    const { certificate: cert, privateKey, sshPublicKey } = made.body;
    expect(await pki.read(made)).toEqual({
      cert,
      privateKey,
      sshPublicKey,
      domains: ROOT.domains,
      maxTTL: 1_000,
      crl: "http://crl.example.com/root.crl",
    });
    const listed = await pki.ibm("GET", "/secrets?search=ca");
    expect(listed.secrets).toMatchObject([
      { name: "ca/root", secret_type: "kv", custom_metadata: { type: "root-cert" } },
    ]);
  });
});

describe("a leaf", () => {
  it("is a key and a certificate that openssl accepts by its root", async () => {
    const root = certificateOf(await pki.root({ crl: "http://crl.example.com/root.crl" }));
    const leaf = await pki.leaf({ ttl: 24, chain: true, organization: "Foo" });
    expect(leaf).toMatchObject({ status: 200, record: { path: "pki:leaf", status: 200 } });
    expect(unwrapped(leaf.body.rootCertificate)).toBe(root);
    for (const purpose of ["sslserver", "sslclient"] as const) {
      expect(checked(root, certificateOf(leaf), purpose)).toBe("OK");
    }
    const text = certificateText(certificateOf(leaf));
    expect(text).toContain("Subject: O = Foo, CN = web.example.com");
    expect(text).toContain("DNS:web.example.com");
    expect(text).toContain("URI:http://crl.example.com/root.crl");
    expect(endOf(leaf)).toBe(server.app.clock.now() + 24 * HOUR_MS);
    const read = new X509Certificate(certificateOf(leaf));
    expect(read.checkPrivateKey(createPrivateKey(unwrapped(leaf.body.privateKey)))).toBe(true);
    expect(leaf.events.map(({ operation }) => operation)).toEqual(["pki-leaf.issue"]);
    const { serialNumber } = leaf.events[0]?.responseData ?? {};
    expect(String(serialNumber).replaceAll(":", "").toUpperCase()).toBe(read.serialNumber);
  });

  it("has no root with it unless that is asked for", async () => {
    await pki.root();
    expect((await pki.leaf({})).body).not.toHaveProperty("rootCertificate");
  });

  it("is good for as long as the root allows, and never for longer than the root", async () => {
    const rootEnd = endOf(await pki.root());
    server.app.clock.advance(HOUR_MS / 2);
    expect(endOf(await pki.leaf({}))).toBe(rootEnd);
    expect(endOf(await pki.leaf({ ttl: 1_000 }))).toBe(rootEnd);
    expect(endOf(await pki.leaf({ ttl: 5 }))).toBe(server.app.clock.now() + 5 * HOUR_MS);
  });

  it("is kept as a secret with an event of its own where that is asked for", async () => {
    await pki.root();
    const leaf = await pki.leaf({ storePath: "/ca/leaf" });
    expect(leaf.events.map(({ operation }) => operation)).toEqual([
      "pki-leaf.issue",
      "secret.create",
    ]);
    const { certificate: cert, privateKey, sshPublicKey } = leaf.body;
    expect(await pki.read(leaf)).toEqual({ cert, privateKey, sshPublicKey });
    expect(leaf.events[0]?.responseData).toMatchObject({
      storedAs: leaf.events[1]?.responseData["id"],
    });
  });

  it("is made from keys in any letter case, and of nothing where nothing is meant", async () => {
    await pki.root();
    const body = {
      ROOTCAPATH: "/ca:root",
      CommonName: "a.example.com",
      TTL: 0,
      chain: false,
      country: "",
      storepath: "",
    };
    expect((await server.call("POST", "/pki/leaf", { body })).status).toBe(200);
    const form = "rootcapath=ca/root&commonname=b.example.com&ttl=3&chain=true";
    const made = await server.call("POST", "/pki/leaf", { body: form });
    expect(made).toMatchObject({ status: 200, body: { rootCertificate: expect.any(String) } });
  });
});

describe("a request", () => {
  const request = (names?: string, kind: "rsa" | "ec" = "rsa"): string =>
    requestBy(opensslKey(kind), {
      subject: "/C=US/CN=foo.example.org/description=Administrators",
      ...(names ? { altNames: names } : {}),
    });

  it("is signed for its names, and those that are asked for besides", async () => {
    const root = certificateOf(await pki.root());
    const csr = wrapped(request("DNS:a.example.com"));
    const signed = await pki.sign({ csr, ttl: 24, subjectAltNames: ["*.example.com"] });
    expect(signed).toMatchObject({ status: 200, record: { path: "pki:sign", status: 200 } });
    expect(checked(root, certificateOf(signed), "sslserver")).toBe("OK");
    const text = certificateText(certificateOf(signed));
    expect(text).toContain("DNS:foo.example.org, DNS:*.example.com, DNS:a.example.com");
    expect(signed.body).not.toHaveProperty("privateKey");
  });

  it("is taken as PEM too, with keys of other kinds, and lists with commas", async () => {
    const root = certificateOf(await pki.root());
    const asked = {
      csr: request(undefined, "ec"),
      subjectAltNames: "b.example.com, ,c.example.com",
    };
    const signed = await pki.sign({ ...asked, chain: "true" });
    expect(unwrapped(signed.body.rootCertificate)).toBe(root);
    expect(checked(root, certificateOf(signed), "sslserver")).toBe("OK");
    const text = certificateText(certificateOf(signed));
    expect(text).toContain("DNS:b.example.com, DNS:c.example.com");
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\s/);
  });

  it("puts nothing into the subject that nobody looks at", async () => {
    await pki.root();
    const text = certificateText(certificateOf(await pki.sign({ csr: request() })));
    expect(text).toContain("Subject: C = US, CN = foo.example.org\n");
  });
});

describe("an authority that was made elsewhere", () => {
  let elsewhere: OpensslAuthority;
  beforeEach(() => {
    elsewhere = OpensslAuthority.open(server.app.clock.now(), "/O=Elsewhere/CN=Root", "rsa");
  });
  afterEach(() => elsewhere.close());

  it.each(["rsa", "ec", "ed25519"] as const)("signs here: %s", async (kind) => {
    const extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"];
    const asked = { subject: "/CN=Below" };
    const { key, certificate } = elsewhere.issue(asked, { extensions }, kind);
    const body = { privateKey: wrapped(key), certificate: wrapped(certificate), maxTTL: 900 };
    const registered = await pki.register(body);
    expect(registered).toMatchObject({
      status: 201,
      record: { path: "pki:register", action: "POST", status: 201 },
    });
    expect(registered.body).not.toHaveProperty("privateKey");
    const leaf = await pki.leaf({ ttl: 900 });
    const [below, at] = [certificateOf(leaf), server.app.clock.now()];
    const chain = { at, root: elsewhere.certificate, intermediates: [certificate] };
    expect(verified({ ...chain, certificate: below, purpose: "sslserver" })).toBe("OK");
  });
});

it("no key, no request and no certificate stands in what is recorded", async () => {
  const made = await pki.root();
  const leaf = await pki.leaf({ storePath: "ca/leaf" });
  const csr = requestBy(opensslKey("rsa"), { subject: "/CN=foo.example.org" });
  const { certificate, privateKey } = made.body;
  const foreign = { rootCAPath: "wrong", certificate, privateKey: leaf.body.privateKey };
  const ssh = await pki.ssh({});
  const statuses = [
    await pki.sign({ csr: wrapped(csr) }),
    await pki.register({ rootCAPath: "again", certificate, privateKey, maxTTL: 900 }),
    await pki.register(foreign),
  ].map(({ status }) => status);
  expect([...statuses, ssh.status]).toEqual([200, 201, 400, 200]);
  const recorded = JSON.stringify(server.app.events());
  const pems = [certificate, privateKey, leaf.body.privateKey].map(unwrapped);
  const lines = [...pems, csr].flatMap((pem) => pem.split("\n")).filter((line) => /^\w/.test(line));
  const wholes = [certificate, privateKey, leaf.body.privateKey, ssh.body.sshCertificate];
  expect(lines.length).toBeGreaterThan(60);
  for (const text of [...lines, ...wholes.map((whole) => String(whole).slice(0, 60))]) {
    expect(recorded).not.toContain(text);
  }
});
