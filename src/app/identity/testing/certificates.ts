/** Authorities and people's certificates that nothing of the server has made, for tests of logins by certificate. */
import { constants, generateKeyPairSync, privateDecrypt, type KeyObject } from "node:crypto";
import { EXT_KEY_USAGES } from "../../../pki/extensions.ts";
import { issueCertificate, issueSelfSigned, type Contents } from "../../../pki/issue.ts";
import type { Issuer } from "../../../pki/issuer.ts";
import { keyIdOf } from "../../../pki/keys.ts";
import { encodeName, NO_SUBJECT } from "../../../pki/names.ts";
import type { AltName } from "../../../pki/alt-names.ts";

const DAY_MS = 86_400_000;

export interface MadeCertificate {
  readonly pem: string;
  readonly key: KeyObject;
}

export class TestAuthority {
  readonly pem: string;
  readonly #issuer: Issuer;
  readonly #now: number;

  private constructor(pem: string, issuer: Issuer, now: number) {
    this.pem = pem;
    this.#issuer = issuer;
    this.#now = now;
  }

  static async made(name: string, now: number): Promise<TestAuthority> {
    const { publicKey, privateKey } = rsa();
    const pem = await issueSelfSigned(authority(name, publicKey, now), privateKey);
    return new TestAuthority(pem, issuerOf(name, privateKey, publicKey), now);
  }

  /** One below this one. */
  async below(name: string): Promise<TestAuthority> {
    const { publicKey, privateKey } = rsa();
    const pem = await issueCertificate(authority(name, publicKey, this.#now), this.#issuer);
    return new TestAuthority(pem, issuerOf(name, privateKey, publicKey), this.#now);
  }

  async issued(
    commonName: string,
    over: Partial<Contents> & { readonly emails?: readonly string[]; readonly bits?: number } = {},
  ): Promise<MadeCertificate> {
    const { emails = [], bits = 2_048, ...rest } = over;
    const { publicKey, privateKey } = rsa(bits);
    const altNames: readonly AltName[] = emails.map((value) => ({ kind: "email", value }));
    const contents: Contents = {
      subject: encodeName({ ...NO_SUBJECT, commonName }),
      publicKey,
      notBefore: this.#now - DAY_MS,
      notAfter: this.#now + DAY_MS,
      keyUsages: ["DigitalSignature", "KeyEncipherment"],
      extKeyUsages: [EXT_KEY_USAGES["ClientAuth"] ?? ""],
      altNames,
      ...rest,
    };
    return { pem: await issueCertificate(contents, this.#issuer), key: privateKey };
  }
}

/** As DSV's command line does it. */
export function answered(encrypted: string, key: KeyObject): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const bytes = Buffer.from(encrypted, "base64");
  return privateDecrypt({ key, padding, oaepHash: "sha512" }, bytes).toString("base64");
}

function rsa(modulusLength = 2_048) {
  return generateKeyPairSync("rsa", { modulusLength });
}

function issuerOf(name: string, key: KeyObject, publicKey: KeyObject): Issuer {
  const subject = encodeName({ ...NO_SUBJECT, commonName: name });
  return { key, name: subject, keyId: keyIdOf(publicKey) };
}

function authority(name: string, publicKey: KeyObject, now: number): Contents {
  return {
    subject: encodeName({ ...NO_SUBJECT, commonName: name }),
    publicKey,
    notBefore: now - DAY_MS,
    notAfter: now + 10 * DAY_MS,
    authority: { pathLength: null },
    keyUsages: ["CertSign", "CRLSign"],
    altNames: [],
  };
}
