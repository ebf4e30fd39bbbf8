import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../config.ts";
import { ManualClock } from "../kernel/clock.ts";
import { RENEW_BEFORE_DAYS, SELF_SIGNED_DAYS, tlsMaterial } from "./tls.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 21);

let folder: string;
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-tls-"));
  clock = new ManualClock(START);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("a certificate for development", () => {
  it("names loopback only, signs itself, and fits its key", async () => {
    const made = await tlsMaterial({ kind: "self-signed" }, folder, clock);
    const certificate = new X509Certificate(made?.certificate ?? "");
    expect(certificate.subjectAltName).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(made?.key ?? ""))).toBe(true);
  });

  it("is kept, its key readable by its owner alone, and made anew in its last days", async () => {
    const first = await tlsMaterial({ kind: "self-signed" }, folder, clock);
    expect(statSync(join(folder, "tls.key")).mode & 0o777).toBe(0o600);
    clock.advance((SELF_SIGNED_DAYS - RENEW_BEFORE_DAYS - 1) * DAY_MS);
    expect(await tlsMaterial({ kind: "self-signed" }, folder, clock)).toEqual(first);
    clock.advance(2 * DAY_MS);
    const second = await tlsMaterial({ kind: "self-signed" }, folder, clock);
    expect(second?.certificate).not.toBe(first?.certificate);
    expect(readFileSync(join(folder, "tls.crt"), "utf8")).toBe(second?.certificate);
  });
});

describe("a certificate from files", () => {
  it("that are not there is told by the option", async () => {
    const missing = {
      kind: "files",
      certificate: join(folder, "no.pem"),
      key: join(folder, "no.key"),
    } as const;
    await expect(tlsMaterial(missing, folder, clock)).rejects.toThrow(ConfigError);
    await expect(tlsMaterial(missing, folder, clock)).rejects.toThrow("--tls-cert");
  });
});
