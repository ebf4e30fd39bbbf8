import { createPublicKey, X509Certificate } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { Sensitive } from "../kernel/sensitive.ts";
import { makeCsr, readCsr } from "./csr.ts";
import {
  bitString,
  context,
  element,
  integer,
  NotDer,
  oid,
  readElement,
  readElements,
  sequence,
  setOf,
  TAG,
} from "./der.ts";
import { MAX_READ_ALT_NAMES } from "./alt-names.ts";
import {
  encodeExtensions,
  keyUsageExtension,
  MAX_EXTENSIONS,
  MAX_READ_USAGES,
  OID,
  type Extension,
} from "./extensions.ts";
import { readPrivateKey, readPublicKey, spkiOf } from "./keys.ts";
import { encodeName, MAX_ATTRIBUTES, NO_SUBJECT, readName } from "./names.ts";
import { pemBlocks, pemOf } from "./pem.ts";
import { MAX_SERIAL_NUMBER_BYTES, readCertificate, readCertificates } from "./read.ts";
import { algorithmOf, signed } from "./sign.ts";
import { openssl, opensslKey, OpensslAuthority, requestBy } from "./testing/openssl.ts";

const AT = Date.UTC(2026, 10, 21);
const root = OpensslAuthority.open(AT);
afterAll(() => root.close());

const key = readPrivateKey(new Sensitive(opensslKey("ec")));
const name = encodeName({ ...NO_SUBJECT, commonName: "x" });
const NULL = element(0x05);

interface Parts {
  readonly serial?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly extensions?: readonly Extension[];
}

function text(tag: number, of: string): Uint8Array {
  return element(tag, Buffer.from(of, "latin1"));
}

/** A certificate by its own key, of any parts. */
async function certificateOf({ serial, notAfter, extensions = [] }: Parts): Promise<string> {
  const toBeSigned = sequence(
    element(context(0), integer(2)),
    serial ?? integer(7),
    algorithmOf(key),
    name,
    sequence(text(TAG.utcTime, "260101000000Z"), notAfter ?? text(TAG.utcTime, "270101000000Z")),
    name,
    spkiOf(key),
    ...(extensions.length > 0 ? [element(context(3), encodeExtensions(extensions))] : []),
  );
  return pemOf("CERTIFICATE", await signed(toBeSigned, key));
}

function derOf(pem: string): Buffer {
  const [block] = pemBlocks(pem, { field: "x", what: "x" });
  return Buffer.from(block?.der ?? []);
}

function constraints(...parts: readonly Uint8Array[]): Extension {
  return { oid: OID.basicConstraints, isCritical: true, value: sequence(...parts) };
}

describe("the end of a certificate", () => {
  const good: readonly (readonly [number, string, string])[] = [
    [TAG.utcTime, "491231235959Z", "2049-12-31T23:59:59.000Z"],
    [TAG.utcTime, "500101000000Z", "1950-01-01T00:00:00.000Z"],
    [TAG.generalizedTime, "20500101000000Z", "2050-01-01T00:00:00.000Z"],
    [TAG.generalizedTime, "99991231235959Z", "9999-12-31T23:59:59.000Z"],
    [TAG.utcTime, "280229120000Z", "2028-02-29T12:00:00.000Z"],
  ];
  for (const [tag, digits, at] of good) {
    it(`is ${at} where ${digits} is written, for the library too`, async () => {
      const read = readCertificate(await certificateOf({ notAfter: text(tag, digits) }));
      expect(new Date(read.notAfter).toISOString()).toBe(at);
      expect(new X509Certificate(read.pem).validToDate.getTime()).toBe(read.notAfter);
    });
  }

  const wrong: readonly (readonly [number, string])[] = [
    [TAG.utcTime, "279901000000Z"],
    [TAG.utcTime, "270230000000Z"],
    [TAG.utcTime, "270101240000Z"],
    [TAG.utcTime, "2701010000Z"],
    [TAG.utcTime, "270101000000"],
    [TAG.utcTime, "270101000000+0100"],
    [TAG.utcTime, ""],
    [TAG.generalizedTime, "20500101000000.5Z"],
    [TAG.generalizedTime, "20500101000060Z"],
    [TAG.generalizedTime, "2050010100000Z"],
  ];
  for (const [tag, digits] of wrong) {
    it(`is not read where ${digits || "nothing"} is written`, async () => {
      const pem = await certificateOf({ notAfter: text(tag, digits) });
      expect(() => readCertificate(pem)).toThrow("not a certificate in PEM");
    });
  }
});

