/** A certificate authority by the openssl command, with certificates of servers on loopback and of clients. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  /** PEM, both. */
  readonly certificate: string;
  readonly key: string;
}

export class TlsAuthority {
  readonly #folder: string;
  readonly certificate: string;
  #issued = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.certificate = readFileSync(join(folder, "ca.crt"), "utf8");
  }

  static create(name = "Keytrail test authority"): TlsAuthority {
    const folder = mkdtempSync(join(tmpdir(), "keytrail-authority-"));
    const made = ["-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", `/CN=${name}`];
    openssl(folder, ["req", "-x509", ...NEW_KEY, ...made]);
    return new TlsAuthority(folder);
  }

  /** For `localhost` and 127.0.0.1. */
  server(): KeyPair {
    return this.#issue("localhost", [
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
      "extendedKeyUsage=serverAuth",
    ]);
  }

  client(name = "keytrail"): KeyPair {
    return this.#issue(name, ["extendedKeyUsage=clientAuth"]);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #issue(name: string, extensions: readonly string[]): KeyPair {
    const stem = `leaf-${this.#issued++}`;
    const path = (suffix: string) => join(this.#folder, `${stem}.${suffix}`);
    writeFileSync(path("ext"), extensions.join("\n"));
    const asked = ["-keyout", path("key"), "-out", path("csr"), "-subj", `/CN=${name}`];
    openssl(this.#folder, ["req", ...NEW_KEY, ...asked]);
    const issuer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
    const issued = ["-in", path("csr"), "-out", path("crt"), "-days", "2"];
    openssl(this.#folder, ["x509", "-req", ...issuer, ...issued, "-extfile", path("ext")]);
    return {
      certificate: readFileSync(path("crt"), "utf8"),
      key: readFileSync(path("key"), "utf8"),
    };
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function openssl(folder: string, args: readonly string[]): void {
  execFileSync("openssl", [...args], { cwd: folder, stdio: "pipe" });
}
