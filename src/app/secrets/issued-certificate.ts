/** What an authority has issued: whether it is what was asked for, which of its chains is kept, and what it says. */
import { Refusal } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { isKeyOf, readPrivateKey } from "../../pki/keys.ts";
import { readName } from "../../pki/names.ts";
import { checkChain, readCertificates, type Certificate } from "../../pki/read.ts";
import type { CertificateFacts } from "../../secrets/kinds/certificate.ts";
import {
  namesOf,
  type PublicCertAttributes,
  type PublicCertPayload,
} from "../../secrets/kinds/public-cert.ts";
import { AcmeFault } from "./acme.ts";
import { factsOfCertificate } from "./kinds/certificate-facts.ts";

export interface IssuedPublicCert {
  readonly payload: PublicCertPayload;
  readonly facts: CertificateFacts;
}

interface Asked {
  readonly key: Sensitive<string>;
  readonly preferredChain: string | null;
  readonly attributes: Pick<PublicCertAttributes, "commonName" | "altNames" | "bundleCerts">;
  readonly now: Millis;
}

/** Throws an AcmeFault, a final one, for a certificate that is not the one that was ordered. */
export async function issuedFrom(
  chains: readonly string[],
  asked: Asked,
): Promise<IssuedPublicCert> {
  const read = chains.map(chainIn);
  const chosen = read.find((chain) => isTopped(chain, asked.preferredChain)) ?? read[0];
  const [leaf, ...above] = chosen ?? [];
  if (!leaf || !(await isOrdered(leaf, asked))) throw notOrdered();
  const chain = above.map(({ pem }) => pem).join("");
  return {
    payload: {
      kind: "public_cert",
      certificate: asked.attributes.bundleCerts ? `${leaf.pem}${chain}` : leaf.pem,
      intermediate: chain || null,
      privateKey: asked.key,
    },
    facts: factsOfCertificate(leaf, {
      intermediateIncluded: chain !== "",
      privateKeyIncluded: true,
    }),
  };
}

function chainIn(pem: string): readonly Certificate[] {
  try {
    const chain = readCertificates(pem, "certificate");
    checkChain(chain);
    return chain;
  } catch (error) {
    if (error instanceof Refusal) throw notOrdered();
    throw error;
  }
}

async function isOrdered(leaf: Certificate, { key, attributes, now }: Asked): Promise<boolean> {
  if (!(await isKeyOf(readPrivateKey(key), leaf.publicKey)) || leaf.notAfter <= now) return false;
  const certified = new Set(
    leaf.altNames.flatMap((one) => (one.kind === "dns" ? [one.value.toLowerCase()] : [])),
  );
  return namesOf(attributes).every((name) => certified.has(name));
}

/** Whether the last certificate was signed by the issuer of this name. */
function isTopped(chain: readonly Certificate[], issuer: string | null): boolean {
  const top = chain.at(-1);
  return issuer !== null && !!top && readName(top.issuerDer).subject.commonName === issuer;
}

function notOrdered(): AcmeFault {
  const sentence = "What the certificate authority issued is not the certificate that was ordered.";
  return new AcmeFault("notOrdered", sentence, { isFinal: true });
}
