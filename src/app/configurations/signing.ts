/** Signing by the authorities of an instance: which of them may, for how long, and what they say of themselves. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import type { Place } from "../../audit/crn.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Contents } from "../../pki/issue.ts";
import type { Issuer } from "../../pki/issuer.ts";
import { keyIdOf } from "../../pki/keys.ts";
import { readCertificate } from "../../pki/read.ts";
import { attributesOf, type Configuration } from "../../secrets/configurations/configuration.ts";
import {
  isPermitted,
  type AuthorityAttributes,
  type AuthoritySettings,
  type IssuedAuthority,
} from "../../secrets/configurations/authority.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Capabilities } from "../capabilities.ts";
import type { Context } from "../operation.ts";
import { instanceOf } from "../secrets/find.ts";
import type { View } from "../state.ts";
import type { CertificateNames } from "./certificate-names.ts";
import { openKept } from "./keep.ts";

/** An authority with its certificate. */
export interface CertifiedAuthority {
  readonly configuration: Configuration;
  readonly attributes: AuthorityAttributes;
  readonly issued: IssuedAuthority;
}

/** One that may sign now. */
export interface Authority extends CertifiedAuthority {
  /** What has to be as it was when it signed, for what it signed to be given out. */
  readonly stamp: string;
}

type Found = Pick<CertifiedAuthority, "configuration" | "attributes">;

/** Clocks differ a little: what an authority signs was valid a moment ago already. */
export const BACKDATED_MS = 30_000;
/** Authorities one above another; a ring of them cannot come about, and would end here. */
const MAX_DEPTH = 32;

/**
 * The authority of this name, which may sign now: it has a certificate, and neither that one nor one of an authority
 * of the instance above it has expired or was revoked. Refuses any other by what is to be done.
 */
export async function authorityThatSigns<Store extends View>(
  name: string,
  { store, call, now }: Context<Store>,
): Promise<Authority> {
  const at = instanceOf(call.place);
  const found = await authorityNamed(name, at, store);
  if (!found) {
    throw refused("There is no certificate authority of this name in the instance.");
  }
  const { attributes } = found;
  if (attributes.revokedAt !== null) throw unfit("The certificate authority has been revoked.");
  const { issued } = attributes;
  if (!issued) throw unfit("The certificate authority has to be signed itself first.");
  if (issued.notAfter <= now) throw unfit("The certificate authority has expired.");
  const above = await authoritiesAbove(issued, at, store);
  const ofThose = above.map((one) => attributesOf(one, "authority"));
  if (ofThose.some((one) => one.revokedAt !== null)) {
    throw unfit("A certificate authority above this one has been revoked.");
  }
  if (ofThose.some((one) => one.issued && one.issued.notAfter <= now)) {
    throw unfit("A certificate authority above this one has expired.");
  }
  return { ...found, issued, stamp: stampOf(found) };
}

/** The authorities of the instance above one, the nearest first. */
export async function authoritiesAbove(
  { issuerId }: Pick<IssuedAuthority, "issuerId">,
  at: Instance,
  store: Pick<View, "configurations">,
): Promise<readonly Configuration[]> {
  const all = await authoritiesOf(at, store);
  const above: Configuration[] = [];
  for (let id = issuerId; id !== null && above.length < MAX_DEPTH;) {
    const next = all.find((one) => one.id === id);
    if (next) above.push(next);
    id = next ? (attributesOf(next, "authority").issued?.issuerId ?? null) : null;
  }
  return above;
}

export async function authorityNamed(
  name: string,
  at: Instance,
  { configurations }: Pick<View, "configurations">,
): Promise<Found | undefined> {
  const configuration = await configurations.configuration(at, name);
  if (configuration?.attributes.kind !== "authority") return undefined;
  return { configuration, attributes: configuration.attributes };
}

/** All of the instance, roots first. */
export async function authoritiesOf(
  at: Instance,
  { configurations }: Pick<View, "configurations">,
): Promise<readonly Configuration[]> {
  const [roots, intermediates] = await Promise.all([
    configurations.configurationsOf(at, "private_cert_configuration_root_ca"),
    configurations.configurationsOf(at, "private_cert_configuration_intermediate_ca"),
  ]);
  return [...roots, ...intermediates];
}

