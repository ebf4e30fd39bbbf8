/** What intermediate authorities alone are asked to do: take a certificate, renew it, take it back. */
import { invariant } from "../../../kernel/errors.ts";
import {
  certificatesOf,
  withIssued,
  type IssuedAuthority,
} from "../../../secrets/configurations/authority.ts";
import { attributesOf, type Configuration } from "../../../secrets/configurations/configuration.ts";
import type { Context } from "../../operation.ts";
import type { View } from "../../state.ts";
import { signAuthority } from "../authority-signing.ts";
import { authorityWithId, revoke } from "../revocation.ts";
import { assertUnchanged, authoritiesOf, authorityThatSigns, unfit } from "../signing.ts";
import { assertNoneBelow } from "./authority.ts";
import type { ActionArguments, ConfigurationAction } from "./behaviour.ts";
import { assertNameKept, signedOutside, toSignOf } from "./intermediate-signing.ts";

export interface SetSignedArguments extends ActionArguments {
  /** PEM: the certificate, and behind it those above it if they are known. */
  readonly certificate: string;
}

/** Found out before the transaction. */
interface Renewed {
  readonly issued: IssuedAuthority;
  readonly stamp: string;
}

const setSigned: ConfigurationAction = {
  async prepare(given, configuration, context) {
    if (attributesOf(configuration, "authority").signing.kind !== "external") {
      throw unfit("The authority is signed by another one of the instance: use sign_intermediate.");
    }
    assertNotRevoked(configuration);
    const { certificate } = given as SetSignedArguments;
    return { ...given, issued: await signedOutside(certificate, configuration, context) };
  },
  async run(given, configuration, { now }) {
    assertNotRevoked(configuration);
    const issued = given["issued"] as IssuedAuthority;
    const before = attributesOf(configuration, "authority");
    assertNameKept(before, issued);
    const attributes = withIssued(before, issued, now);
    const { certificate, serialNumber } = issued;
    return { change: { attributes }, result: { certificate, issued }, recorded: { serialNumber } };
  },
};

/**
 * A new certificate, for the key that it has: what it has signed is as good as before, and so is its revocation list.
 * A new key is a new authority's.
 */
const rotate: ConfigurationAction = {
  async prepare(given, configuration, context) {
    const name = await assertRotatable(configuration, context);
    const attributes = attributesOf(configuration, "authority");
    const authority = await authorityThatSigns(name, context);
    const lifetime = {
      askedSeconds: null,
      usualSeconds: attributes.settings.maxTtlSeconds,
      maxSeconds: authority.attributes.settings.maxTtlSeconds,
    };
    const toSign = toSignOf(attributes);
    const issued = await signAuthority(toSign, { authority, lifetime }, context);
    return { ...given, renewed: { issued, stamp: authority.stamp } satisfies Renewed };
  },
  async run(given, configuration, context) {
    const { issued, stamp } = given["renewed"] as Renewed;
    const name = await assertRotatable(configuration, context);
    assertUnchanged(stamp, await authorityThatSigns(name, context));
    return {
      change: {
        attributes: withIssued(attributesOf(configuration, "authority"), issued, context.now),
      },
      result: { name: configuration.name, issued },
      recorded: { serialNumber: issued.serialNumber },
    };
  },
};

/**
 * From now on it signs nothing, and its issuer's list says that nothing it has signed is to be believed. So do the lists
 * of those that had signed it before.
 */
const revokeAuthority: ConfigurationAction = {
  async run(_given, configuration, context) {
    const { store, now } = context;
    const attributes = attributesOf(configuration, "authority");
    const { issued, revokedAt } = attributes;
    if (!issued) throw unfit("The authority has no certificate that could be revoked.");
    const recorded = { serialNumber: issued.serialNumber };
    if (revokedAt !== null) return { result: { revokedAt }, recorded };
    if (issued.notAfter <= now)
      throw unfit("The authority has expired: nothing is left to revoke.");
    if (!(await authorityWithId(issued.issuerId, configuration.at, store))) {
      throw unfit("The authority was signed outside: it is revoked there.");
    }
    for (const certificate of certificatesOf(attributes, now)) {
      const issuer = await authorityWithId(certificate.issuerId, configuration.at, store);
      if (issuer) await revoke(certificate, issuer, context);
    }
    const change = { attributes: { ...attributes, revokedAt: now } };
    return { change, result: { revokedAt: now }, recorded };
  },
};

export const intermediateActions = {
  private_cert_configuration_action_set_signed: setSigned,
  private_cert_configuration_action_rotate_intermediate: rotate,
  private_cert_configuration_action_revoke_ca_certificate: revokeAuthority,
} as const;

/** The name of the authority that signs it anew. */
async function assertRotatable<Store extends View>(
  configuration: Configuration,
  { store }: Context<Store>,
): Promise<string> {
  const { issued, signing } = attributesOf(configuration, "authority");
  assertNotRevoked(configuration);
  if (signing.kind !== "internal" || !issued) {
    throw unfit("Only an authority that another one of the instance has signed is rotated here.");
  }
  await assertNoneBelow(configuration, store);
  const all = await authoritiesOf(configuration.at, store);
  const issuer = all.find((one) => one.id === issued.issuerId);
  invariant(issuer !== undefined, "an authority that has signed another one is not deleted");
  return issuer.name;
}

function assertNotRevoked(configuration: Configuration): void {
  if (attributesOf(configuration, "authority").revokedAt === null) return;
  throw unfit("The authority has been revoked: make another one in its place.");
}
