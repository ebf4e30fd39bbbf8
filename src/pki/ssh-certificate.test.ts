import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { opensslKey } from "./testing/openssl.ts";
import { issueSshCertificate, MAX_PRINCIPALS } from "./ssh-certificate.ts";
import { sshPublicKeyOf } from "./ssh.ts";

const FROM = Date.UTC(2026, 10, 21, 9);
const HOUR_MS = 3_600_000;
const authority = createPrivateKey(opensslKey("rsa"));
const user = createPrivateKey(opensslKey("rsa"));
const contents = {
  publicKey: user,
  keyId: "us-east/leaf",
  principals: ["bob", "ubuntu"],
  notBefore: FROM,
  notAfter: FROM + HOUR_MS,
};

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "keytrail-ssh-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What ssh-keygen makes of a file; it reads no certificate whose signature is not its authority's. */
function keygen(text: string, ...args: readonly string[]): string {
  const path = join(folder, "key.pub");
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  const environment = { ...process.env, TZ: "UTC" };
  return execFileSync("ssh-keygen", [...args, "-f", path], {
    encoding: "utf8",
    stdio: "pipe",
    env: environment,
  });
}

describe("a public key as SSH has it", () => {
  it("is the one that ssh-keygen makes of the private key", () => {
    const pem = user.export({ type: "pkcs1", format: "pem" });
    expect(sshPublicKeyOf(user)).toBe(keygen(pem, "-y").trim());
    expect(sshPublicKeyOf(createPrivateKey(opensslKey("ec")))).toBeNull();
  });

  it("has no more bytes than its numbers need", () => {
    // Of eight keys about half have a modulus that needs no byte before it: 1023 bits of it are set.
    for (const modulusLength of [1_024, 1_031, 1_032, 1_033]) {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
      const pem = privateKey.export({ type: "pkcs1", format: "pem" });
      expect(sshPublicKeyOf(privateKey)).toBe(keygen(pem, "-y").trim());
    }
  });
});

describe("a certificate", () => {
  it("says to ssh-keygen whose it is, by whom, for what and until when", async () => {
    const { text, serialNumber } = await issueSshCertificate(contents, authority);
    const shown = keygen(text, "-L");
    const fingerprint = (key: typeof user): string =>
      keygen(sshPublicKeyOf(key) ?? "", "-l").split(" ")[1] ?? "none";
    expect(shown).toContain("Type: ssh-rsa-cert-v01@openssh.com user certificate");
    expect(shown).toContain(`Public key: RSA-CERT ${fingerprint(user)}`);
    expect(shown).toContain(`Signing CA: RSA ${fingerprint(authority)} (using rsa-sha2-512)`);
    expect(shown).toContain('Key ID: "us-east/leaf"');
    expect(shown).toContain(`Serial: ${serialNumber}`);
    expect(shown).toContain("Valid: from 2026-11-21T09:00:00 to 2026-11-21T10:00:00");
    expect(shown).toMatch(/Principals: \n\s+bob\n\s+ubuntu\n\s+Critical Options: \(none\)/);
    expect(shown.split("Extensions:")[1]?.trim().split(/\s+/)).toEqual([
      "permit-X11-forwarding",
      "permit-agent-forwarding",
      "permit-port-forwarding",
      "permit-pty",
      "permit-user-rc",
    ]);
  });

  it("is nothing to ssh-keygen once a bit of it is another one", async () => {
    const { text } = await issueSshCertificate(contents, authority);
    const [type = "", base64 = ""] = text.split(" ");
    const bytes = Buffer.from(base64, "base64");
    const at = bytes.indexOf("ubuntu");
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(() => keygen(`${type} ${bytes.toString("base64")}`, "-L")).toThrow(
      /incorrect signature/,
    );
  });

  it("has another serial number and nonce each time", async () => {
    const all = await Promise.all([1, 2, 3].map(() => issueSshCertificate(contents, authority)));
    expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(3);
    expect(all.every(({ serialNumber }) => BigInt(serialNumber) > 0n)).toBe(true);
  });

  it.each([
    [[]],
    [[""]],
    [["a,b"]],
    [["a b"]],
    [["-a"]],
    [["*"]],
    [["bob\n"]],
    [["a".repeat(65)]],
    [["bob", "bob"]],
    [Array.from({ length: MAX_PRINCIPALS + 1 }, (_, at) => `u${at}`)],
  ])("is for names that somebody logs in under: not %j", async (principals: readonly string[]) => {
    const issued = issueSshCertificate({ ...contents, principals }, authority);
    await expect(issued).rejects.toMatchObject({
      code: "invalid_request",
      details: { field: "principals" },
    });
  });

  it("is of RSA keys, by an RSA key", async () => {
    const other = createPrivateKey(opensslKey("ec"));
    const code = "precondition_failed";
    await expect(issueSshCertificate(contents, other)).rejects.toMatchObject({ code });
    const asked = { ...contents, publicKey: other };
    await expect(issueSshCertificate(asked, authority)).rejects.toMatchObject({ code });
  });
});
