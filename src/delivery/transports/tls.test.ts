import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { MAX_PEM_CHARS, tlsSettings } from "./tls.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const [one = "", other = ""] = rootCertificates;
const isTaken = (ca: string): boolean => tlsSettings.safeParse({ ca }).success;

describe("certificates in settings", () => {
  it("are one or more, with whatever stands around them", () => {
    expect([one, `${one}\n${other}\n`, `# of ours\r\n${one.replaceAll("\n", "\r\n")}`]).toSatisfy(
      (texts: string[]) => texts.every(isTaken),
    );
    expect([
      "",
      BEGIN,
      one.slice(0, -30),
      `${one}\n${BEGIN}\nAAAA\n-----END CERTIFICATE-----`,
    ]).toSatisfy((texts: string[]) => !texts.some(isTaken));
  });

  it("that never end keep nobody waiting, however many begin", () => {
    const begun = performance.now();
    expect(isTaken(BEGIN.repeat(Math.floor(MAX_PEM_CHARS / BEGIN.length)))).toBe(false);
    expect(isTaken(BEGIN.repeat(30_000))).toBe(false);
    expect(isTaken(`${one}\n`.repeat(3_000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
