import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { altNamesOf, altNameText } from "./alt-names.ts";
import { makeCsr } from "./csr.ts";
import { readPrivateKey, spkiOf } from "./keys.ts";
import { NO_SUBJECT } from "./names.ts";
import { MAX_PEM_BLOCKS, MAX_PEM_BYTES, pemBlocks, pemOf } from "./pem.ts";
import {
  checkChain,
  isIssuedBy,
  readCertificate,
  readCertificates,
  type Certificate,
} from "./read.ts";
import { openssl, opensslKey, OpensslAuthority, requestBy } from "./testing/openssl.ts";

const AT = Date.UTC(2026, 10, 21);
const root = OpensslAuthority.open(AT);
const below = root.intermediate("/CN=Below");
afterAll(() => [root, below].forEach((one) => one.close()));

/** The library reads the same of it as we do. */
function expectAgreement(certificate: Certificate): void {
  const x509 = new X509Certificate(certificate.pem);
  const serial = certificate.serialNumber.replaceAll(":", "");
  expect(BigInt(`0x${serial}`)).toBe(BigInt(`0x${x509.serialNumber}`));
  expect(certificate.notBefore).toBe(x509.validFromDate.getTime());
  expect(certificate.notAfter).toBe(x509.validToDate.getTime());
  expect(certificate.isCa).toBe(x509.ca);
  expect(certificate.extKeyUsages ?? undefined).toEqual(x509.keyUsage);
  expect(spkiOf(certificate.publicKey)).toEqual(spkiOf(x509.publicKey));
  const { subject, issuer } = x509.toLegacyObject();
  expect(certificate.subject.commonName ?? undefined).toEqual(last(subject.CN));
  expect(certificate.subject.organization).toEqual(all(subject.O));
  expect(certificate.subject.ou).toEqual(all(subject.OU));
  expect(certificate.subject.country).toEqual(all(subject.C));
  expect(
    certificate.issuerText.includes(`O=${last(issuer?.O)?.replaceAll(/[,+"\\<>;]/g, "\\$&")}`),
  ).toBe(issuer?.O !== undefined);
  const named = certificate.altNames.filter(({ kind }) => kind !== "other" && kind !== "unread");
  expect(named.map((one) => `${one.kind} ${altNameText(one)}`)).toEqual(altNamesBy(x509));
}

/** As the library has them, in our words; without names of directories, which we do not read. */
function altNamesBy({ subjectAltName = "" }: X509Certificate): readonly string[] {
  const kinds: Readonly<Record<string, string>> = {
    DNS: "dns",
    email: "email",
    URI: "uri",
    "IP Address": "ip",
  };
  const names = subjectAltName.replace(/(?:, )?DirName:.*$/, "").split(", ");
  return names.filter(Boolean).map((name) => {
    const [, kind = "", value = ""] = /^([^:]+):(.*)$/.exec(name) ?? [];
    const isLong = kind === "IP Address" && value.includes(":");
    const text = isLong ? new URL(`http://[${value}]`).hostname.slice(1, -1) : value;
    return `${kinds[kind]} ${text}`;
  });
}

function all(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}

function last(value: string | string[] | undefined): string | undefined {
  return all(value).at(-1);
}

