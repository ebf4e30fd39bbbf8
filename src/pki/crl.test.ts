import { beforeAll, describe, expect, it } from "vitest";
import { signRevocationList, type RevocationList } from "./crl.ts";
import { issueCertificate, issueSelfSigned } from "./issue.ts";
import type { Issuer } from "./issuer.ts";
import { generateKey, keyIdOf, publicKeyOf, readPrivateKey, type KeySpec } from "./keys.ts";
import { encodeName, NO_SUBJECT } from "./names.ts";
import { pemOf } from "./pem.ts";
import { readCertificate } from "./read.ts";
import { listText, verified } from "./testing/openssl-verify.ts";

const NOW = Date.UTC(2026, 10, 21, 9);
const HOUR = 3_600_000;
const LIST: RevocationList = { number: 1n, thisUpdate: NOW, nextUpdate: NOW + HOUR, revoked: [] };
const LIFE = { notBefore: NOW - HOUR, notAfter: NOW + 48 * HOUR, altNames: [] };

interface Authority {
  readonly issuer: Issuer;
  readonly pem: string;
  readonly leaf: string;
  readonly serialNumber: string;
}

async function authorityOf(spec: KeySpec): Promise<Authority> {
  const key = readPrivateKey(await generateKey(spec));
  const publicKey = publicKeyOf(key);
  const name = encodeName({ ...NO_SUBJECT, commonName: "Root" });
  const own = { ...LIFE, subject: name, publicKey, authority: { pathLength: null } };
  const pem = await issueSelfSigned({ ...own, keyUsages: ["CertSign", "CRLSign"] }, key);
  const issuer = { key, name, keyId: keyIdOf(key) };
  const subject = encodeName({ ...NO_SUBJECT, commonName: "leaf" });
  const leaf = await issueCertificate({ ...LIFE, subject, publicKey, keyUsages: [] }, issuer);
  return {
    issuer,
    pem,
    leaf,
    serialNumber: readCertificate(leaf).serialNumber.replaceAll(":", ""),
  };
}

describe("a revocation list", () => {
  const specs: readonly KeySpec[] = [
    { type: "rsa", bits: 2_048 },
    { type: "ec", bits: 224 },
    { type: "ec", bits: 521 },
    { type: "ed25519" },
  ];

  it.each(specs)("by a key as $type $bits takes a certificate back", async (spec) => {
    const { issuer, pem, leaf, serialNumber } = await authorityOf(spec);
    const asked = { at: NOW, root: pem, certificate: leaf };
    const empty = pemOf("X509 CRL", await signRevocationList(LIST, issuer));
    expect(verified({ ...asked, lists: [empty] })).toBe("OK");
    const revoked = [{ serialNumber, revokedAt: NOW }];
    const list = pemOf("X509 CRL", await signRevocationList({ ...LIST, revoked }, issuer));
    expect(verified({ ...asked, lists: [list] })).toContain("certificate revoked");
  });

  describe("by one authority", () => {
    let authority: Authority;
    beforeAll(async () => {
      authority = await authorityOf({ type: "ec", bits: 256 });
    });

    it("says its number, its times and what it takes back, in openssl's words", async () => {
      const revoked = [
        { serialNumber: "7f".repeat(20), revokedAt: NOW - HOUR },
        { serialNumber: "ff01", revokedAt: NOW },
      ];
      const list = { ...LIST, number: 2n ** 70n, revoked };
      const text = listText(await signRevocationList(list, authority.issuer), authority.pem);
      expect(text).toContain("verify OK");
      expect(text).toContain("Version 2 (0x1)");
      expect(text).toContain("Last Update: Nov 21 09:00:00 2026 GMT");
      expect(text).toContain("Next Update: Nov 21 10:00:00 2026 GMT");
      expect(text).toMatch(new RegExp(`CRL Number: \n\\s+${2n ** 70n}`));
      expect(text).toMatch(/Serial Number: (7F){20}\n\s+Revocation Date: Nov 21 08:00:00 2026 GMT/);
      expect(text).toMatch(/Serial Number: FF01\n/);
      const keyId = Buffer.from(authority.issuer.keyId).toString("hex").toUpperCase();
      expect(text.replaceAll(":", "")).toContain(keyId);
    });

    it("without entries has no list of them", async () => {
      const text = listText(await signRevocationList(LIST, authority.issuer), authority.pem);
      expect(text).toContain("No Revoked Certificates.");
    });

    it("is not believed of another authority, nor after its time", async () => {
      const other = await authorityOf({ type: "ec", bits: 256 });
      const { pem: root, leaf: certificate } = authority;
      const theirs = pemOf("X509 CRL", await signRevocationList(LIST, other.issuer));
      expect(verified({ at: NOW, root, certificate, lists: [theirs] })).not.toBe("OK");
      const own = pemOf("X509 CRL", await signRevocationList(LIST, authority.issuer));
      const later = { at: NOW + 2 * HOUR, root, certificate, lists: [own] };
      expect(verified(later)).toContain("CRL has expired");
    });

    it("of many entries lets whoever waits for the event loop in", async () => {
      const revoked = Array.from({ length: 20_000 }, (_, at) => ({
        serialNumber: (at + 1).toString(16).padStart(40, "7"),
        revokedAt: NOW,
      }));
      let turns = 0;
      const waiting = setInterval(() => turns++, 0);
      const der = await signRevocationList({ ...LIST, revoked }, authority.issuer);
      clearInterval(waiting);
      expect(turns).toBeGreaterThan(3);
      const text = listText(der, authority.pem);
      expect(text).toContain("verify OK");
      expect(text.match(/Serial Number/g)).toHaveLength(20_000);
    });
  });
});
