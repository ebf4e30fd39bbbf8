/**
 * What each stage of an issuance asks of the certificate authority. All of it is before the transaction that keeps what
 * came of it, and can be asked again after a crash: only the placing of an order makes something, so it is a step of its
 * own, and the order's URL is kept before anything else is asked.
 */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { makeCsr } from "../../pki/csr.ts";
import { generateKey, readPrivateKey } from "../../pki/keys.ts";
import { NO_SUBJECT } from "../../pki/names.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import type { Issuance } from "../../secrets/issuance.ts";
import {
  MANUAL_DNS,
  namesOf,
  PUBLIC_KEY_ALGORITHMS,
  type PublicCertAttributes,
} from "../../secrets/kinds/public-cert.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Binding, SealedValue, Vault } from "../../secrets/vault.ts";
import { noConfiguration } from "../configurations/find.ts";
import { openKept } from "../configurations/keep.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { AcmeFault, type AcmeAccount, type AcmeOrder } from "./acme.ts";
import { issuedFrom, type IssuedPublicCert } from "./issued-certificate.ts";
import { currentVersion, openVersion } from "./open.ts";

/** A secret with its issuance, as it was found. */
export interface Issuing {
  readonly secret: Secret;
  readonly attributes: PublicCertAttributes;
  readonly issuance: Issuance;
}

/** What a step came to, as far as it came. */
export interface StepTaken {
  /** Of an order that has just been placed, and the key that it is for. */
  readonly placed?: { readonly orderUrl: string; readonly key: Sensitive<string> };
  /** The order as it was found. */
  readonly order?: AcmeOrder;
  /** Whether the authority was told to look at the records. */
  readonly isValidating?: true;
  readonly issued?: IssuedPublicCert;
  /** What came of it instead of what is missing. */
  readonly fault?: AcmeFault;
}

/** Whether the step asks somebody outside. */
export function asksOutside({ attributes, issuance }: Issuing): boolean {
  return issuance.stage !== "challenge" && attributes.dns === MANUAL_DNS;
}

/** Never throws an AcmeFault. */
export async function takeStep(issuing: Issuing, context: Context<View>): Promise<StepTaken> {
  const taken: Taking = {};
  try {
    await take(issuing, taken, context);
  } catch (error) {
    if (!(error instanceof AcmeFault)) throw error;
    taken.fault = error;
  }
  return taken;
}

type Taking = { -readonly [Part in keyof StepTaken]: StepTaken[Part] };

async function take(issuing: Issuing, taken: Taking, context: Context<View>): Promise<void> {
  const { issuance, attributes } = issuing;
  if (issuance.stage === "challenge") {
    throw new AcmeFault(
      "orderExpired",
      "Nobody said in time that the records of the order's challenges are there: order again.",
      { isFinal: true },
    );
  }
  if (attributes.dns !== MANUAL_DNS) {
    throw new AcmeFault(
      "dnsProviderUnreachable",
      "The DNS provider of the order is a service of IBM's cloud, which is out of reach from here: order with the DNS provider manual.",
      { isFinal: true },
    );
  }
  switch (issuance.stage) {
    case "order":
      return order(issuing, taken, context);
    case "validate":
      return validate(issuing, taken, context);
    case "collect":
      return collect(issuing, taken, context);
    case "over":
      return;
  }
}

async function order(issuing: Issuing, taken: Taking, context: Context<View>): Promise<void> {
  const { acme } = context.capabilities;
  const { account } = await authorityOf(issuing, context);
  const { orderUrl } = issuing.issuance;
  if (orderUrl !== null) {
    taken.order = await acme.look(account, orderUrl);
    return;
  }
  const key = await keyFor(issuing, context);
  taken.placed = { orderUrl: await acme.place(account, namesOf(issuing.attributes)), key };
}

async function validate(issuing: Issuing, taken: Taking, context: Context<View>): Promise<void> {
  const { acme } = context.capabilities;
  const { account } = await authorityOf(issuing, context);
  const found = await acme.look(account, orderUrlOf(issuing));
  taken.order = found;
  const pending = (found.challenges ?? []).filter(({ status }) => status === "pending");
  if (found.status === "pending") await acme.validate(account, pending);
  taken.isValidating = true;
}

async function collect(issuing: Issuing, taken: Taking, context: Context<View>): Promise<void> {
  const { acme, vault } = context.capabilities;
  const { account, preferredChain } = await authorityOf(issuing, context);
  let found = await acme.look(account, orderUrlOf(issuing));
  taken.order = found;
  const key = openIssuanceKey(vault, issuing);
  if (found.status === "ready") {
    found = await acme.finalize(account, found, await csrOf(issuing, key));
    taken.order = found;
  }
  if (found.status !== "valid" || found.certificateUrl === null) return;
  const chains = await acme.download(account, found.certificateUrl, {
    withAlternates: preferredChain !== null,
  });
  taken.issued = await issuedFrom(chains, {
    key,
    preferredChain,
    attributes: issuing.attributes,
    now: context.now,
  });
}

async function authorityOf(
  { secret, attributes }: Issuing,
  { store, capabilities: { vault } }: Context<View>,
): Promise<{ readonly account: AcmeAccount; readonly preferredChain: string | null }> {
  const configuration = await store.configurations.configuration(secret.at, attributes.ca);
  // It stays for as long as the secret does, which may have been deleted just now.
  if (!configuration) throw noConfiguration();
  const { environment, preferredChain } = attributesOf(configuration, "lets-encrypt");
  return { account: { environment, key: openKept(vault, configuration) }, preferredChain };
}

/** A new one, unless the current certificate's is to be kept. */
async function keyFor(
  { secret, attributes, issuance }: Issuing,
  context: Context<View>,
): Promise<Sensitive<string>> {
  const current = issuance.rotatesKeys ? null : await currentVersion(context.store.secrets, secret);
  const payload = current && (await openVersion({ secret, version: current }, context));
  if (payload?.kind === "public_cert" && payload.privateKey) return payload.privateKey;
  return generateKey(PUBLIC_KEY_ALGORITHMS[attributes.keyAlgorithm]);
}

function csrOf({ attributes }: Issuing, key: Sensitive<string>): Promise<string> {
  return makeCsr({
    subject: { ...NO_SUBJECT, commonName: attributes.commonName.toLowerCase() },
    altNames: namesOf(attributes).map((value) => ({ kind: "dns", value })),
    key: readPrivateKey(key),
  });
}

function orderUrlOf({ issuance }: Issuing): string {
  invariant(issuance.orderUrl !== null, "an order that is gone on with has been placed");
  return issuance.orderUrl;
}

type Of = Pick<Issuing, "issuance"> & { readonly secret: Pick<Secret, "at" | "id" | "dataKey"> };

export function sealIssuanceKey(vault: Vault, of: Of, key: Sensitive<string>): SealedValue {
  return vault.seal(of.secret.dataKey, bindingOf(of), utf8(key.reveal()));
}

function openIssuanceKey(vault: Vault, of: Of): Sensitive<string> {
  const { key } = of.issuance;
  invariant(key !== null, "an order that has been placed is for a key");
  return new Sensitive(fromUtf8(vault.open(of.secret.dataKey, bindingOf(of), key)));
}

function bindingOf({ secret, issuance }: Of): Binding {
  return { purpose: "issuance", at: secret.at, owner: secret.id, part: issuance.id };
}
