import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpensslAuthority, opensslKey, requestBy } from "../../../pki/testing/openssl.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";
import { PkiWire, ROOT, unwrapped, wrapped } from "./testing/pki-wire.ts";

const DAY_MS = 86_400_000;
let server: DsvServer;
let pki: PkiWire;
let elsewhere: OpensslAuthority;
let made: DsvAnswered;

beforeAll(async () => {
  server = await DsvServer.open();
  pki = new PkiWire(server);
  elsewhere = OpensslAuthority.open(server.app.clock.now());
  made = await pki.root({ domains: ["example.com", "*.example.org"] });
});
afterAll(async () => {
  elsewhere.close();
  await server.close();
});

/** That it was, in DSV's form, and is recorded as one event that says so. */
function refusedAs(answered: DsvAnswered, status: number, message: string | RegExp): void {
  expect(answered.body).toMatchObject({ code: status, message: expect.stringMatching(message) });
  expect(answered.status).toBe(status);
  expect(answered.events).toMatchObject([{ outcome: "failure" }]);
  expect(answered.record).toMatchObject({ status, action: "POST" });
}

const request = (commonName: string, altNames?: string, options?: readonly string[]): string => {
  const asked = { subject: `/CN=${commonName}`, ...(altNames ? { altNames } : {}) };
  return wrapped(requestBy(opensslKey(), asked, options));
};

describe("names", () => {
  it.each([
    "example.com",
    "a.b.example.com",
    "*.example.com",
    "WEB.Example.com",
    "a.example.org",
    "*.example.org",
    "bob@example.com",
  ])("in the domains of the root are certified: %s", async (commonName) => {
    expect((await pki.sign({ csr: request(commonName) })).status).toBe(200);
  });

  it.each([
    "example.net",
    "notexample.com",
    "example.com.evil.net",
    "com",
    "*.com",
    "example.org",
    "bob@example.org",
    "bob@evil.net",
  ])("outside of them are not: %s", async (commonName) => {
    refusedAs(await pki.sign({ csr: request(commonName) }), 400, "names in its domains");
    refusedAs(await pki.leaf({ commonName }), 400, "names in its domains");
  });

  it.each([
    [{ csr: "DNS:evil.net" }],
    [{ csr: "IP:10.0.0.1" }],
    [{ csr: "URI:https://web.example.com/" }],
    [{ csr: "email:bob@evil.net" }],
    [{ others: ["evil.net"] }],
    [{ csr: "DNS:evil.net/.example.com" }],
    [{ csr: "DNS:*.*.example.com" }],
    [{ csr: "email:bob@evil.net@example.com" }],
  ])("outside of them are not among others: %j", async ({ csr, others = [] }: Others) => {
    const body = { csr: request("a.example.com", csr), subjectAltNames: others };
    refusedAs(await pki.sign(body), 400, "names in its domains");
  });

  interface Others {
    readonly csr?: string;
    readonly others?: readonly string[];
  }

  it("are host names and e-mail addresses", async () => {
    refusedAs(await pki.leaf({ commonName: "Bob Builder" }), 400, "host name");
    refusedAs(await pki.sign({ csr: request("Bob Builder") }), 400, "host name");
  });

  it("are needed: a request without any is for nobody", async () => {
    const csr = wrapped(requestBy(opensslKey(), { subject: "/O=Nobody" }));
    refusedAs(await pki.sign({ csr }), 400, "at least one");
  });

  it("are in the domains in the subject too", async () => {
    const refused = await pki.leaf({ emailAddress: "bob@evil.net" });
    refusedAs(refused, 400, "names in its domains");
    expect((await pki.leaf({ emailAddress: "bob@example.com" })).status).toBe(200);
  });

  it("are needed by every root", async () => {
    const rootCAPath = "other";
    for (const domains of [[], [""], ["no domain"], ["a_b.com"]]) {
      const refused = await pki.root({ rootCAPath, domains });
      refusedAs(refused, 400, "1 to 100 domains");
      expect(refused.body.errors).toEqual({ domains: [expect.any(String)] });
    }
    refusedAs(await pki.root({ rootCAPath, domains: undefined }), 400, "domains is missing");
  });
});

it("what is certified certifies nothing, whatever its secret says", async () => {
  const { certificate: cert, privateKey } = (await pki.leaf({})).body;
  const data = { cert, privateKey, domains: ["example.com"], maxTTL: 10 };
  await server.call("POST", "/secrets/fake", { body: { data } });
  refusedAs(await pki.leaf({ rootCAPath: "fake" }), 400, "not that of a certificate authority");
});

describe("times to live", () => {
  it("are at most what the root allows, in whole hours", async () => {
    expect((await pki.leaf({ ttl: 1_000 })).status).toBe(200);
    const refused = await pki.leaf({ ttl: 1_001 });
    refusedAs(refused, 400, "at most 1000 hours");
    expect(refused.events[0]?.requestData).toMatchObject({ rootCAPath: "ca/root", ttl: 1_001 });
    refusedAs(await pki.sign({ csr: request("example.com"), ttl: 1_001 }), 400, "1000 hours");
    for (const ttl of [-1, 1.5, "soon"]) refusedAs(await pki.leaf({ ttl }), 400, "ttl");
    for (const maxTTL of [0, 1_000_001]) {
      refusedAs(await pki.root({ rootCAPath: "other", maxTTL }), 400, "maxTTL");
    }
  });
});

