import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { altNamesOf, altNameText } from "./alt-names.ts";
import { issueCertificate, issueSelfSigned, type Contents } from "./issue.ts";
import type { Issuer } from "./issuer.ts";
import { generateKey, keyIdOf, publicKeyOf, readPrivateKey, type KeySpec } from "./keys.ts";
import { encodeName, NO_SUBJECT } from "./names.ts";
import { readCertificate } from "./read.ts";
import { certificateText, verified } from "./testing/openssl-verify.ts";

const NOW = Date.UTC(2026, 10, 21, 9);
const DAY = 86_400_000;

interface Signer {
  readonly issuer: Issuer;
  readonly pem: string;
}

const nameOf = (commonName: string): Uint8Array => encodeName({ ...NO_SUBJECT, commonName });
const keyOf = async (spec: KeySpec): Promise<Issuer["key"]> =>
  readPrivateKey(await generateKey(spec));

const AUTHORITY = { keyUsages: ["CertSign", "CRLSign"], altNames: [] } as const;
const LIFE = { notBefore: NOW - DAY, notAfter: NOW + 100 * DAY };

async function root(spec: KeySpec, pathLength: number | null = null): Promise<Signer> {
  const key = await keyOf(spec);
  const subject = nameOf(`Root ${spec.type}`);
  const contents = { ...AUTHORITY, ...LIFE, subject, authority: { pathLength } };
  const pem = await issueSelfSigned({ ...contents, publicKey: publicKeyOf(key) }, key);
  return { issuer: { key, name: subject, keyId: keyIdOf(key) }, pem };
}

async function below(
  above: Signer,
  spec: KeySpec,
  given: Partial<Contents> = {},
): Promise<Signer & { readonly key: Issuer["key"] }> {
  const key = await keyOf(spec);
  const subject = given.subject ?? nameOf(`Below ${spec.type}`);
  const pem = await issueCertificate(
    { ...AUTHORITY, ...LIFE, publicKey: publicKeyOf(key), ...given, subject },
    above.issuer,
  );
  return { issuer: { key, name: subject, keyId: keyIdOf(key) }, pem, key };
}

const LEAF: Partial<Contents> = {
  keyUsages: ["DigitalSignature"],
  extKeyUsages: ["1.3.6.1.5.5.7.3.1"],
  altNames: altNamesOf({ altNames: ["a.example.com"] }),
};
const ANY = { pathLength: null };

describe("a chain of certificates", () => {
  const specs: readonly KeySpec[] = [
    { type: "rsa", bits: 2_048 },
    { type: "ec", bits: 224 },
    { type: "ec", bits: 256 },
    { type: "ec", bits: 384 },
    { type: "ec", bits: 521 },
    { type: "ed25519" },
  ];

  it.each(specs)("of keys as $type $bits is believed by openssl and by Node", async (spec) => {
    const top = await root(spec);
    const first = await below(top, spec, { authority: ANY });
    const second = await below(first, { type: "ec", bits: 256 }, { authority: ANY });
    const leaf = await below(second, spec, LEAF);
    const intermediates = [first.pem, second.pem];
    expect(
      verified({
        at: NOW,
        root: top.pem,
        intermediates,
        certificate: leaf.pem,
        purpose: "sslserver",
      }),
    ).toBe("OK");
    for (const [one, above] of [
      [leaf, second],
      [second, first],
      [first, top],
      [top, top],
    ] as const) {
      const [certificate, issuer] = [new X509Certificate(one.pem), new X509Certificate(above.pem)];
      expect(certificate.checkIssued(issuer)).toBe(true);
      expect(certificate.verify(issuer.publicKey)).toBe(true);
    }
    expect(new X509Certificate(leaf.pem).checkPrivateKey(leaf.key)).toBe(true);
  });

  it("is believed only within its path length, its time and its permitted domains", async () => {
    const ec: KeySpec = { type: "ec", bits: 256 };
    const top = await root(ec, 0);
    const first = await below(top, ec, { authority: ANY });
    const leaf = await below(first, ec, LEAF);
    const chain = { root: top.pem, intermediates: [first.pem], certificate: leaf.pem };
    expect(verified({ at: NOW, ...chain })).toContain("path length constraint exceeded");

    const free = await root(ec);
    const limited = await below(free, ec, {
      authority: ANY,
      permittedDnsDomains: ["example.org"],
    });
    const outside = await below(limited, ec, LEAF);
    const limits = { root: free.pem, intermediates: [limited.pem] };
    expect(verified({ at: NOW, ...limits, certificate: outside.pem })).toContain(
      "permitted subtree violation",
    );
    const altNames = altNamesOf({ altNames: ["a.example.org"] });
    const inside = await below(limited, ec, { ...LEAF, altNames });
    expect(verified({ at: NOW, ...limits, certificate: inside.pem })).toBe("OK");
    expect(verified({ at: NOW + 101 * DAY, ...limits, certificate: inside.pem })).toContain(
      "certificate has expired",
    );
    expect(verified({ at: NOW - 2 * DAY, ...limits, certificate: inside.pem })).toContain(
      "not yet valid",
    );
  });
});

