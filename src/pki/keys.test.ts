import { verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Sensitive } from "../kernel/sensitive.ts";
import {
  generateKey,
  isKeyOf,
  keyAlgorithmOf,
  keyIdOf,
  keySpecOf,
  MAX_RSA_BITS,
  pemOfKey,
  publicKeyOf,
  readPrivateKey,
  readPublicKey,
  signature,
  spkiOf,
} from "./keys.ts";
import { readElement, sequence, TAG, within, type Element } from "./der.ts";
import { MAX_PEM_BYTES, pemOf } from "./pem.ts";
import { openssl, opensslKey, OpensslAuthority } from "./testing/openssl.ts";
import { readCertificate } from "./read.ts";

const read = (pem: string) => readPrivateKey(new Sensitive(pem));

describe("a key that is made", () => {
  const kinds = [
    ["rsa", 2_048, "RSA2048"],
    ["ec", 224, "EC224"],
    ["ec", 256, "EC256"],
    ["ec", 384, "EC384"],
    ["ec", 521, "EC521"],
    ["ed25519", undefined, "ED25519"],
  ] as const;
  for (const [type, bits, name] of kinds) {
    it(`is ${name} where that is asked for, and signs`, async () => {
      const pem = await generateKey(keySpecOf(type, bits));
      expect(openssl(["pkey", "-check", "-noout"], pem.reveal())).toContain("Key is valid");
      const key = readPrivateKey(pem);
      expect(keyAlgorithmOf(key)).toBe(name);
      const text = Buffer.from("a text");
      const hash = type === "ed25519" ? null : { 384: "sha384", 521: "sha512" }[bits as 384];
      const made = await signature(key, text);
      expect(verify(hash === undefined ? "sha256" : hash, text, publicKeyOf(key), made)).toBe(true);
    });
  }

  it("is RSA with 2048 bits, or EC with 256, unless it is said otherwise", () => {
    expect(keySpecOf(undefined, undefined)).toEqual({ type: "rsa", bits: 2_048 });
    expect(keySpecOf("ec", undefined)).toEqual({ type: "ec", bits: 256 });
    expect(keySpecOf("ed25519", 2_048)).toEqual({ type: "ed25519" });
  });

  it("is refused in sizes and of types that are not to be had", () => {
    expect(() => keySpecOf("rsa", 1_024)).toThrow("2048, 3072, 4096, 8192 bits");
    expect(() => keySpecOf("ec", 2_048)).toThrow("224, 256, 384, 521 bits");
    expect(() => keySpecOf("dsa", undefined)).toThrow("rsa, ec or ed25519");
  });

  it("is waited for in turn, and refused when too many wait", async () => {
    const asked = Array.from({ length: 80 }, () => generateKey({ type: "ec", bits: 256 }));
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter((one) => one.status === "rejected");
    expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(
      Array(14).fill("rate_limited"),
    );
    await expect(generateKey({ type: "ec", bits: 256 })).resolves.toBeInstanceOf(Sensitive);
  });
});

describe("a private key that is read", () => {
  it("may be PKCS #8, PKCS #1 or SEC 1", () => {
    const [rsa, ec] = [opensslKey("rsa"), opensslKey("ec")];
    const pkcs1 = openssl(["rsa", "-traditional"], rsa);
    const sec1 = openssl(["ec"], ec);
    expect(pkcs1).toContain("BEGIN RSA PRIVATE KEY");
    expect(sec1).toContain("BEGIN EC PRIVATE KEY");
    expect(pemOfKey(read(pkcs1)).reveal()).toBe(rsa);
    expect(pemOfKey(read(sec1)).reveal()).toBe(ec);
  });

  it("is refused where it is encrypted, in either way", () => {
    const encrypted = openssl(["pkey", "-aes256", "-passout", "pass:secret"], opensslKey("rsa"));
    const legacy = openssl(
      ["rsa", "-traditional", "-aes256", "-passout", "pass:x"],
      opensslKey("rsa"),
    );
    expect(() => read(encrypted)).toThrow("The private key is encrypted.");
    expect(() => read(legacy)).toThrow("The private key is encrypted.");
  });

  it("is refused where it is no key, without a word of what it is", () => {
    for (const text of [
      "",
      "hunter2",
      "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
    ]) {
      expect(() => read(text)).toThrow(
        "The private key is not one in PEM: PKCS #8, PKCS #1 or SEC 1.",
      );
    }
    expect(() => read("x".repeat(MAX_PEM_BYTES + 1))).toThrow("at most");
  });

  it("is refused where it is too weak, too large, or of a kind that signs no certificates", () => {
    const small = openssl(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768"]);
    const curve = openssl([
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:secp256k1",
    ]);
    const exchange = openssl(["genpkey", "-algorithm", "X25519"]);
    for (const pem of [small, curve, exchange]) expect(() => read(pem)).toThrow("Ed25519");
    expect(MAX_RSA_BITS).toBe(8_192);
  });
});

describe("a key and a certificate", () => {
  const authority = OpensslAuthority.open(Date.UTC(2026, 10, 21));
  const { key, certificate } = authority.issue(
    { subject: "/CN=a" },
    { extensions: ["subjectKeyIdentifier=hash"] },
  );
  authority.close();

  it("belong together where the one signs and the other verifies", async () => {
    const { publicKey } = readCertificate(certificate);
    expect(await isKeyOf(read(key), publicKey)).toBe(true);
    expect(await isKeyOf(read(opensslKey("ec")), publicKey)).toBe(false);
    expect(await isKeyOf(read(opensslKey("rsa")), publicKey)).toBe(false);
  });

  it("do not where the public part alone is the same", async () => {
    const [own, other] = [read(opensslKey("rsa")), read(opensslKey("rsa"))];
    // PKCS #1: the modulus and the exponents of one key, the primes of another one.
    const [ours, theirs] = [own, other].map((one) =>
      within(readElement(one.export({ format: "der", type: "pkcs1" })), TAG.sequence),
    ) as [readonly Element[], readonly Element[]];
    const mixed = [...ours.slice(0, 3), ...theirs.slice(3)].map(({ bytes }) => bytes);
    const forged = read(pemOf("RSA PRIVATE KEY", sequence(...mixed)));
    expect(spkiOf(forged)).toEqual(spkiOf(own));
    expect(await isKeyOf(forged, publicKeyOf(own))).toBe(false);
    expect(await isKeyOf(own, publicKeyOf(own))).toBe(true);
  });

  it("have the key identifier that openssl gives them", () => {
    const text = openssl(["x509", "-noout", "-ext", "subjectKeyIdentifier"], certificate);
    const { publicKey } = readCertificate(certificate);
    const hex = Buffer.from(keyIdOf(publicKey)).toString("hex").toUpperCase();
    expect(text.replaceAll(":", "")).toContain(hex);
  });

  it("have public keys that are read as they were written", () => {
    const { publicKey } = readCertificate(certificate);
    expect(readPublicKey(spkiOf(read(key)))?.equals(publicKey)).toBe(true);
    expect(readPublicKey(Buffer.from("no key"))).toBeUndefined();
  });
});
