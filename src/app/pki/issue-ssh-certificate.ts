/**
 * Certifies the key of a leaf for logins by SSH. The certificate is kept beside the key: the leaf's secret has it from
 * then on.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { randomId } from "../../kernel/ids.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { isIssuedBy, readCertificates, type Certificate } from "../../pki/read.ts";
import { issueSshCertificate, type SshCertificate } from "../../pki/ssh-certificate.ts";
import type { JsonObject, Secret } from "../../secrets/secret.ts";
import { unfound } from "../admission.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import { addVersion } from "../secrets/add-version.ts";
import { locateSecret, toldOf } from "../secrets/find.ts";
import type { Transaction, View } from "../state.ts";
import {
  assertSameAuthority,
  called,
  changedMeanwhile,
  checkHours,
  dataOf,
  locateAuthority,
  openAuthority,
  readingDenied,
  validityOf,
  type OfAuthority,
} from "./authority.ts";
import { pemIn } from "./encoding.ts";

export interface IssueSshCertificateInput extends OfAuthority {
  /** The name of the leaf's secret. */
  readonly leafCAPath: string;
  readonly principals: readonly string[];
  /** Hours. */
  readonly ttl: number;
  readonly issued?: Issued | undefined;
}

interface Issued extends SshCertificate {
  readonly authorityVersion: string;
  /** The leaf's, in PEM: as long as the secret has it, whatever else it has, this goes beside it. */
  readonly leaf: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

export interface IssueSshCertificateOutput {
  /** A line of a file, as OpenSSH reads it. */
  readonly sshCertificate: string;
  readonly serialNumber: string;
  readonly notAfter: string;
}

export const issueSsh = changeOperation<
  IssueSshCertificateInput,
  Secret,
  IssueSshCertificateOutput
>({
  name: "pki-ssh-certificate.issue",

  locate: locateAuthority,

  async work(input, secret, context) {
    checkHours(input.ttl, "ttl");
    const { subject: leaf } = await locateLeaf(input.leafCAPath, context);
    const authority = await openAuthority(secret, context);
    const { data } = await dataOfLeaf(leaf, context);
    const certificate = leafIn(data.reveal(), authority.certificate);
    assertLeafStands(certificate, context.now);
    const { publicKey, pem } = certificate;
    const validity = validityOf(authority, input.ttl, context.now);
    const { principals } = input;
    const issued = await issueSshCertificate(
      // The serial number leads from a server's log to the event, and the event says who asked.
      { publicKey, keyId: leaf.name, principals, ...validity },
      authority.issuer.key,
    );
    const notAfter = toRfc3339(validity.notAfter);
    const { versionId: authorityVersion } = authority;
    return { ...input, issued: { ...issued, authorityVersion, leaf: pem, notAfter } };
  },

  async run({ issued, leafCAPath }, { subject: secret }, context) {
    invariant(issued !== undefined, "a certificate is signed before it is given out");
    await assertSameAuthority(secret, issued.authorityVersion, context);
    await addToLeaf(leafCAPath, issued, context);
    const { text: sshCertificate, serialNumber, notAfter } = issued;
    return { sshCertificate, serialNumber, notAfter };
  },
});

/** For those who may change it, and are not denied its reading. */
async function locateLeaf<Store extends View>(
  name: string,
  context: Context<Store>,
): Promise<Located<Secret>> {
  const permission = "secret.update";
  const which = called(name);
  const located = await locateSecret(which, context).catch((error: unknown) => {
    // Whoever may change nothing here does not hear what there is.
    const refusal = context.judge(unfound(permission, which, context.call));
    throw refusal ?? error;
  });
  const refusal =
    context.judge({ permission, located, input: { id: located.subject.id } }) ??
    located.refusal ??
    located.changeRefusal ??
    readingDenied(located, context);
  if (refusal) throw refusal;
  return located;
}

/** The certificate that is kept; refuses one that the authority has not signed. */
function leafIn(data: JsonObject, root: Certificate): Certificate {
  const certificate = certificateIn(data);
  if (certificate && isIssuedBy(certificate, root)) return certificate;
  throw notALeaf();
}

/** Whose certificate is over logs in nowhere by a new one: a leaf is issued anew. */
function assertLeafStands({ notAfter }: Certificate, now: Millis): void {
  if (now < notAfter) return;
  throw new Refusal("precondition_failed", "The certificate of the leaf has expired.", {
    reason: "leaf-not-valid",
  });
}

async function dataOfLeaf<Store extends View>(leaf: Secret, context: Context<Store>) {
  const data = await dataOf(leaf, context);
  if (data) return data;
  throw notALeaf();
}

function notALeaf(): Refusal {
  const sentence = "The secret has no certificate that this authority has signed.";
  return new Refusal("precondition_failed", sentence, { reason: "not-a-leaf" });
}

function certificateIn({ cert, certificate = cert }: JsonObject): Certificate | undefined {
  if (typeof certificate !== "string") return undefined;
  try {
    return readCertificates(pemIn(certificate), "cert")[0];
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

async function addToLeaf(
  name: string,
  { text, leaf: certified }: Issued,
  context: Context<Transaction>,
): Promise<void> {
  const { subject: leaf, target } = await locateLeaf(name, context);
  const { data, versionId: previousVersionId } = await dataOfLeaf(leaf, context);
  if (certificateIn(data.reveal())?.pem !== certified) throw changedMeanwhile();
  const payload = {
    kind: "kv",
    data: new Sensitive({ ...data.reveal(), sshCertificate: text }),
  } as const;
  const added = await addVersion(leaf, { versionId: randomId(), version: { payload } }, context);
  context.also({
    operation: "secret.update",
    target,
    input: { id: leaf.id, ...toldOf(leaf) },
    output: { versionId: added.version.id, previousVersionId, changes: [{ field: "value" }] },
  });
}
