/** What authorities of both kinds are asked to do: sign others, and renew their revocation list. */
import { invariant } from "../../../kernel/errors.ts";
import { readCsr, type Csr } from "../../../pki/csr.ts";
import { encodeName, NO_SUBJECT } from "../../../pki/names.ts";
import {
  checkPathLength,
  checkPermittedDomains,
  withIssued,
  withNewCrl,
  type IssuedAuthority,
} from "../../../secrets/configurations/authority.ts";
import { attributesOf, type Configuration } from "../../../secrets/configurations/configuration.ts";
import type { Naming, SubjectFields } from "../../../secrets/configurations/naming.ts";
import type { Context } from "../../operation.ts";
import type { Transaction, View } from "../../state.ts";
import { signAuthority, type AuthorityToSign } from "../authority-signing.ts";
import { certificateNames, namesInCsr } from "../certificate-names.ts";
import { locatedConfiguration } from "../find.ts";
import {
  assertUnchanged,
  authoritiesAbove,
  authorityNamed,
  authorityThatSigns,
  refused,
  unfit,
} from "../signing.ts";
import type { ActionArguments, ConfigurationAction } from "./behaviour.ts";
import { assertNoneBelow } from "./authority.ts";
import { assertNameKept, toSignOf } from "./intermediate-signing.ts";

/** What a certificate of an authority is asked to be, where it is not to be what its CSR says. */
export interface SigningArguments extends ActionArguments {
  readonly naming: Naming;
  readonly subject: SubjectFields;
  readonly ttlSeconds: number | null;
  readonly maxPathLength: number;
  readonly permittedDnsDomains: readonly string[] | null;
  /** The names, and the usages besides those of every authority, are those of the CSR. */
  readonly useCsrValues: boolean;
}

export interface SignCsrArguments extends SigningArguments {
  readonly csr: string;
}

export interface SignIntermediateArguments extends SigningArguments {
  /** An authority of the instance, by its name. */
  readonly intermediate: string;
}

/** Found out before the transaction. */
interface Signed {
  readonly issued: IssuedAuthority;
  readonly stamp: string;
  /** The authority of the instance that it is for. */
  readonly targetId?: string;
}

const rotateCrl: ConfigurationAction = {
  async run(_given, configuration, { now }) {
    const attributes = withNewCrl(attributesOf(configuration, "authority"), now);
    return { change: { attributes }, result: { success: true } };
  },
};

/** For an authority of somebody else's: nothing of it is kept but its serial number, in the record. */
const signCsr: ConfigurationAction = {
  async prepare(given, configuration, context) {
    const asked = given as SignCsrArguments;
    const toSign = toSignByCsr(readCsr(asked.csr), asked);
    return { ...given, signed: await sign(toSign, { asked, configuration, usual: null }, context) };
  },
  async run({ signed, ...given }, configuration, context) {
    const { issued } = await unchanged(signed, configuration, context);
    const { serialNumber } = issued;
    return { result: { ...given, issued }, recorded: { serialNumber } };
  },
};

const signIntermediate: ConfigurationAction = {
  async prepare(given, configuration, context) {
    const asked = given as SignIntermediateArguments;
    const target = await signable(asked.intermediate, configuration, context);
    const attributes = attributesOf(target, "authority");
    const own = toSignOf(attributes);
    const toSign =
      asked.naming.commonName === "" ? { ...own, ...limits(asked) } : named(asked, own);
    const usual = attributes.settings.maxTtlSeconds;
    const signed = await sign(toSign, { asked, configuration, usual }, context);
    return { ...given, signed: { ...signed, targetId: target.id } };
  },
  async run({ signed, ...given }, configuration, context) {
    const { issued, targetId } = await unchanged(signed, configuration, context);
    const asked = given as SignIntermediateArguments;
    const target = await signable(asked.intermediate, configuration, context);
    if (target.id !== targetId) throw unfit("The authority was changed at the same time.");
    const { store, now, also, call } = context;
    const before = attributesOf(target, "authority");
    assertNameKept(before, issued);
    const attributes = {
      ...withIssued(before, issued, now),
      signing: { kind: "internal", issuer: configuration.name } as const,
    };
    await store.configurations.updateConfiguration({ ...target, attributes, updatedAt: now });
    // Of its own history as well: the call is about the authority that signs.
    const { name, type: configurationType } = target;
    also({
      operation: "configuration.update",
      target: locatedConfiguration(call.place, name, target).target,
      input: { name, configurationType, changes: ["certificate"] },
      output: { name, configurationType },
    });
    return { result: { ...given, issued }, recorded: { serialNumber: issued.serialNumber } };
  },
};

