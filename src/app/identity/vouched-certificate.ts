/**
 * Whose a certificate is that somebody logs in with. Only authorities vouch that a provider of the account names, by the
 * certificate that they had when they were named: whoever may write where an authority is kept makes nobody somebody else.
 */
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import type { RoleName } from "../../identity/roles.ts";
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import { EXT_KEY_USAGES, OID } from "../../pki/extensions.ts";
import { bitsOf } from "../../pki/keys.ts";
import { checkChain, isIssuedBy, readCertificates, type Certificate } from "../../pki/read.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import { authoritiesOf } from "../configurations/signing.ts";
import type { View } from "../state.ts";

/** With the one that is vouched for, and without the authority. */
export const MAX_CHAIN = 5;
/** OAEP with SHA-512 leaves no room for a challenge in shorter keys. */
export const MIN_RSA_BITS = 2_048;

/** Why nobody logs in with it: the record says so, and whoever tries hears the same of all of them. */
export type CertificateFault =
  | "certificate-not-rsa"
  | "certificate-of-an-authority"
  | "certificate-usage"
  | "certificate-chain"
  | "certificate-expired"
  | "certificate-revoked"
  | "no-authority-vouches"
  | "certificate-names-nobody"
  | "certificate-names-several"
  | "certificate-names-owner"
  | "certificate-names-more-than-its-issuers";

export interface VouchedCertificate {
  readonly certificate: Certificate;
  readonly provider: IdentityProvider;
  readonly user: User;
}

interface At {
  readonly store: View;
  readonly now: Millis;
}

/** Throws `invalid_request` for what is no certificate; by which of the providers it is vouched for is told. */
export async function vouchedCertificate(
  pem: string,
  providers: readonly IdentityProvider[],
  at: At,
): Promise<VouchedCertificate | CertificateFault> {
  const chain = readCertificates(pem, "client_certificate");
  const [certificate] = chain;
  if (!certificate || chain.length > MAX_CHAIN) return "certificate-chain";
  const unfit = faultIn(certificate);
  if (unfit) return unfit;
  for (const provider of providers) {
    const { authority } = provider;
    if (!provider.enabled || !authority || !(await isStanding(provider, at))) continue;
    const [anchor] = readCertificates(authority.certificate, "certificate");
    const below = chain.filter(({ pem: one }) => one !== anchor?.pem);
    if (!anchor || !isSignedUnder(below, anchor)) continue;
    const all = [...below, anchor];
    if (!all.every((one) => isValidAt(one, at.now))) return "certificate-expired";
    if (await isRevoked(below, provider.account, at)) return "certificate-revoked";
    const user = await userIn(certificate, provider.account, at);
    if (typeof user === "string") return user;
    const isIssuedHere = authority.path !== null;
    if (isIssuedHere && (await isMoreThanIssuers(user, at))) {
      return "certificate-names-more-than-its-issuers";
    }
    return { certificate, provider, user };
  }
  return "no-authority-vouches";
}

/** Providers that vouch by certificates. */
export async function vouchingProviders(
  account: string,
  { logins }: Pick<View, "logins">,
): Promise<readonly IdentityProvider[]> {
  return (await logins.identityProviders(account)).filter(({ type }) => type === "certificate");
}

function faultIn({ publicKey, isCa, extKeyUsages }: Certificate): CertificateFault | undefined {
  if (publicKey.asymmetricKeyType !== "rsa" || (bitsOf(publicKey) ?? 0) < MIN_RSA_BITS) {
    return "certificate-not-rsa";
  }
  if (isCa) return "certificate-of-an-authority";
  const { ClientAuth, Any } = EXT_KEY_USAGES;
  const isForClients = extKeyUsages?.some((usage) => usage === ClientAuth || usage === Any) ?? true;
  return isForClients ? undefined : "certificate-usage";
}

