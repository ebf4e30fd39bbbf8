/**
 * An authority that stands as a secret: its certificate and its key, the domains that it is for, and for how long what it
 * signs may be good at most. Found, and opened for signing.
 */
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Issuer } from "../../pki/issuer.ts";
import { isKeyOf, keyIdOf, readPrivateKey } from "../../pki/keys.ts";
import { readCertificates, type Certificate } from "../../pki/read.ts";
import type { JsonObject, Secret } from "../../secrets/secret.ts";
import { wholeSeconds } from "../configurations/authority-signing.ts";
import { BACKDATED_MS } from "../configurations/signing.ts";
import type { Context, Located } from "../operation.ts";
import { locateSecret, ofItsOwn, type CalledSecret } from "../secrets/find.ts";
import { currentVersion, openVersion } from "../secrets/open.ts";
import type { View } from "../state.ts";
import { keyPemIn, pemIn } from "./encoding.ts";

export interface OfAuthority {
  /** The name of the secret that the authority is. */
  readonly rootCAPath: string;
}

export interface Authority {
  /** Of its secret. What was signed by one version is not given out once there is another. */
  readonly versionId: string;
  readonly certificate: Certificate;
  readonly issuer: Issuer;
  readonly domains: readonly string[];
  readonly maxTtlHours: number;
  readonly crlUrl: string | undefined;
}

/** A life of a bit more than a hundred years. */
export const MAX_TTL_HOURS = 1_000_000;
const HOUR_MS = 3_600_000;

/** As other operations call a secret by its name alone. */
export function called(name: string): CalledSecret {
  return { secretId: name, called: [{ name, suffix: null }] };
}

/**
 * The secret that is the authority. Whoever is denied its reading does not have it sign either; nobody needs to be
 * allowed it: the key stays here.
 */
export async function locateAuthority<Store extends View>(
  { rootCAPath }: OfAuthority,
  context: Context<Store>,
): Promise<Located<Secret>> {
  // A replica signs as well as its primary: nothing of it is changed.
  const located = ofItsOwn(await locateSecret(called(rootCAPath), context));
  return { ...located, refusal: located.refusal ?? readingDenied(located, context) };
}

/** Of what is said of reading a secret only what forbids it. */
export function readingDenied<Store extends View>(
  located: Located<Secret>,
  { judge }: Context<Store>,
): Refusal | undefined {
  const judged = { permission: "secret.read", input: { id: located.subject.id } } as const;
  // What is nobody's is allowed by roles: then only the policies that are attached to it speak.
  const byAttached = judge({ ...judged, located: { ...located, resource: null } });
  const byDocuments = judge({ ...judged, located });
  return [byAttached, byDocuments].find((one) => DENIALS.has(String(one?.details["reason"])));
}

const DENIALS: ReadonlySet<string> = new Set([
  "denied-by-resource",
  "denied-by-document",
  "denied-by-session",
]);

/** Ready to sign. Refuses a secret that is no authority, one that has ended, and while the vault is sealed. */
export async function openAuthority<Store extends View>(
  secret: Secret,
  context: Context<Store>,
): Promise<Authority> {
  const found = await dataOf(secret, context);
  if (!found) throw notAnAuthority();
  const { cert, privateKey, domains, maxTTL, crl } = found.data.reveal();
  const isWhole =
    typeof cert === "string" &&
    typeof privateKey === "string" &&
    Array.isArray(domains) &&
    typeof maxTTL === "number" &&
    maxTTL > 0;
  if (!isWhole) throw notAnAuthority();
  const [certificate, ...others] = readable(() => readCertificates(pemIn(cert), "cert"));
  const key = readable(() => readPrivateKey(keyPemIn(new Sensitive(privateKey))));
  const isUsable = certificate && others.length === 0 && mayIssue(certificate);
  if (!isUsable || !(await isKeyOf(key, certificate.publicKey))) throw notAnAuthority();
  assertStands(certificate, context.now);
  return {
    versionId: found.versionId,
    certificate,
    issuer: {
      key,
      name: certificate.subjectDer,
      keyId: certificate.keyId === null ? keyIdOf(key) : Buffer.from(certificate.keyId, "hex"),
    },
    domains: domains.map(String),
    maxTtlHours: maxTTL,
    crlUrl: typeof crl === "string" ? crl : undefined,
  };
}