describe("a certificate that was made to be misread", () => {
  it("is not taken for another one that it carries", async () => {
    const carried = await certificateOf({ notAfter: text(TAG.generalizedTime, "21250101000000Z") });
    const value = Buffer.from(`\n${carried}`);
    const read = readCertificate(
      await certificateOf({ extensions: [{ oid: "1.2.3.4", isCritical: false, value }] }),
    );
    expect(new Date(read.notAfter).toISOString()).toBe("2027-01-01T00:00:00.000Z");
  });

  it("is refused with two extensions of one kind (RFC 5280, section 4.2)", async () => {
    const extensions = [constraints(element(TAG.boolean, Uint8Array.of(0xff))), constraints()];
    expect(() => readCertificate(root.certificate)).not.toThrow();
    const pem = await certificateOf({ extensions });
    expect(() => readCertificate(pem)).toThrow("not a certificate in PEM");
    const csr = await makeCsr({
      subject: { ...NO_SUBJECT, commonName: "x" },
      altNames: [],
      key,
      extensions: [keyUsageExtension(["DigitalSignature"]), keyUsageExtension(["CRLSign"])],
    });
    expect(() => readCsr(csr)).toThrow("not a certificate signing request in PEM");
  });

  const malformed: Readonly<Record<string, Extension>> = {
    "a boolean of no bytes": constraints(element(TAG.boolean)),
    "a boolean that is neither": constraints(element(TAG.boolean, Uint8Array.of(1))),
    "two booleans": constraints(
      element(TAG.boolean, Uint8Array.of(0)),
      element(TAG.boolean, Uint8Array.of(0xff)),
    ),
    "a length before its flag": constraints(integer(1), element(TAG.boolean, Uint8Array.of(0xff))),
    "a length with a zero before it": constraints(
      element(TAG.boolean, Uint8Array.of(0xff)),
      element(TAG.integer, Uint8Array.of(0, 1)),
    ),
    "bits without a count": {
      ...keyUsageExtension([]),
      value: element(TAG.bitString),
    },
    "bits that are none": {
      ...keyUsageExtension([]),
      value: element(TAG.bitString, Uint8Array.of(7, 0xff)),
    },
    "more bits left out than a byte has": {
      ...keyUsageExtension([]),
      value: element(TAG.bitString, Uint8Array.of(8, 0)),
    },
  };
  for (const [what, extension] of Object.entries(malformed)) {
    it(`is refused with ${what}`, async () => {
      const pem = await certificateOf({ extensions: [extension] });
      expect(() => readCertificate(pem)).toThrow("not a certificate in PEM");
    });
  }

  it("has its serial number as the library has it, also a negative one, or zero", async () => {
    for (const bytes of [[0x80], [0xff], [0xff, 0x00], [0x00, 0x80], [0x7f, 0x01]]) {
      const serial = element(TAG.integer, Uint8Array.from(bytes));
      const read = readCertificate(await certificateOf({ serial }));
      const { serialNumber } = new X509Certificate(read.pem);
      expect(read.serialNumber.replaceAll(":", "")).toBe(serialNumber.toLowerCase());
    }
    expect(readCertificate(await certificateOf({ serial: integer(0) })).serialNumber).toBe("00");
  });

  it("has no serial number without end: the record has it", async () => {
    const longest = new Uint8Array(MAX_SERIAL_NUMBER_BYTES).fill(0x7f);
    expect(readCertificate(await certificateOf({ serial: integer(longest) }))).toBeDefined();
    const longer = await certificateOf({ serial: integer(Uint8Array.of(1, ...longest)) });
    expect(() => readCertificate(longer)).toThrow("not a certificate in PEM");
  });

  it("may have object identifiers as long as a UUID's (X.667)", async () => {
    const uuid = "2.25.329800735698586629295641978511506172918";
    const content = Uint8Array.from([0x69, ...base128(BigInt(uuid.slice(5)))]);
    const value = sequence(element(TAG.oid, content));
    const read = readCertificate(
      await certificateOf({ extensions: [{ oid: OID.extKeyUsage, isCritical: false, value }] }),
    );
    expect(read.extKeyUsages).toEqual([uuid]);
    expect(new X509Certificate(read.pem).keyUsage).toEqual([uuid]);
  });

  it("has no more of anything than is soon read", async () => {
    const many = Array.from({ length: MAX_EXTENSIONS }, (_, at) => ({
      oid: `1.2.3.${at}`,
      isCritical: false,
      value: NULL,
    }));
    expect(readCertificate(await certificateOf({ extensions: many })).extensions).toEqual(many);
    const named = (count: number): Extension => ({
      oid: OID.altNames,
      isCritical: false,
      value: sequence(...Array<Uint8Array>(count).fill(text(0x82, "a"))),
    });
    const most = await certificateOf({ extensions: [named(MAX_READ_ALT_NAMES)] });
    expect(readCertificate(most).altNames.length).toBe(MAX_READ_ALT_NAMES);
    const bits = element(TAG.bitString, new Uint8Array(100));
    const usages = sequence(...Array<Uint8Array>(MAX_READ_USAGES + 1).fill(oid("1.2.3")));
    for (const extensions of [
      [...many, { oid: "1.2.4", isCritical: false, value: NULL }],
      [named(MAX_READ_ALT_NAMES + 1)],
      [{ ...keyUsageExtension([]), value: bits }],
      [{ oid: OID.extKeyUsage, isCritical: false, value: usages }],
    ]) {
      const pem = await certificateOf({ extensions });
      expect(() => readCertificate(pem)).toThrow("not a certificate in PEM");
    }
  });

  it("is refused where a block of its text is not closed, or has headers", () => {
    const cut = root.certificate.slice(0, -40);
    const headed = root.certificate.replace("\n", "\nProc-Type: 4,ENCRYPTED\n\n");
    for (const other of [cut, headed]) {
      expect(() => readCertificates(root.certificate + other, "intermediate")).toThrow(
        "not a certificate in PEM",
      );
    }
  });
});

