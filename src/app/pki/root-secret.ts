/** A root of one's own as a secret that anybody may read who may read secrets: DSV's form of it. */
import type { KeyObject } from "node:crypto";
import { Sensitive } from "../../kernel/sensitive.ts";
import { sshPublicKeyOf } from "../../pki/ssh.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { inBase64, keyInBase64 } from "./encoding.ts";
import { keep, type Prospect } from "./keep.ts";

export interface RootTerms {
  /** See `domainsOf`. */
  readonly domains: readonly string[];
  /** What it signs is good for so many hours at most. */
  readonly maxTTL: number;
  /** Where those who check what it has signed find what has been revoked. */
  readonly crl?: string | undefined;
}

export interface RootParts {
  /** PEM. */
  readonly certificate: string;
  readonly key: KeyObject;
  readonly serialNumber: string;
}

export interface KeptRoot {
  readonly id: string;
  readonly versionId: string;
  readonly serialNumber: string;
  readonly certificate: string;
  /** Of an RSA key. */
  readonly sshPublicKey: string | null;
}

export async function keepRoot(
  prospect: Prospect,
  { certificate, key, serialNumber, domains, maxTTL, crl }: RootParts & RootTerms,
  context: Context<Transaction>,
): Promise<KeptRoot> {
  const sshPublicKey = sshPublicKeyOf(key);
  const data = {
    cert: inBase64(certificate),
    privateKey: keyInBase64(key).reveal(),
    domains,
    maxTTL,
    ...(crl === undefined ? {} : { crl }),
    ...(sshPublicKey === null ? {} : { sshPublicKey }),
  };
  const kept = { data: new Sensitive(data), customMetadata: { type: "root-cert" } };
  const { secret, version } = await keep(prospect, kept, context);
  return { id: secret.id, versionId: version.id, serialNumber, certificate, sshPublicKey };
}
