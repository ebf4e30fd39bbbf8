/** The server's certificate: from files, or one made for development that names loopback only. */
import { readFileSync } from "node:fs";
import { webcrypto, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { ServeConfig } from "../config.ts";
import { ConfigError } from "../config.ts";
import type { TlsMaterial } from "../http/server.ts";
import type { Clock } from "../kernel/clock.ts";
import { randomId } from "../kernel/ids.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";

const DAY_MS = 86_400_000;
/** A development certificate lasts this long, and is made anew in its last days. */
export const SELF_SIGNED_DAYS = 365;
export const RENEW_BEFORE_DAYS = 14;

export async function tlsMaterial(
  tls: ServeConfig["tls"],
  keysFolder: string,
  clock: Clock,
): Promise<TlsMaterial | undefined> {
  if (tls === null) return undefined;
  if (tls.kind === "files") {
    return {
      certificate: readPem(tls.certificate, "--tls-cert"),
      key: readPem(tls.key, "--tls-key"),
    };
  }
  const certificatePath = join(keysFolder, "tls.crt");
  const keyPath = join(keysFolder, "tls.key");
  const kept = readKept(certificatePath, keyPath);
  if (kept && isGoodFor(kept, clock.now() + RENEW_BEFORE_DAYS * DAY_MS)) return kept;
  const made = await selfSigned(clock.now());
  await replacePrivateFile(keyPath, made.key);
  await replacePrivateFile(certificatePath, made.certificate);
  return made;
}

function readPem(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`The file given with ${option} cannot be read: ${path}`, { cause });
  }
}

function readKept(certificatePath: string, keyPath: string): TlsMaterial | undefined {
  try {
    return {
      certificate: readFileSync(certificatePath, "utf8"),
      key: readFileSync(keyPath, "utf8"),
    };
  } catch {
    return undefined;
  }
}

function isGoodFor(material: TlsMaterial, at: number): boolean {
  return new X509Certificate(material.certificate).validToDate.getTime() > at;
}

/** ECDSA P-256; the names are localhost, 127.0.0.1 and ::1 (RFC 5280, subjectAltName). */
async function selfSigned(now: number): Promise<TlsMaterial> {
  // Its dependency injection wants the polyfill first; both are loaded only where a certificate is made.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomId().replaceAll("-", ""),
      name: "CN=Keytrail development",
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + SELF_SIGNED_DAYS * DAY_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
          { type: "ip", value: "::1" },
        ]),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: certificate.toString("pem"),
    key: x509.PemConverter.encode(key, "PRIVATE KEY"),
  };
}