describe("a certificate that is read", () => {
  it("says what the library says of each root that browsers trust", () => {
    expect(rootCertificates.length).toBeGreaterThan(100);
    for (const pem of rootCertificates) {
      const certificate = readCertificate(pem);
      expectAgreement(certificate);
      expect(certificate.signingAlgorithm).toMatch(/^SHA\d+-RSA$|^ECDSA-SHA\d+$/);
    }
  });

  it("says what the library says of any that openssl issues", async () => {
    const key = readPrivateKey(new Sensitive(opensslKey("ec")));
    const word = fc.stringMatching(/^[A-Za-z][A-Za-z ,.ä-]{0,20}[A-Za-z]$/);
    const asked = fc.record({
      commonName: word,
      organization: fc.array(word, { minLength: 1, maxLength: 2 }),
      ou: fc.array(word, { maxLength: 3 }),
      country: fc.constantFrom([], ["US"]),
      altNames: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 3 }),
      ipSans: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(asked, fc.nat(1_000), async ({ altNames, ipSans, ...subject }, days) => {
        const csr = await makeCsr({
          subject: { ...NO_SUBJECT, ...subject },
          altNames: altNamesOf({ altNames, ipSans }),
          key,
        });
        const notAfter = AT + days * 86_400_000;
        const extensions = ["extendedKeyUsage=serverAuth,1.2.3.4"];
        const certificate = readCertificate(root.sign(csr, { notAfter, extensions }));
        expectAgreement(certificate);
        expect(certificate.notAfter).toBe(notAfter);
        expect(certificate.issuerText).toBe("C=US, O=Test Authority, CN=Test Root");
      }),
      { numRuns: 20 },
    );
  });

  it("has the names of its algorithms in IBM's words", () => {
    const kinds = { rsa: "SHA256-RSA", ec: "ECDSA-SHA256", ed25519: "Ed25519" } as const;
    for (const [kind, name] of Object.entries(kinds)) {
      const authority = OpensslAuthority.open(AT, "/CN=x", kind as keyof typeof kinds);
      const { certificate } = authority.issue({ subject: "/CN=y" }, {}, "p384");
      authority.close();
      expect(readCertificate(certificate)).toMatchObject({
        signingAlgorithm: name,
        keyAlgorithm: "EC384",
      });
    }
    const pss = ["-x509", "-sigopt", "rsa_padding_mode:pss", "-sha512"];
    const selfSigned = requestBy(opensslKey("rsa"), { subject: "/CN=x" }, pss);
    expect(readCertificate(selfSigned).signingAlgorithm).toBe("SHA512-RSAPSS");
    expect(readCertificate(selfSigned).keyAlgorithm).toBe("RSA2048");
  });

  it("may be of version 1, without any extension, and end beyond 2050", () => {
    const notAfter = Date.UTC(2077, 0, 1);
    const certificate = readCertificate(root.issue({ subject: "/CN=x" }, { notAfter }).certificate);
    expect(certificate).toMatchObject({ extensions: [], altNames: [], isCa: false, notAfter });
    expect(openssl(["x509", "-noout", "-text"], certificate.pem)).toContain("Version: 1");
  });

  it("may have text around it, and be on one line", () => {
    const { certificate } = root.issue({ subject: "/CN=x" });
    const bare = certificate.replaceAll(/\n(?!-----END)(?<!-----\n)/g, "");
    for (const text of [`Subject: x\r\n\r\n${certificate}trailing`, bare, certificate.trim()]) {
      expect(readCertificate(text).pem).toBe(certificate);
    }
  });

  it("is refused where it is something else", () => {
    const key = opensslKey("ec");
    const csr = requestBy(key, { subject: "/CN=x" });
    const empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    for (const text of [
      "",
      "hunter2",
      key,
      csr,
      empty,
      pemOf("CERTIFICATE", Buffer.from("hunter2")),
      root.certificate.replaceAll("CERTIFICATE", "PUBLIC KEY"),
    ]) {
      expect(() => readCertificate(text)).toThrow(
        "The field certificate is not a certificate in PEM.",
      );
    }
  });

  it("is refused where it is too long, or not alone", () => {
    expect(() => readCertificate("x".repeat(MAX_PEM_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
    expect(() => readCertificate(root.certificate + root.certificate)).toThrow(
      "has one certificate",
    );
    const many = pemOf("CERTIFICATE", Uint8Array.of(1)).repeat(MAX_PEM_BLOCKS + 1);
    expect(() => readCertificates(many, "intermediate")).toThrow("at most 20 PEM blocks");
  });

  it("is refused, or read, and nothing worse, whichever of its bytes is another one", () => {
    const [block] = pemBlocks(below.certificate, { field: "x", what: "a certificate" });
    const der = Buffer.from(block?.der ?? []);
    for (let at = 0; at < der.length; at += 1) {
      const mangled = Buffer.from(der);
      mangled[at] = (mangled[at] as number) ^ 0x21;
      try {
        const read = readCertificate(pemOf("CERTIFICATE", mangled));
        expect(isIssuedBy(read, readCertificate(root.certificate))).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
      }
    }
  });
});

describe("a chain", () => {
  const chainOf = (...pems: readonly string[]) => pems.map((pem) => readCertificate(pem));

  it("holds where each certificate is signed by the next", () => {
    const { certificate } = below.issue({ subject: "/CN=x" });
    checkChain(chainOf(certificate));
    checkChain(chainOf(certificate, below.certificate));
    checkChain(chainOf(certificate, below.certificate, root.certificate));
  });

  it("is broken where one is missing, or out of order", () => {
    const { certificate } = below.issue({ subject: "/CN=x" });
    expect(() => checkChain(chainOf(certificate, root.certificate))).toThrow("The chain is broken");
    const outOfOrder = chainOf(certificate, root.certificate, below.certificate);
    expect(() => checkChain(outOfOrder)).toThrow("The chain is broken");
  });

  it("is broken where the issuer has the right name and another key", () => {
    const impostor = OpensslAuthority.open(AT);
    const { certificate } = root.issue({ subject: "/CN=x" });
    impostor.close();
    const [leaf, issuer] = chainOf(certificate, impostor.certificate);
    expect(leaf?.issuerDer).toEqual(issuer?.subjectDer);
    expect(() => checkChain(chainOf(certificate, impostor.certificate))).toThrow(
      "The chain is broken",
    );
  });

  it("is broken where the issuer has the right key and another name", () => {
    const { certificate } = below.issue({ subject: "/CN=x" });
    const extensions = ["basicConstraints=CA:TRUE"];
    const renamed = root.sign(below.request("/CN=Renamed"), { extensions });
    expect(() => checkChain(chainOf(certificate, renamed))).toThrow("The chain is broken");
    const same = root.sign(below.request("/CN=Below"), { extensions });
    checkChain(chainOf(certificate, same));
  });

  const notAuthorities = {
    "no authority": [],
    "an authority by its own word that it is none": ["basicConstraints=CA:FALSE"],
    "an authority that may not sign certificates": ["basicConstraints=CA:TRUE", "keyUsage=cRLSign"],
  };
  for (const [what, extensions] of Object.entries(notAuthorities)) {
    it(`is refused where the issuer is ${what}`, () => {
      const issuer = root.intermediate("/CN=Issuer", { extensions });
      const { certificate } = issuer.issue({ subject: "/CN=x" });
      issuer.close();
      expect(() => checkChain(chainOf(certificate, issuer.certificate))).toThrow(
        "not that of an authority",
      );
    });
  }

  it("is refused where it is longer than one of its authorities allows", () => {
    const extensions = ["basicConstraints=CA:TRUE,pathlen:0"];
    const short = root.intermediate("/CN=Short", { extensions });
    const next = short.intermediate("/CN=Next");
    const [direct, indirect] = [short, next].map(
      (one) => one.issue({ subject: "/CN=x" }).certificate,
    );
    for (const one of [short, next]) one.close();
    checkChain(chainOf(direct as string, short.certificate, root.certificate));
    const tooLong = chainOf(indirect as string, next.certificate, short.certificate);
    expect(() => checkChain(tooLong)).toThrow("not that of an authority");
  });
});
