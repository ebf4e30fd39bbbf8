/**
 * Certificates that were issued elsewhere. Either their owner brings them, with or without the key; or a key is made
 * here, a CSR for it given out, and the certificate that is imported for it becomes the value.
 */
import { invariant, Refusal } from "../../../kernel/errors.ts";
import type { Millis } from "../../../kernel/clock.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { isKeyOf, readPrivateKey } from "../../../pki/keys.ts";
import { checkChain, readCertificate, readCertificates } from "../../../pki/read.ts";
import type {
  ImportedCertAttributes,
  NewImportedCertVersion,
  ReadyCertificate,
  ReadyCsr,
} from "../../../secrets/kinds/imported-cert.ts";
import { requestWith, type ManagedCsr } from "../../../secrets/kinds/managed-csr.ts";
import type { Secret } from "../../../secrets/secret.ts";
import type { Vault } from "../../../secrets/vault.ts";
import { openCsrKey, sealCsrKey } from "../open.ts";
import type { Behaviour, Made } from "./behaviour.ts";
import { factsOfCertificate } from "./certificate-facts.ts";
import { readyCsr, type Before } from "./managed-csr.ts";

export const importedCert: Behaviour<"imported_cert"> = {
  patches: ["managedCsr"],

  async prepareNew(given) {
    const { certificate, intermediate, privateKey, managedCsr } = given;
    if (managedCsr) {
      if (certificate !== undefined || intermediate !== undefined || privateKey) {
        throw refused("Give either a certificate or a managed CSR.", "managedCsr");
      }
      return { ...given, ready: await readyCsr(requestWith(managedCsr), null) };
    }
    if (certificate === undefined) {
      throw refused("Give a certificate, or what a managed CSR is to ask for.", "certificate");
    }
    const ready = await readyCertificate({ certificate, intermediate, privateKey }, null);
    return { ...given, ready };
  },

  async prepareVersion(given, secret, { capabilities: { vault } }) {
    if (!given) throw refused("A new version of this type needs its certificate.", "certificate");
    return { ...given, ready: await readyCertificate(given, beforeOf(secret, vault)) };
  },

  async preparePatch(patch, secret, { capabilities: { vault } }) {
    if (patch.managedCsr === undefined) return patch;
    const before = beforeOf(secret, vault);
    if (!before) throw refused("This secret has no managed CSR.", "managedCsr");
    if (patch.managedCsr === null) {
      throw refused("The managed CSR of a secret stays: change its fields.", "managedCsr");
    }
    const request = requestWith(patch.managedCsr, before.request);
    return { ...patch, readyCsr: await readyCsr(request, before) };
  },

  async make({ ready }, making, { capabilities: { vault }, now }) {
    invariant(ready !== undefined, "what a secret is made of was looked at before");
    if ("parts" in ready) return imported(ready, null, now);
    const csrKey = sealCsrKey(vault, making, ready.key);
    return { secret: { csrKey, attributes: awaiting(ready.managedCsr, null) }, version: null };
  },

  async renew(given, { secret }, { now }) {
    invariant(given?.ready !== undefined, "a new certificate was looked at before");
    const { managedCsr } = attributesOf(secret);
    if ((managedCsr?.csr ?? null) !== given.ready.csr) throw overtaken();
    return imported(given.ready, managedCsr, now);
  },

  async patch({ readyCsr: ready }, secret, { capabilities: { vault } }) {
    if (!ready) return {};
    const { facts, managedCsr } = attributesOf(secret);
    if ((managedCsr?.csr ?? null) !== ready.inPlaceOf) throw overtaken();
    return {
      csrKey: sealCsrKey(vault, secret, ready.key),
      attributes: awaiting(ready.managedCsr, facts),
    };
  },
};

function awaiting(
  managedCsr: ReadyCsr["managedCsr"],
  facts: ImportedCertAttributes["facts"],
): ImportedCertAttributes {
  return { kind: "imported_cert", facts, managedCsr };
}

/** The secret ends when its certificate does. */
function imported(
  { parts, facts }: ReadyCertificate,
  managedCsr: ManagedCsr | null,
  now: Millis,
): Made {
  if (facts.notAfter <= now) throw refused("The certificate has expired.", "certificate");
  return {
    secret: {
      expiresAt: facts.notAfter,
      attributes: { kind: "imported_cert", facts, managedCsr },
    },
    version: {
      payload: { kind: "imported_cert", ...parts },
      attributes: { kind: "certificate", facts, revokedAt: null },
      expiresAt: facts.notAfter,
    },
  };
}

/**
 * Reads what is brought, and whether it belongs together: the certificate is signed by the intermediate one, and is for
 * the key; of a secret with a managed CSR, for that one's key.
 */
async function readyCertificate(
  given: Omit<NewImportedCertVersion, "kind">,
  managed: Before | null,
): Promise<ReadyCertificate> {
  const certificate = readCertificate(given.certificate);
  const chain = given.intermediate ? readCertificates(given.intermediate, "intermediate") : [];
  checkChain([certificate, ...chain]);
  const owned = given.privateKey;
  if (owned && !(await isKeyOf(readPrivateKey(owned), certificate.publicKey))) {
    throw refused("The private key is not the one that the certificate is for.", "privateKey");
  }
  if (managed && !(await isKeyOf(readPrivateKey(managed.key), certificate.publicKey))) {
    const sentence = "The certificate is not for the key of the secret's managed CSR.";
    throw refused(sentence, "certificate");
  }
  const privateKey: Sensitive<string> | null = managed?.key ?? owned ?? null;
  return {
    parts: {
      certificate: given.certificate,
      intermediate: given.intermediate || null,
      privateKey,
    },
    facts: factsOfCertificate(certificate, {
      intermediateIncluded: chain.length > 0,
      privateKeyIncluded: privateKey !== null,
    }),
    csr: managed?.csr ?? null,
  };
}

function beforeOf(secret: Secret, vault: Vault): Before | null {
  const { managedCsr } = attributesOf(secret);
  return managedCsr && { ...managedCsr, key: openCsrKey(vault, secret) };
}

function attributesOf({ attributes }: Secret): ImportedCertAttributes {
  invariant(attributes?.kind === "imported_cert", "the attributes are of the secret's own type");
  return attributes;
}

/** Between looking and the transaction, somebody has changed the managed CSR. */
function overtaken(): Refusal {
  return new Refusal("conflict", "The managed CSR of the secret has just changed: try again.");
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