export interface Data {
  readonly versionId: string;
  readonly data: Sensitive<JsonObject>;
}

/** The value of a secret of the type that DSV's are; undefined where it is of another one, or has none. */
export async function dataOf<Store extends View>(
  secret: Secret,
  context: Context<Store>,
): Promise<Data | undefined> {
  const version = await currentVersion(context.store.secrets, secret);
  const payload = version && (await openVersion({ secret, version }, context));
  if (!version || payload?.kind !== "kv") return undefined;
  return { versionId: version.id, data: payload.data };
}

/** RFC 5280, sections 4.2.1.3 and 4.2.1.9. */
export function mayIssue({ isCa, keyUsages }: Certificate): boolean {
  return isCa && (keyUsages === null || keyUsages.includes("CertSign"));
}

/** Refuses one that is not good yet, or no more. */
export function assertStands({ notBefore, notAfter }: Certificate, now: Millis): void {
  if (notBefore <= now && now < notAfter) return;
  const when = now < notBefore ? "is not valid yet" : "has expired";
  throw new Refusal("precondition_failed", `The certificate of the authority ${when}.`, {
    reason: "authority-not-valid",
  });
}

/** What was signed before the transaction is given out only if the authority is the same still. */
export async function assertSameAuthority<Store extends View>(
  secret: Secret,
  versionId: string,
  { store }: Context<Store>,
): Promise<void> {
  const version = await currentVersion(store.secrets, secret);
  if (version?.id === versionId) return;
  throw changedMeanwhile();
}

export function changedMeanwhile(): Refusal {
  const sentence = "The certificate was changed at the same time. Try again.";
  return new Refusal("precondition_failed", sentence, { reason: "changed-meanwhile" });
}

export interface Validity {
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

/**
 * For so many hours, for as many as the authority allows where none are said, and never for longer than the authority
 * itself: as it ends, so does what it has signed. Refuses more than it allows.
 */
export function validityOf(
  { certificate, maxTtlHours }: Authority,
  ttlHours: number | undefined,
  now: Millis,
): Validity {
  if (ttlHours !== undefined && ttlHours > maxTtlHours) {
    const sentence = `The authority signs for at most ${maxTtlHours} hours.`;
    throw new Refusal("precondition_failed", sentence, { reason: "ttl-too-long" });
  }
  const end = now + (ttlHours ?? maxTtlHours) * HOUR_MS;
  return {
    notBefore: wholeSeconds(Math.max(now - BACKDATED_MS, certificate.notBefore)),
    notAfter: wholeSeconds(Math.min(end, certificate.notAfter)),
  };
}

/** Hours from 1 to MAX_TTL_HOURS. */
export function checkHours(hours: number, field: string): void {
  if (Number.isSafeInteger(hours) && hours >= 1 && hours <= MAX_TTL_HOURS) return;
  const sentence = `The field ${field} has 1 to ${MAX_TTL_HOURS} hours.`;
  throw new Refusal("invalid_request", sentence, { field });
}

export function hoursFrom(now: Millis, hours: number): Millis {
  return wholeSeconds(now + hours * HOUR_MS);
}

function notAnAuthority(): Refusal {
  const sentence = "The secret is not that of a certificate authority.";
  return new Refusal("precondition_failed", sentence, { reason: "not-an-authority" });
}

/** What is kept is not the caller's to mend: whatever is wrong with it, it is no authority. */
function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) throw notAnAuthority();
    throw error;
  }
}
