/** The openssl command as the one who checks: chains of certificates, revocation lists, what is said in them. For tests. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAX_OUTPUT_BYTES = 64 * 1_024 * 1_024;

export interface ToVerify {
  readonly at: number;
  /** PEM throughout. */
  readonly root: string;
  readonly intermediates?: readonly string[];
  readonly certificate: string;
  /** With lists, every certificate of the chain but the root's has to be on one, or not. */
  readonly lists?: readonly string[];
  readonly purpose?: "sslserver" | "sslclient";
}

/** `OK`, or what openssl complains of. */
export function verified(asked: ToVerify): string {
  const { at, root, intermediates = [], certificate, lists = [], purpose } = asked;
  return inFolder((path) => {
    const args = ["verify", "-x509_strict", "-attime", String(Math.floor(at / 1_000))];
    const checks = lists.length > 0 ? ["-crl_check_all", "-CRLfile", path(lists)] : [];
    const untrusted = intermediates.length > 0 ? ["-untrusted", path(intermediates)] : [];
    const use = purpose ? ["-purpose", purpose] : [];
    const files = ["-CAfile", path([root]), ...untrusted, path([certificate])];
    const { status, stdout, stderr } = run([...args, ...checks, ...use, ...files]);
    return status === 0 ? "OK" : `${stdout}${stderr}`;
  });
}

/** Everything that a certificate says, in openssl's words. */
export function certificateText(certificate: string): string {
  return inFolder((path) => {
    return run(["x509", "-in", path([certificate]), "-noout", "-text"]).stdout;
  });
}

/** What a revocation list in DER says, and whether its signature is its issuer's. */
export function listText(der: Uint8Array, issuer: string): string {
  return inFolder((path) => {
    const args = ["crl", "-inform", "DER", "-in", path([der]), "-noout", "-text"];
    const { stdout, stderr } = run([...args, "-CAfile", path([issuer])]);
    return `${stdout}${stderr}`;
  });
}

function run(args: readonly string[]): ReturnType<typeof spawnSync> & {
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync("openssl", [...args], { encoding: "utf8", maxBuffer: MAX_OUTPUT_BYTES });
}

function inFolder(
  work: (path: (parts: readonly (string | Uint8Array)[]) => string) => string,
): string {
  const folder = mkdtempSync(join(tmpdir(), "keytrail-verify-"));
  let files = 0;
  try {
    return work((parts) => {
      const path = join(folder, String(files++));
      writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
      return path;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
