import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { generateKey, publicKeyOf, readPrivateKey } from "../../pki/keys.ts";
import { issueCertificate, issueSelfSigned, type Contents } from "../../pki/issue.ts";
import { keyIdOf } from "../../pki/keys.ts";
import { encodeName, NO_SUBJECT } from "../../pki/names.ts";
import { AcmeFault } from "./acme.ts";
import { issuedFrom } from "./issued-certificate.ts";

const NOW = Date.UTC(2026, 10, 21);
const attributes = { commonName: "example.com", altNames: ["www.example.com"], bundleCerts: true };

let key: Sensitive<string>;
let authority: Sensitive<string>;
const chains: string[] = [];

/** A leaf for these names, issued by an intermediate that a root of this name has signed. */
async function chainTo(root: string, names = ["example.com", "www.example.com"]): Promise<string> {
  const below = readPrivateKey(authority);
  const top = readPrivateKey(await generateKey({ type: "ec", bits: 256 }));
  const intermediate = await issueCertificate(
    { ...contents("Between", authority), authority: { pathLength: 0 } },
    { key: top, name: nameOf(root), keyId: keyIdOf(top) },
  );
  const leaf = await issueCertificate(
    {
      ...contents("example.com", key),
      keyUsages: [],
      altNames: names.map((value) => ({ kind: "dns", value })),
    },
    { key: below, name: nameOf("Between"), keyId: keyIdOf(below) },
  );
  return `${leaf}${intermediate}`;
}

function contents(name: string, of: Sensitive<string>): Contents {
  return {
    subject: nameOf(name),
    publicKey: publicKeyOf(readPrivateKey(of)),
    notBefore: NOW - 1_000,
    notAfter: NOW + 86_400_000,
    keyUsages: ["CertSign"],
    altNames: [],
  };
}

function nameOf(commonName: string): Uint8Array {
  return encodeName({ ...NO_SUBJECT, commonName });
}

beforeAll(async () => {
  key = await generateKey({ type: "ec", bits: 256 });
  authority = await generateKey({ type: "ec", bits: 256 });
  chains.push(await chainTo("First Root"), await chainTo("Second Root"));
});

afterAll(() => chains.splice(0));

describe("what an authority has issued", () => {
  it.each([
    [null, 0],
    ["First Root", 0],
    ["Second Root", 1],
    ["No Such Root", 0],
  ])("is kept with the chain to %s, or with the first one", async (preferredChain, at) => {
    const asked = { key, preferredChain, attributes, now: NOW };
    const { payload } = await issuedFrom(chains, asked);
    expect(payload.certificate.replaceAll("\n", "")).toBe(chains[at]?.replaceAll("\n", ""));
  });

  it.each([
    ["for another key", async () => ({ key: await generateKey({ type: "ec", bits: 256 }) })],
    ["for fewer names", async () => ({ chains: [await chainTo("First Root", ["example.com"])] })],
    ["over by now", async () => ({ now: NOW + 86_400_000 })],
    ["no certificate", async () => ({ chains: ["hello"] })],
    ["nothing", async () => ({ chains: [] })],
    [
      "a broken chain",
      async () => {
        const stranger = readPrivateKey(key);
        const foreign = await issueSelfSigned(contents("Between", key), stranger);
        return {
          chains: [`${chains[0]?.split(/(?<=END CERTIFICATE-----)/)[0] ?? ""}\n${foreign}`],
        };
      },
    ],
  ])("is no good where it is %s", async (_what, changes) => {
    const asked = { key, preferredChain: null, attributes, now: NOW, chains, ...(await changes()) };
    const fault = await issuedFrom(asked.chains, asked).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(AcmeFault);
    expect(fault).toMatchObject({ code: "notOrdered", isFinal: true });
  });
});
