import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { Sensitive } from "../kernel/sensitive.ts";
import { Refusal } from "../kernel/errors.ts";
import { altNamesOf, altNameText } from "./alt-names.ts";
import { makeCsr, readCsr } from "./csr.ts";
import {
  basicConstraintsExtension,
  EXT_KEY_USAGES,
  extKeyUsageExtension,
  extKeyUsagesOf,
  KEY_USAGES,
  keyUsageExtension,
  keyUsagesOf,
  oidsOf,
  policiesExtension,
} from "./extensions.ts";
import { generateKey, keySpecOf, readPrivateKey, spkiOf } from "./keys.ts";
import { NO_SUBJECT } from "./names.ts";
import { MAX_PEM_BYTES, pemBlocks, pemOf } from "./pem.ts";
import { openssl, opensslKey, requestBy } from "./testing/openssl.ts";

const subject = { ...NO_SUBJECT, commonName: "a.example.com", organization: ["Example, Inc"] };
const key = readPrivateKey(new Sensitive(opensslKey("ec")));

function textOf(csr: string): string {
  // Its last line on stderr would say that the signature is wrong; then it also ends with an error.
  return openssl(["req", "-verify", "-noout", "-text"], csr);
}

describe("a request that is made", () => {
  for (const [type, bits] of [
    ["rsa", 2_048],
    ["ec", 224],
    ["ec", 256],
    ["ec", 384],
    ["ec", 521],
    ["ed25519", 0],
  ] as const) {
    it(`is one that openssl verifies, for a key of ${type} ${bits}`, async () => {
      const own = readPrivateKey(await generateKey(keySpecOf(type, bits)));
      const csr = await makeCsr({ subject, altNames: [], key: own });
      expect(textOf(csr)).toContain("CN = a.example.com");
      expect(spkiOf(readCsr(csr).publicKey)).toEqual(spkiOf(own));
    });
  }

  it("asks for all that is asked for, as openssl reads it", async () => {
    const csr = await makeCsr({
      subject,
      altNames: altNamesOf({
        altNames: ["a.example.com", "me@example.com"],
        ipSans: ["10.0.0.1", "2001:db8::1"],
        uriSans: ["https://example.com/x"],
        otherSans: ["1.3.6.1.4.1.311.20.2.3;UTF8:me@example.com"],
      }),
      key,
      extensions: [
        keyUsageExtension(["DigitalSignature", "DecipherOnly"]),
        extKeyUsageExtension([...extKeyUsagesOf(["serverauth"]), "1.2.3.4"]),
        policiesExtension(["1.2.3.5"]),
        basicConstraintsExtension(true, 1),
      ],
      challengePassword: "between us",
    });
    const text = textOf(csr);
    for (const part of [
      "DNS:a.example.com, email:me@example.com, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:https://example.com/x, othername: UPN::me@example.com",
      "Digital Signature, Decipher Only",
      "TLS Web Server Authentication, 1.2.3.4",
      "Policy: 1.2.3.5",
      "CA:TRUE, pathlen:1",
      "challengePassword        :between us",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("is read as it was made", async () => {
    const label = fc.stringMatching(/^[a-z]{1,10}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          cn: label,
          ou: fc.array(label, { maxLength: 3 }),
          altNames: fc.uniqueArray(label, { maxLength: 4 }),
          ipSans: fc.uniqueArray(fc.ipV4(), { maxLength: 3 }),
          usages: fc.subarray([...KEY_USAGES], { minLength: 1 }),
          ext: fc.subarray(Object.values(EXT_KEY_USAGES), { minLength: 1 }),
        }),
        async ({ cn, ou, altNames, ipSans, usages, ext }) => {
          const asked = { ...NO_SUBJECT, commonName: cn, ou };
          const csr = await makeCsr({
            subject: asked,
            altNames: altNamesOf({ altNames, ipSans }),
            key,
            extensions: [keyUsageExtension(usages), extKeyUsageExtension(ext)],
          });
          const read = readCsr(csr);
          expect(read.subject).toEqual(asked);
          expect(read.altNames.map(altNameText)).toEqual([...altNames, ...ipSans]);
          expect([read.keyUsages, read.extKeyUsages]).toEqual([usages, ext]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("has no challenge password that nobody could type", async () => {
    const making = makeCsr({ subject, altNames: [], key, challengePassword: "" });
    await expect(making).rejects.toMatchObject({ code: "invalid_request" });
  });
});

describe("a request that is read", () => {
  it("may come from openssl, with any key and any padding", () => {
    for (const kind of ["rsa", "ec", "p384", "ed25519"] as const) {
      const csr = requestBy(opensslKey(kind), {
        subject: "/C=DE/O=Ä/CN=x",
        altNames: "DNS:x,IP:::1",
      });
      const { subjectText, altNames, isCa, keyUsages } = readCsr(csr);
      expect(subjectText).toBe("C=DE, O=Ä, CN=x");
      expect(altNames.map(altNameText)).toEqual(["x", "::1"]);
      expect([isCa, keyUsages]).toEqual([false, null]);
    }
    const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha384"];
    const csr = requestBy(opensslKey("rsa"), { subject: "/CN=x" }, pss);
    expect(readCsr(csr).subject.commonName).toBe("x");
  });

  it("is refused where it is signed by another key", () => {
    const csr = requestBy(opensslKey("ec"), { subject: "/CN=good.example.com" });
    const [block] = pemBlocks(csr, { field: "csr", what: "a request" });
    const forged = Buffer.from(block?.der ?? []);
    forged.write("evil", forged.indexOf("good"));
    expect(() => readCsr(pemOf("CERTIFICATE REQUEST", forged))).toThrow(
      "not signed by its own key",
    );
  });

  it("is refused where it is signed with SHA-1", () => {
    const csr = requestBy(opensslKey("rsa"), { subject: "/CN=x" }, ["-sha1"]);
    expect(() => readCsr(csr)).toThrow("with SHA-256 or better");
  });

  it("is refused where its key is of no use", () => {
    const curve = openssl([
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:secp256k1",
    ]);
    expect(() => readCsr(requestBy(curve, { subject: "/CN=x" }))).toThrow("The key of the request");
  });

  it("is refused where it is something else, or more than one", () => {
    const csr = requestBy(opensslKey("ec"), { subject: "/CN=x" });
    for (const text of ["", "hunter2", opensslKey("ec"), csr + csr, csr.replace("MI", "!!")]) {
      expect(() => readCsr(text)).toThrow(
        "The field csr is not a certificate signing request in PEM.",
      );
    }
    expect(() => readCsr("x".repeat(MAX_PEM_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
  });

  it("is refused, and nothing worse, whichever of its bytes is another one", () => {
    const csr = requestBy(opensslKey("ec"), { subject: "/CN=x", altNames: "DNS:x,IP:10.0.0.1" });
    const [block] = pemBlocks(csr, { field: "csr", what: "a request" });
    const der = Buffer.from(block?.der ?? []);
    for (let at = 0; at < der.length; at += 1) {
      const mangled = Buffer.from(der);
      mangled[at] = (mangled[at] as number) ^ 0x55;
      expect(() => readCsr(pemOf("CERTIFICATE REQUEST", mangled))).toThrow(Refusal);
    }
  });
});

describe("what a certificate may be used for", () => {
  it("is asked for by names in any case", () => {
    expect(keyUsagesOf(["digitalsignature", " KeyAgreement "])).toEqual([
      "DigitalSignature",
      "KeyAgreement",
    ]);
    expect(() => keyUsagesOf(["hunter2"])).toThrow("The key usages are DigitalSignature,");
    expect(() => extKeyUsagesOf(["hunter2"])).toThrow("The extended key usages are Any,");
  });

  it("may be numbers, as long as they are object identifiers", () => {
    expect(oidsOf(["1.2.3"], "extKeyUsageOids")).toEqual(["1.2.3"]);
    for (const wrong of ["1", "3.1", "1.40", "1.02", "x", ""]) {
      expect(() => oidsOf([wrong], "extKeyUsageOids")).toThrow("object identifiers");
    }
    expect(() => oidsOf(Array(33).fill("1.2.3") as string[], "x")).toThrow("at most 32");
  });
});