describe("what is brought", () => {
  it("as a request is one, and its own key has signed it", async () => {
    const good = Buffer.from(unwrapped(request("example.com")));
    const lines = good.toString().split("\n");
    const der = Buffer.from(lines.slice(1, -2).join(""), "base64");
    der[der.length - 3] = (der.at(-3) ?? 0) ^ 1;
    const bad = [lines[0], der.toString("base64"), "-----END CERTIFICATE REQUEST-----"].join("\n");
    refusedAs(await pki.sign({ csr: wrapped(bad) }), 400, "not signed by its own key");
    refusedAs(await pki.sign({ csr: "nonsense" }), 400, "not a certificate signing request");
    const certificate = made.body.certificate;
    refusedAs(await pki.sign({ csr: certificate }), 400, "not a certificate signing request");
    refusedAs(await pki.sign({}), 400, "csr is missing");
    const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey;
    const pem = weak.export({ type: "pkcs8", format: "pem" });
    const csr = wrapped(requestBy(pem, { subject: "/CN=example.com" }));
    refusedAs(await pki.sign({ csr }), 400, "2048 bits");
    const huge = wrapped(`${"x".repeat(120_000)}${good.toString()}`);
    refusedAs(await pki.sign({ csr: huge }), 413, "at most");
  });

  it("as a request asks for no authority", async () => {
    const options = ["-addext", "basicConstraints=critical,CA:TRUE"];
    const csr = request("example.com", undefined, options);
    refusedAs(await pki.sign({ csr }), 400, "asks for an authority");
  });

  it("as a root is an authority that stands, with its own key", async () => {
    const at = server.app.clock.now();
    const extensions = ["basicConstraints=critical,CA:TRUE"];
    const asked = { subject: "/CN=Below" };
    const authority = elsewhere.issue(asked, { extensions });
    const over = elsewhere.issue(asked, { extensions, notAfter: at - DAY_MS });
    const later = elsewhere.issue(asked, { extensions, notBefore: at + DAY_MS });
    const short = elsewhere.issue(asked, { extensions, notAfter: at + 20 * DAY_MS });
    const signsNone = elsewhere.issue(asked, { extensions: [...extensions, "keyUsage=cRLSign"] });
    const leaf = elsewhere.issue(asked);
    const given = ({ key, certificate }: typeof leaf) =>
      pki.register({
        rootCAPath: "r",
        certificate: wrapped(certificate),
        privateKey: wrapped(key),
      });
    refusedAs(await given({ ...authority, key: opensslKey() }), 400, "not that of the certificate");
    refusedAs(await given(over), 400, "has expired");
    refusedAs(await given(later), 400, "not valid yet");
    refusedAs(await given(short), 400, "ends before");
    refusedAs(await given(signsNone), 400, "authority that signs");
    refusedAs(await given(leaf), 400, "authority that signs");
    refusedAs(await given({ ...authority, key: "nonsense" }), 400, "private key is not one");
    refusedAs(await given({ ...authority, certificate: "nonsense" }), 400, "not a certificate");
    const two = `${authority.certificate}${elsewhere.certificate}`;
    refusedAs(await given({ ...authority, certificate: two }), 400, "authority that signs");
    expect((await given(authority)).status).toBe(201);
    refusedAs(
      await given(authority),
      400,
      "^error creating secret, secret at path already exists$",
    );
  });

  it("as the place of a revocation list is a URL", async () => {
    for (const crl of [
      "nowhere",
      "ldap://a/b",
      "http://u:p@a/b",
      `http://a/${"x".repeat(2_048)}`,
    ]) {
      const refused = await pki.root({ rootCAPath: "other", crl });
      refusedAs(refused, 400, "URL of a revocation list");
    }
  });

  it("is nothing that is not known, and no path that is none", async () => {
    refusedAs(await pki.leaf({ keyType: "ec" }), 400, "not known here");
    refusedAs(await pki.leaf({ storePath: "a b" }), 400, "storePath");
    refusedAs(await pki.root({ rootCAPath: "" }), 400, "rootCAPath is missing");
    refusedAs(await pki.root({ rootCAPath: "//" }), 400, "A name has");
  });
});

describe("where something is kept", () => {
  it("nothing is before", async () => {
    const taken = /^error creating secret, secret at path already exists$/;
    refusedAs(await pki.root(), 400, taken);
    refusedAs(await pki.leaf({ commonName: "a.example.com", storePath: "ca/root" }), 400, taken);
  });

  it("there is an authority, and not another secret", async () => {
    const leaf = await pki.leaf({ storePath: "a/leaf" });
    expect(leaf.status).toBe(200);
    const answered = await pki.leaf({ rootCAPath: "a/leaf" });
    refusedAs(answered, 400, "not that of a certificate authority");
    refusedAs(await pki.leaf({ rootCAPath: "nowhere" }), 404, "^unable to find item");
  });

  it("whoever breaks it has it sign no more", async () => {
    const broken = await pki.root({ rootCAPath: "broken" });
    const { certificate, privateKey } = made.body;
    const id = String(broken.events[0]?.responseData["id"]);
    const whole = { ...ROOT, cert: certificate, privateKey };
    for (const data of [
      { ...whole, cert: broken.body.certificate },
      { ...whole, cert: undefined },
      { ...whole, privateKey: "nonsense" },
      { ...whole, domains: "example.com" },
      { ...whole, maxTTL: "1000" },
    ]) {
      const payload = { data: JSON.parse(JSON.stringify(data)) as object };
      await pki.ibm("POST", `/secrets/${id}/versions`, payload);
      refusedAs(await pki.leaf({ rootCAPath: "broken" }), 400, "not that of a certificate");
    }
    await pki.ibm("POST", `/secrets/${id}/versions`, { data: whole });
    expect((await pki.leaf({ rootCAPath: "broken" })).status).toBe(200);
  });
});