export const authorityActions = {
  private_cert_configuration_action_rotate_crl: rotateCrl,
  private_cert_configuration_action_sign_csr: signCsr,
  private_cert_configuration_action_sign_intermediate: signIntermediate,
} as const;

function toSignByCsr(csr: Csr, asked: SignCsrArguments): AuthorityToSign {
  const publicKey = csr.publicKey;
  const { useCsrValues, naming } = asked;
  const commonName = naming.commonName === "" ? (csr.subject.commonName ?? "") : naming.commonName;
  if (!useCsrValues) return named({ ...asked, naming: { ...naming, commonName } }, { publicKey });
  // RFC 5280, section 4.1.2.6: of an authority it is never empty.
  if (Buffer.compare(csr.subjectDer, encodeName(NO_SUBJECT)) === 0) {
    throw refused("A certificate authority has a name: the CSR has none.", "csr");
  }
  const names = { commonName, subject: asked.subject, altNames: namesInCsr(csr) };
  return {
    names,
    subjectDer: csr.subjectDer,
    publicKey,
    ...limits(asked),
    keyUsages: csr.keyUsages ?? [],
    extKeyUsages: csr.extKeyUsages ?? [],
  };
}

function named(
  asked: SigningArguments,
  { publicKey }: Pick<AuthorityToSign, "publicKey">,
): AuthorityToSign {
  if (asked.naming.commonName === "") {
    throw refused("A certificate authority has a common name.", "commonName");
  }
  return { names: certificateNames(asked.naming, asked.subject), publicKey, ...limits(asked) };
}

function limits({
  maxPathLength,
  permittedDnsDomains,
}: SigningArguments): Pick<AuthorityToSign, "maxPathLength" | "permittedDnsDomains"> {
  checkPathLength(maxPathLength);
  checkPermittedDomains(permittedDnsDomains);
  return { maxPathLength, permittedDnsDomains };
}

interface SigningBy {
  readonly asked: SigningArguments;
  readonly configuration: Configuration;
  /** How long it lives if nothing is asked for; null for as long as the authority lets anybody. */
  readonly usual: number | null;
}

async function sign(
  toSign: AuthorityToSign,
  { asked, configuration, usual }: SigningBy,
  context: Context<View>,
): Promise<Signed> {
  const authority = await authorityThatSigns(configuration.name, context);
  const maxSeconds = authority.attributes.settings.maxTtlSeconds;
  const usualSeconds = usual ?? maxSeconds;
  const lifetime = { askedSeconds: asked.ttlSeconds, usualSeconds, maxSeconds };
  const issued = await signAuthority(toSign, { authority, lifetime }, context);
  return { issued, stamp: authority.stamp };
}

/** What was signed before the transaction, if it would be signed the same way now. */
async function unchanged(
  signed: unknown,
  { name }: Configuration,
  context: Context<Transaction>,
): Promise<Signed> {
  invariant(typeof signed === "object" && signed !== null, "it was signed before the transaction");
  const found = signed as Signed;
  assertUnchanged(found.stamp, await authorityThatSigns(name, context));
  return found;
}

/** An authority of the instance that another one may sign: one that is below it, or nowhere yet. */
async function signable<Store extends View>(
  name: string,
  signer: Configuration,
  { store }: Context<Store>,
): Promise<Configuration> {
  const found = await authorityNamed(name, signer.at, store);
  if (!found || found.attributes.signing.kind === "self") {
    const sentence = "There is no intermediate authority of this name in the instance.";
    throw refused(sentence, "intermediateCertificateAuthority");
  }
  const { attributes, configuration } = found;
  if (attributes.signing.kind === "external") {
    throw unfit("The authority is signed outside: give it its certificate by set_signed.");
  }
  if (attributes.revokedAt !== null) {
    throw unfit("The authority has been revoked: make another one in its place.");
  }
  await assertNotAbove(configuration, signer, store);
  await assertNoneBelow(configuration, store);
  return configuration;
}

/** A chain that comes back to where it began leads to no root. */
async function assertNotAbove(
  target: Configuration,
  signer: Configuration,
  store: View,
): Promise<void> {
  const { issued } = attributesOf(signer, "authority");
  const above = issued ? await authoritiesAbove(issued, signer.at, store) : [];
  if (![signer, ...above].some((one) => one.id === target.id)) return;
  throw unfit("The authority is above the one that is to sign it.");
}
