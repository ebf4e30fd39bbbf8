/**
 * What an authority publishes: its certificate and its revocation list. Read by whoever checks a certificate, without a
 * credential; recorded like any reading.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { pemBlocks } from "../../pki/pem.ts";
import { isConfigurationName } from "../../secrets/configurations/configuration.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import { instanceOf } from "../secrets/find.ts";
import type { View } from "../state.ts";
import { locatedConfiguration } from "./find.ts";
import { RevocationLists, type PublishedList } from "./revocation-lists.ts";
import { authorityNamed, type CertifiedAuthority } from "./signing.ts";

export interface WhichAuthority {
  readonly name: string;
}

export interface PublishedCertificate {
  readonly name: string;
  readonly der: Uint8Array;
  readonly pem: string;
  /** With those above it, the nearest first. */
  readonly chainPem: string;
}

const lists = new RevocationLists();

export const readAuthorityCrl = readOperation<WhichAuthority, CertifiedAuthority, PublishedList>({
  name: "authority.crl.read",
  forAnyone: true,
  locate: locateAuthority,
  // Also of an authority that has expired or was revoked: what it has signed is still asked about.
  run: async (_input, { subject }, context) => lists.listOf(subject, context),
});

export const readAuthorityCertificate = readOperation<
  WhichAuthority,
  CertifiedAuthority,
  PublishedCertificate
>({
  name: "authority.certificate.read",
  forAnyone: true,
  locate: locateAuthority,
  async run(_input, { subject: { configuration, issued } }) {
    const { certificate: pem, caChain } = issued;
    const [block] = pemBlocks(pem, { field: "certificate", what: "a certificate" });
    invariant(block !== undefined, "a text in PEM has one block at least");
    const chainPem = [pem, ...caChain].join("");
    return { name: configuration.name, der: block.der, pem, chainPem };
  },
});

/** One that has not been signed yet has nothing to publish: it is as if it were not there. */
async function locateAuthority(
  { name }: WhichAuthority,
  { store, call }: Context<View>,
): Promise<Located<CertifiedAuthority>> {
  const found = isConfigurationName(name)
    ? await authorityNamed(name, instanceOf(call.place), store)
    : undefined;
  const issued = found?.attributes.issued;
  if (!found || !issued) {
    throw new Refusal("not_found", "There is no such certificate authority.");
  }
  const located = locatedConfiguration(call.place, name, { ...found, issued });
  return { ...located, resource: null };
}
