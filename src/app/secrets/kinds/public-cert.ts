/**
 * Certificates that a public authority issues. They are only asked for here; what comes of it is `issue-certificate.ts`.
 * A certificate whose records the owner publishes by hand may be renewed on time too: it is ordered then, and waits for
 * the owner. IBM's documentation has such a request, and says elsewhere that it does not do it.
 */
import { invariant, Refusal } from "../../../kernel/errors.ts";
import { randomId } from "../../../kernel/ids.ts";
import {
  atStage,
  isUnderWay,
  orderedIssuance,
  renewalOf,
  type Issuance,
} from "../../../secrets/issuance.ts";
import {
  checkPublicNames,
  MANUAL_DNS,
  type IssuanceInfo,
  type NewPublicCert,
  type PublicCertAttributes,
} from "../../../secrets/kinds/public-cert.ts";
import { PRE_ACTIVATION, type Instance, type Secret } from "../../../secrets/secret.ts";
import type { Millis } from "../../../kernel/clock.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import type { Behaviour } from "./behaviour.ts";

export const publicCert: Behaviour<"public_cert"> = {
  patches: ["renewal"],

  async make(given, { id: secretId, at, versionCustomMetadata }, { store, now }) {
    checkPublicNames(given);
    await assertConfigured(given, at, store);
    const { autoRotate = false, rotateKeys = false } = given.rotation ?? {};
    const attributes: PublicCertAttributes = {
      kind: "public_cert",
      commonName: given.commonName,
      altNames: given.altNames,
      keyAlgorithm: given.keyAlgorithm ?? "RSA2048",
      ca: given.ca,
      dns: given.dns,
      bundleCerts: given.bundleCerts ?? true,
      rotation: { autoRotate, rotateKeys },
      facts: null,
      issuance: orderedInfo(now),
    };
    const of = { id: randomId(), secretId, at, autoRotated: false, rotatesKeys: true, failures: 0 };
    await store.issuances.putIssuance(orderedIssuance(of, versionCustomMetadata, now));
    return { secret: { attributes }, version: null };
  },

  async renew(given, { secret, autoRotated, versionCustomMetadata }, { store, now }) {
    const { at, id: secretId, lastVersion } = secret;
    const attributes = attributesOf(secret);
    const before = await store.issuances.issuance(secretId);
    if (isUnderWay(before)) {
      throw new Refusal(
        "precondition_failed",
        "A certificate has been ordered already: what is to be done for it stands in issuance_info.",
      );
    }
    const issuance = orderedIssuance(
      {
        id: randomId(),
        secretId,
        at,
        autoRotated,
        rotatesKeys: given?.rotateKeys ?? attributes.rotation.rotateKeys,
        failures: autoRotated ? (before?.failures ?? 0) : 0,
      },
      versionCustomMetadata,
      now,
    );
    await store.issuances.putIssuance(issuance);
    return {
      secret: {
        attributes: { ...attributes, issuance: orderedInfo(now) },
        // What had failed is awaited again.
        state: lastVersion === 0 ? PRE_ACTIVATION : secret.state,
        nextRotationAt: null,
      },
      version: null,
    };
  },

  async patch({ rotation, renewal }, secret, { store }) {
    const attributes = attributesOf(secret);
    // Said without a word on keys, to rotate nothing is what every type understands.
    const asked = renewal ?? (rotation && { autoRotate: false });
    if (!asked) return {};
    const { autoRotate } = asked;
    const rotateKeys = renewal?.rotateKeys ?? attributes.rotation.rotateKeys;
    const isOrdered = isUnderWay(await store.issuances.issuance(secret.id));
    const { facts } = attributes;
    return {
      attributes: { ...attributes, rotation: { autoRotate, rotateKeys } },
      nextRotationAt: autoRotate && facts && !isOrdered ? renewalOf(facts) : null,
    };
  },

  actions: {
    /** The owner says that the records are there. To say so while the authority looks changes nothing. */
    public_cert_action_validate_dns_challenge: {
      async run(secret, { store, now }) {
        const attributes = attributesOf(secret);
        const issuance = assertAwaitsRecords(await store.issuances.issuance(secret.id), attributes);
        if (issuance.stage === "challenge") {
          await store.issuances.putIssuance(atStage(issuance, "validate", { now }));
          await store.secrets.updateSecret({
            ...secret,
            attributes: {
              ...attributes,
              issuance: { ...attributes.issuance, validationAt: now },
            },
            updatedAt: now,
          });
        }
        return {};
      },
    },
  },
};

function orderedInfo(now: Millis): IssuanceInfo {
  return {
    state: PRE_ACTIVATION,
    orderedAt: now,
    challenges: [],
    validationAt: null,
    error: null,
  };
}

function assertAwaitsRecords(
  issuance: Issuance | undefined,
  { dns }: PublicCertAttributes,
): Issuance {
  if (dns !== MANUAL_DNS) {
    throw refused("Only challenges of orders with the DNS provider manual are answered by hand.");
  }
  if (!issuance || !isUnderWay(issuance))
    throw refused("No order of this secret waits for its challenges.");
  if (issuance.stage === "order") {
    throw refused("The challenges of the order are not there yet: try again in a moment.");
  }
  return issuance;
}

/** Refuses configurations that there are not, or that are something else. */
async function assertConfigured(
  { ca, dns }: NewPublicCert,
  at: Instance,
  { configurations }: Context<Transaction>["store"],
): Promise<void> {
  const authority = await configurations.configuration(at, ca);
  if (authority?.type !== "public_cert_configuration_ca_lets_encrypt") {
    throw notConfigured(
      "There is no configuration of a public certificate authority of this name.",
      "ca",
    );
  }
  if (dns === MANUAL_DNS) return;
  const provider = await configurations.configuration(at, dns);
  if (provider?.attributes.kind !== "dns-provider") {
    throw notConfigured(
      `There is no configuration of a DNS provider of this name; ${MANUAL_DNS} stands for records published by hand.`,
      "dns",
    );
  }
}

function attributesOf({ attributes }: Secret): PublicCertAttributes {
  invariant(attributes?.kind === "public_cert", "the attributes are of the secret's own type");
  return attributes;
}

function notConfigured(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}

function refused(sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence);
}