/** An authority that is kept as a secret vouches as long as the secret is there. */
async function isStanding(
  { account, authority }: IdentityProvider,
  { store }: At,
): Promise<boolean> {
  if (!authority || authority.path === null) return authority !== null;
  const [instance] = await store.identity.instances(account);
  if (!instance) return false;
  const at = { account, instance: instance.id };
  const called = await store.secrets.secretsCalled(at, authority.path);
  return called.some(({ deletion }) => deletion === null);
}

/** By hashes that nobody finds a second text for. */
const SOUND = /^(?:SHA(?:256|384|512)-RSA(?:PSS)?|ECDSA-SHA(?:256|384|512)|Ed25519)$/;
/** What is looked at here; whoever signs what else must be looked at (critical) is not understood. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.altNames,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.basicConstraints,
]);

function isSignedUnder(below: readonly Certificate[], anchor: Certificate): boolean {
  const isUnderstood = ({ signingAlgorithm, extensions }: Certificate): boolean =>
    SOUND.test(signingAlgorithm) &&
    extensions.every(({ oid, isCritical }) => !isCritical || UNDERSTOOD.has(oid));
  if (below.length === 0 || !below.every(isUnderstood)) return false;
  try {
    checkChain([...below, anchor], "client_certificate");
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function isValidAt({ notBefore, notAfter }: Certificate, now: Millis): boolean {
  return notBefore <= now && now < notAfter;
}

/** What an authority of the account has taken back is known here, whoever has signed above it. */
async function isRevoked(
  chain: readonly Certificate[],
  account: string,
  { store, now }: At,
): Promise<boolean> {
  for (const instance of await store.identity.instances(account)) {
    const at = { account, instance: instance.id };
    for (const configuration of await authoritiesOf(at, store)) {
      const { issued } = attributesOf(configuration, "authority");
      if (!issued) continue;
      const [issuer] = readCertificates(issued.certificate, "certificate");
      const ofIts = issuer ? chain.filter((one) => isIssuedBy(one, issuer)) : [];
      if (ofIts.length === 0) continue;
      const revoked = await store.configurations.revokedBy(configuration.id, now);
      const serials = new Set(revoked.map(({ serialNumber }) => serialNumber));
      if (ofIts.some(({ serialNumber }) => serials.has(plainSerial(serialNumber)))) return true;
    }
  }
  return false;
}

function plainSerial(serialNumber: string): string {
  return serialNumber.replaceAll(":", "").toLowerCase();
}

/** What whoever may use an authority that stands as a secret has anyway. */
const ROLES_OF_ISSUERS: ReadonlySet<RoleName> = new Set<RoleName>([
  "Reader",
  "SecretsReader",
  "Writer",
  "SecretTaskUpdater",
  "Viewer",
]);

/** Whoever may read an authority's key, or have it sign, could be anybody whom it vouches for. */
async function isMoreThanIssuers({ account, iamId }: User, { store, now }: At): Promise<boolean> {
  const grants = await store.identity.grantsOf(iamId, account, now);
  return grants.some(({ roles }) => roles.some((role) => !ROLES_OF_ISSUERS.has(role)));
}

/** By the common name, or an e-mail address: of all of them, one has to be a user's, and no other another one's. */
async function userIn(
  { subject, altNames }: Certificate,
  account: string,
  { store }: At,
): Promise<User | CertificateFault> {
  const emails = altNames.flatMap((name) => (name.kind === "email" ? [name.value] : []));
  const names = new Set([subject.commonName ?? "", ...emails].map((name) => name.toLowerCase()));
  const found = new Map<string, User>();
  for (const name of names) {
    const user = name === "" ? undefined : await store.identity.userByEmail(account, name);
    if (user) found.set(user.iamId, user);
  }
  const [user, ...others] = found.values();
  if (!user) return "certificate-names-nobody";
  if (others.length > 0) return "certificate-names-several";
  // Whoever may name authorities would become the owner by one of their own, who is nobody else's to become.
  return user.isOwner ? "certificate-names-owner" : user;
}