/** With its key, opened. Refuses while the vault is sealed. */
export function issuerOf(
  { configuration, issued }: CertifiedAuthority,
  { vault }: Pick<Capabilities, "vault">,
): Issuer {
  const key: KeyObject = createPrivateKey(openKept(vault, configuration).reveal());
  const { subjectDer: name, keyId } = readCertificate(issued.certificate);
  // Whoever signed it elsewhere may have called its key by another identifier than we would.
  return { key, name, keyId: keyId === null ? keyIdOf(key) : Buffer.from(keyId, "hex") };
}

/** How long a certificate may live. */
export interface Lifetime {
  /** What was asked for; null for the usual length. */
  readonly askedSeconds: number | null;
  readonly usualSeconds: number;
  readonly maxSeconds: number;
}

/**
 * When a certificate ends. A length that was asked for is given, or refused; the usual one is cut short where the
 * authority itself ends sooner: nothing it signs is good for longer than it is.
 */
export function endOf(
  { askedSeconds, usualSeconds, maxSeconds }: Lifetime,
  { issued }: Pick<Authority, "issued">,
  now: number,
): number {
  if (askedSeconds === null) {
    return Math.min(now + Math.min(usualSeconds, maxSeconds) * 1_000, issued.notAfter);
  }
  if (askedSeconds > maxSeconds) {
    throw refused(`The time to live is at most ${maxSeconds} seconds here.`, "ttl");
  }
  const end = now + askedSeconds * 1_000;
  if (end <= issued.notAfter) return end;
  throw refused("The certificate authority ends before this time to live does.", "ttl");
}

/** Refuses names that whoever checks a certificate by this authority, or by those above it, would not accept. */
export function assertPermitted(
  { altNames }: CertificateNames,
  { issued }: Pick<Authority, "issued">,
): void {
  const isOutside = altNames.some(
    (name) => name.kind === "dns" && !isPermitted(name.value, issued.permittedDnsDomains),
  );
  if (isOutside) {
    throw refused("The certificate authority is limited to other domains.", "altNames");
  }
}

/** Where in a certificate its issuer says that more is to be found. */
export function publishedBy(
  { configuration, attributes }: Authority,
  { call, capabilities }: Pick<Context<View>, "call" | "capabilities">,
): Pick<Contents, "crlUrl" | "issuerUrl"> {
  const { namesCrl, namesIssuer } = attributes.settings;
  if (!namesCrl && !namesIssuer) return {};
  const base = publicationUrl(configuration, attributes, { place: call.place, capabilities });
  return {
    crlUrl: namesCrl ? `${base}/crl` : undefined,
    issuerUrl: namesIssuer ? `${base}/ca` : undefined,
  };
}

/** Refuses settings by which certificates would say where the authority publishes, where nobody knows that. */
export function assertPublishable(
  { namesCrl, namesIssuer, origin }: AuthoritySettings,
  { publicDomain }: Pick<Capabilities, "publicDomain">,
): void {
  if ((!namesCrl && !namesIssuer) || origin !== null || publicDomain !== null) return;
  throw refused(
    "Nothing says where this server is called: start it with --public-domain.",
    "origin",
  );
}

/** Below it an authority publishes its certificate and its revocation list. */
export const PUBLICATIONS_PATH = "/v1/ibmcloud/private_cert/config/certificate_authorities";

/** By the installation's own domain, or as it was called when the authority was made or changed last. */
function publicationUrl(
  { name }: Configuration,
  { settings }: AuthorityAttributes,
  { place, capabilities: { publicDomain } }: PublicationsFor,
): string {
  const origin =
    publicDomain === null
      ? settings.origin
      : `https://${place.instance ?? ""}.${place.region}.${publicDomain}`;
  invariant(origin !== null, "an authority is not made to name a place that is not known");
  return `${origin}${PUBLICATIONS_PATH}/${name}`;
}

interface PublicationsFor {
  readonly place: Place;
  readonly capabilities: Pick<Capabilities, "publicDomain">;
}

/** Its revocation list is no part of it. */
function stampOf({ configuration, attributes }: Found): string {
  const { settings, issued, revokedAt } = attributes;
  return JSON.stringify([configuration.id, settings, issued, revokedAt]);
}

/** What was signed is not given out where it would not be signed the same way any more. */
export function assertUnchanged(before: string, { stamp }: Pick<Authority, "stamp">): void {
  if (stamp === before) return;
  const sentence = "The certificate authority was changed at the same time. Try again.";
  throw new Refusal("conflict", sentence);
}

/** It is there, and as it is it cannot. */
export function unfit(sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence);
}

export function refused(sentence: string, field = "certificateAuthority"): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