describe("a certificate", () => {
  let top: Signer;
  beforeAll(async () => {
    top = await root({ type: "ec", bits: 256 });
  });

  it("says what it is asked to say, in openssl's words", async () => {
    const { pem } = await below(
      top,
      { type: "ec", bits: 256 },
      {
        subject: encodeName(NO_SUBJECT),
        saysNoAuthority: true,
        keyUsages: ["DigitalSignature", "KeyAgreement"],
        extKeyUsages: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
        altNames: altNamesOf({
          altNames: ["*.example.com", "who@example.com"],
          ipSans: ["10.0.0.1", "2001:db8::1"],
          uriSans: ["spiffe://example/x"],
          otherSans: ["1.3.6.1.4.1.311.20.2.3;UTF8:who"],
        }),
        policies: ["1.3.6.1.4.1.99999.1"],
        crlUrl: "http://keytrail.test/crl",
        issuerUrl: "http://keytrail.test/ca",
      },
    );
    const text = certificateText(pem);
    const lines = text.split("\n").map((line) => line.trim());
    for (const [name, value] of [
      ["X509v3 Basic Constraints: critical", "CA:FALSE"],
      ["X509v3 Key Usage: critical", "Digital Signature, Key Agreement"],
      [
        "X509v3 Extended Key Usage:",
        "TLS Web Server Authentication, TLS Web Client Authentication",
      ],
      [
        // There is no subject: then these are critical (RFC 5280, section 4.2.1.6).
        "X509v3 Subject Alternative Name: critical",
        "DNS:*.example.com, email:who@example.com, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://example/x, othername: UPN::who",
      ],
      ["X509v3 Certificate Policies:", "Policy: 1.3.6.1.4.1.99999.1"],
      ["Authority Information Access:", "CA Issuers - URI:http://keytrail.test/ca"],
    ]) {
      expect(lines[lines.indexOf(name as string) + 1]).toBe(value);
    }
    expect(text).toContain("URI:http://keytrail.test/crl");
    const { keyId, authorityKeyId } = readCertificate(pem);
    expect(authorityKeyId).toBe(Buffer.from(top.issuer.keyId).toString("hex"));
    expect(keyId).not.toBe(authorityKeyId);
  });

  it("says nothing that it is not asked to say", async () => {
    const { pem } = await below(top, { type: "ec", bits: 256 }, { keyUsages: [], altNames: [] });
    const { extensions } = readCertificate(pem);
    expect(extensions.map(({ oid }) => oid)).toEqual(["2.5.29.14", "2.5.29.35"]);
  });

  it("has 20 octets of a serial number, each its own", async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, () => below(top, { type: "ec", bits: 256 }, LEAF)),
    );
    const numbers = made.map(({ pem }) => readCertificate(pem).serialNumber);
    expect(new Set(numbers).size).toBe(20);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9a-f](:[0-9a-f]{2}){19}$/);
  });

  it("may end after the times that are written with two digits of a year", async () => {
    const notAfter = Date.UTC(2126, 0, 2, 3, 4, 5);
    const { pem } = await below(top, { type: "ec", bits: 256 }, { ...LEAF, notAfter });
    expect(new X509Certificate(pem).validToDate.getTime()).toBe(notAfter);
    const last = Date.UTC(2049, 11, 31, 23, 59, 59);
    const other = await below(top, { type: "ec", bits: 256 }, { ...LEAF, notAfter: last });
    const { raw, validToDate } = new X509Certificate(other.pem);
    expect(validToDate.getTime()).toBe(last);
    // RFC 5280, section 4.1.2.5: until then UTCTime it has to be.
    expect(raw.includes("\u0017\u000d491231235959Z")).toBe(true);
  });

  it("is read as it was written, whatever its names", async () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
    const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
    const given = fc.record({
      altNames: fc.uniqueArray(
        fc.oneof(
          host,
          host.map((one) => `who@${one}`),
        ),
        { maxLength: 4 },
      ),
      ipSans: fc.uniqueArray(fc.ipV4(), { maxLength: 2 }),
      uriSans: fc.uniqueArray(
        host.map((one) => `spiffe://${one}/x`),
        { maxLength: 2 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(given, fc.integer({ min: 1, max: 3e10 }), async (names, seconds) => {
        const altNames = altNamesOf(names);
        const notAfter = NOW + (seconds % 3_000_000_000) * 1_000;
        const { pem } = await below(top, { type: "ec", bits: 256 }, { altNames, notAfter });
        const read = readCertificate(pem);
        expect(read.altNames.map(altNameText)).toEqual(altNames.map(altNameText));
        expect([read.notBefore, read.notAfter]).toEqual([LIFE.notBefore, notAfter]);
        expect(new X509Certificate(pem).verify(publicKeyOf(top.issuer.key))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
