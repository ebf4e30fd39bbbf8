/** What signs the certificates of the test authority: an intermediate, which two roots have signed. */
import type { KeyObject } from "node:crypto";
import type { Clock } from "../../src/kernel/clock.ts";
import type { Csr } from "../../src/pki/csr.ts";
import { issueCertificate, issueSelfSigned, type Contents } from "../../src/pki/issue.ts";
import { generateKey, keyIdOf, publicKeyOf, readPrivateKey } from "../../src/pki/keys.ts";
import { encodeName, NO_SUBJECT } from "../../src/pki/names.ts";

const ISSUER = "Test Issuer";
const ROOTS = ["Test Root", "Other Root"] as const;
const HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 3_650 * 24 * HOUR_MS;
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

type OfEachRoot = readonly [string, string];

export class AcmeSigner {
  readonly roots: OfEachRoot;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  /** Its own certificate, by each root. */
  readonly #chains: OfEachRoot;

  private constructor(clock: Clock, key: KeyObject, made: readonly [OfEachRoot, OfEachRoot]) {
    this.#clock = clock;
    this.#key = key;
    [this.roots, this.#chains] = made;
  }

  static async found(clock: Clock): Promise<AcmeSigner> {
    const signer = readPrivateKey(await generateKey({ type: "ec", bits: 256 }));
    const made = ROOTS.map(async (name) => {
      const key = readPrivateKey(await generateKey({ type: "ec", bits: 256 }));
      const own = { ...contents(name, key, clock), authority: { pathLength: null } };
      const below = { ...contents(ISSUER, signer, clock), authority: { pathLength: 0 } };
      const issuer = { key, name: nameOf(name), keyId: keyIdOf(key) };
      return [await issueSelfSigned(own, key), await issueCertificate(below, issuer)] as const;
    });
    const [[root, chain], [otherRoot, otherChain]] = await Promise.all([
      made[0] as Promise<OfEachRoot>,
      made[1] as Promise<OfEachRoot>,
    ]);
    return new AcmeSigner(clock, signer, [
      [root, otherRoot],
      [chain, otherChain],
    ]);
  }

  /** The certificate with its chain, to each root. */
  async sign(csr: Csr, lifetimeMs: number): Promise<OfEachRoot> {
    const leaf = await issueCertificate(
      {
        ...contents(csr.subject.commonName ?? "", csr.publicKey, this.#clock),
        notAfter: this.#clock.now() + lifetimeMs,
        keyUsages: ["DigitalSignature"],
        extKeyUsages: [SERVER_AUTHENTICATION],
        altNames: csr.altNames,
      },
      { key: this.#key, name: nameOf(ISSUER), keyId: keyIdOf(this.#key) },
    );
    const [chain, otherChain] = this.#chains;
    return [`${leaf}${chain}`, `${leaf}${otherChain}`];
  }
}

function contents(name: string, key: KeyObject, clock: Clock): Contents {
  return {
    subject: nameOf(name),
    publicKey: publicKeyOf(key),
    notBefore: clock.now() - HOUR_MS,
    notAfter: clock.now() + TEN_YEARS_MS,
    keyUsages: ["CertSign", "CRLSign"],
    altNames: [],
  };
}

function nameOf(commonName: string): Uint8Array {
  return encodeName({ ...NO_SUBJECT, commonName });
}