describe("a name that was made to be misread", () => {
  const attribute = sequence(oid("2.5.4.3"), text(TAG.utf8String, "x"));
  const together = (count: number) => setOf(...Array<Uint8Array>(count).fill(attribute));

  it("has no more attributes than are soon read, however they stand together", () => {
    expect(readName(sequence(together(MAX_ATTRIBUTES))).subject.commonName).toBe("x");
    const apart = Array.from({ length: MAX_ATTRIBUTES + 1 }, () => together(1));
    expect(() => readName(sequence(...apart))).toThrow(NotDer);
    expect(() => readName(sequence(together(MAX_ATTRIBUTES + 1)))).toThrow(NotDer);
  });

  it("has no attribute of no value, or of two, and no set of none", () => {
    for (const wrong of [
      setOf(),
      setOf(sequence(oid("2.5.4.3"))),
      setOf(sequence(oid("2.5.4.3"), NULL, NULL)),
    ]) {
      expect(() => readName(sequence(wrong))).toThrow(NotDer);
    }
  });
});

describe("a request that was made to be misread", () => {
  const options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha256"];
  const pss = requestBy(opensslKey("rsa"), { subject: "/CN=x", altNames: "DNS:x" }, options);

  it("is read by RSA-PSS only with the parameters that were signed with", () => {
    expect(readCsr(pss).subject.commonName).toBe("x");
    const der = derOf(pss);
    const salt = der.indexOf(Buffer.from("a203020120", "hex"));
    expect(salt).toBeGreaterThan(0);
    der[salt + 4] = 20;
    expect(() => readCsr(pemOf("CERTIFICATE REQUEST", der))).toThrow("not signed by its own key");
  });

  it("is read by RSA-PSS with the salt that is usual, where none is said", () => {
    const usual = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20", "-sha256"];
    const csr = requestBy(opensslKey("rsa"), { subject: "/CN=x" }, usual);
    expect(derOf(csr).indexOf(Buffer.from("a203020114", "hex"))).toBe(-1);
    expect(readCsr(csr).subject.commonName).toBe("x");
  });

  it("is signed with an algorithm of its own key's kind", async () => {
    const csr = await makeCsr({ subject: { ...NO_SUBJECT, commonName: "x" }, altNames: [], key });
    const der = derOf(csr);
    const [info, , bits] = readElements(readElement(der).content).map((one) => one.bytes);
    const rsa = sequence(oid("1.2.840.113549.1.1.11"), NULL);
    const forged = sequence(info as Uint8Array, rsa, bits as Uint8Array);
    expect(() => readCsr(pemOf("CERTIFICATE REQUEST", forged))).toThrow(
      "not signed by its own key",
    );
  });

  it("is never one that openssl would not verify, whichever of its bytes is another one", () => {
    const whole = derOf(pss);
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const der = Buffer.from(whole);
        der[at] = (der[at] as number) ^ change;
        const pem = pemOf("CERTIFICATE REQUEST", der);
        try {
          readCsr(pem);
        } catch {
          return;
        }
        accepted += 1;
        openssl(["req", "-verify", "-noout"], pem);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBe(0);
  });

  it("has nothing behind it, and nothing within that does not belong there", async () => {
    const der = derOf(
      await makeCsr({ subject: { ...NO_SUBJECT, commonName: "x" }, altNames: [], key }),
    );
    const info = readElement(der).content;
    expect(() => readCsr(pemOf("CERTIFICATE REQUEST", sequence(info, NULL)))).toThrow(
      "not a certificate signing request in PEM",
    );
    const more = sequence(integer(0), name, spkiOf(key), element(context(0)), NULL);
    const request = pemOf("CERTIFICATE REQUEST", await signed(more, key));
    expect(() => readCsr(request)).toThrow("not a certificate signing request in PEM");
  });
});

describe("an RSA key that is brought", () => {
  const jwk = createPublicKey(opensslKey("rsa")).export({ format: "jwk" });
  const modulus = Buffer.from(jwk.n ?? "", "base64url");
  const keyWith = (exponent: Uint8Array) =>
    readPublicKey(
      sequence(
        sequence(oid("1.2.840.113549.1.1.1"), NULL),
        bitString(sequence(integer(modulus), integer(exponent))),
      ),
    );

  it("has an exponent that anybody's signature does not pass, and that is soon done", () => {
    expect(keyWith(Uint8Array.of(3))).toBeDefined();
    expect(keyWith(Uint8Array.of(1, 0, 1))).toBeDefined();
    for (const exponent of [[1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]]) {
      expect(keyWith(Uint8Array.from(exponent))).toBeUndefined();
    }
  });
});

function base128(number: bigint): readonly number[] {
  const digits = [Number(number % 128n)];
  for (let rest = number / 128n; rest > 0n; rest /= 128n) {
    digits.unshift(0x80 | Number(rest % 128n));
  }
  return digits;
}
