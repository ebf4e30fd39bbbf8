/** The openssl command as the other side: keys, requests and certificates that nothing here has made, for tests. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What comes out; throws with what it complains of. */
export function openssl(args: readonly string[], input: string | Uint8Array = ""): string {
  return execFileSync("openssl", [...args], { input, encoding: "utf8", stdio: "pipe" });
}

const KEYS = {
  rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  ec: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  p384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  ed25519: ["-algorithm", "ED25519"],
} as const;

/** PKCS #8 in PEM. */
export function opensslKey(kind: keyof typeof KEYS = "ec"): string {
  return openssl(["genpkey", ...KEYS[kind]]);
}

export interface Asked {
  /** As openssl has them: `/C=US/CN=example.com`. */
  readonly subject: string;
  /** As openssl has them: `DNS:example.com,IP:10.0.0.1`. */
  readonly altNames?: string;
}

export interface Signing {
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** In place of the request's. */
  readonly subject?: string;
  /** Lines of a section of extensions. */
  readonly extensions?: readonly string[];
}

const CA = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const FIELDS = [
  "countryName",
  "stateOrProvinceName",
  "localityName",
  "streetAddress",
  "postalCode",
  "organizationName",
  "organizationalUnitName",
  "commonName",
  "serialNumber",
  "UID",
];
const CA_CONFIG = `
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = anything
preserve = yes
unique_subject = no
copy_extensions = copy
rand_serial = yes
[anything]
${FIELDS.map((field) => `${field} = optional`).join("\n")}
`;

/** An authority in a folder of its own, that is gone when it is closed. */
export class OpensslAuthority {
  readonly certificate: string;
  readonly #folder: string;
  readonly #at: number;

  private constructor(folder: string, at: number, certificate: string) {
    this.#folder = folder;
    this.#at = at;
    this.certificate = certificate;
  }

  /** Its certificates are valid around this moment, by half a year, unless it is said otherwise. */
  static open(
    at: number,
    subject = "/C=US/O=Test Authority/CN=Test Root",
    keyKind: keyof typeof KEYS = "ec",
  ): OpensslAuthority {
    const folder = mkdtempSync(join(tmpdir(), "keytrail-authority-"));
    const key = opensslKey(keyKind);
    const draft = new OpensslAuthority(folder, at, "");
    draft.#prepare(key);
    const request = requestBy(key, { subject });
    const certificate = draft.#sign(request, ["-selfsign"], { extensions: CA });
    return draft.#with(certificate);
  }

  /** An authority below this one. */
  intermediate(subject: string, signing: Signing = {}): OpensslAuthority {
    const key = opensslKey();
    const certificate = this.sign(requestBy(key, { subject }), { extensions: CA, ...signing });
    const folder = mkdtempSync(join(tmpdir(), "keytrail-authority-"));
    const below = new OpensslAuthority(folder, this.#at, certificate);
    below.#prepare(key);
    writeFileSync(join(folder, "ca.pem"), certificate);
    return below;
  }

  /** Certifies a request: PEM. */
  sign(csr: string, signing: Signing = {}): string {
    return this.#sign(csr, ["-cert", "ca.pem"], signing);
  }

  /** A key, and a certificate for it. */
  issue(
    asked: Asked,
    signing: Signing = {},
    keyKind: keyof typeof KEYS = "ec",
  ): { readonly key: string; readonly certificate: string } {
    const key = opensslKey(keyKind);
    return { key, certificate: this.sign(requestBy(key, asked), signing) };
  }

  /** A request by its own key, under whichever name. */
  request(subject: string): string {
    return requestBy(readFileSync(join(this.#folder, "ca.key"), "utf8"), { subject });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #with(certificate: string): OpensslAuthority {
    writeFileSync(join(this.#folder, "ca.pem"), certificate);
    return new OpensslAuthority(this.#folder, this.#at, certificate);
  }

  #prepare(key: string): void {
    writeFileSync(join(this.#folder, "ca.key"), key);
    writeFileSync(join(this.#folder, "ca.cnf"), CA_CONFIG);
    writeFileSync(join(this.#folder, "index"), "");
  }

  #sign(csr: string, by: readonly string[], signing: Signing): string {
    const { notBefore = this.#at - HALF_YEAR_MS, notAfter = this.#at + HALF_YEAR_MS } = signing;
    writeFileSync(join(this.#folder, "request.pem"), csr);
    const section = ["[extensions]", ...(signing.extensions ?? [])].join("\n");
    writeFileSync(join(this.#folder, "extensions.cnf"), section);
    const args = ["ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "ca.key", ...by];
    const dates = ["-startdate", timeOf(notBefore), "-enddate", timeOf(notAfter)];
    const subject = signing.subject === undefined ? [] : ["-subj", signing.subject];
    const files = ["-in", "request.pem", "-extfile", "extensions.cnf", "-extensions", "extensions"];
    return execFileSync("openssl", [...args, ...dates, ...subject, ...files], {
      cwd: this.#folder,
      encoding: "utf8",
      stdio: "pipe",
    });
  }
}

const HALF_YEAR_MS = 182 * 86_400_000;

/** A request by a key: PEM. */
export function requestBy(
  key: string,
  { subject, altNames }: Asked,
  options: readonly string[] = [],
): string {
  const folder = mkdtempSync(join(tmpdir(), "keytrail-request-"));
  try {
    const path = join(folder, "key.pem");
    writeFileSync(path, key);
    const names = altNames === undefined ? [] : ["-addext", `subjectAltName=${altNames}`];
    return openssl(["req", "-new", "-utf8", "-key", path, "-subj", subject, ...names, ...options]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timeOf(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
}
