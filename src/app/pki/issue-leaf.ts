/** Makes a key and certifies it; keeps both as a secret where that is asked for. */
import { createPrivateKey } from "node:crypto";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { generateKey, publicKeyOf, readPrivateKey } from "../../pki/keys.ts";
import { sshPublicKeyOf } from "../../pki/ssh.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  assertSameAuthority,
  checkHours,
  locateAuthority,
  openAuthority,
  validityOf,
  type OfAuthority,
} from "./authority.ts";
import { certify, KEY_SPEC, namesOf, subjectOf, type SubjectFields } from "./certificates.ts";
import { assertWithin } from "./domains.ts";
import { inBase64, keyInBase64 } from "./encoding.ts";
import { assertMayKeep, keep, locateProspect } from "./keep.ts";
import { outputOf, signedBy, type Signed, type SignedOutput } from "./sign-csr.ts";

export interface IssueLeafInput extends OfAuthority, SubjectFields {
  /** The name of the new secret that the key and the certificate are kept as; left out, nobody keeps them. */
  readonly storePath?: string | undefined;
  /** Hours; as many as the authority allows, where none are given. */
  readonly ttl?: number | undefined;
  readonly issued?: (Signed & { readonly privateKey: Sensitive<string> }) | undefined;
}

export interface IssueLeafOutput extends SignedOutput {
  /** PEM in Base64. */
  readonly privateKey: Sensitive<string>;
  readonly sshPublicKey: string | null;
  /** The id of the secret, if there is one. */
  readonly storedAs: string | null;
}

export const issueLeaf = changeOperation<IssueLeafInput, Secret, IssueLeafOutput>({
  name: "pki-leaf.issue",

  locate: locateAuthority,

  /** All that can be refused is, before a key is made. */
  async work(input, secret, context) {
    if (input.ttl !== undefined) checkHours(input.ttl, "ttl");
    const [subject, altNames] = [subjectOf(input), namesOf(input.commonName)];
    const authority = await openAuthority(secret, context);
    const validity = validityOf(authority, input.ttl, context.now);
    // An address in the subject is one of its names to many who read it.
    const { commonName, emailAddress } = input;
    const addresses = emailAddress === undefined ? [] : [emailAddress];
    assertWithin(authority.domains, namesOf(commonName, addresses));
    if (input.storePath !== undefined) {
      await assertMayKeep(locateProspect(input.storePath, context).subject, context);
    }
    const privateKey = await generateKey(KEY_SPEC);
    const publicKey = publicKeyOf(readPrivateKey(privateKey));
    const certificate = await certify({ subject, altNames, publicKey }, authority, validity);
    return { ...input, issued: { ...signedBy(authority, certificate), privateKey } };
  },

  async run({ issued, storePath }, { subject: secret }, context) {
    invariant(issued !== undefined, "a certificate is issued before it is kept");
    await assertSameAuthority(secret, issued.authorityVersion, context);
    const key = createPrivateKey(issued.privateKey.reveal());
    const parts: Parts = {
      certificate: issued.certificate,
      privateKey: keyInBase64(key),
      sshPublicKey: sshPublicKeyOf(key),
    };
    const storedAs = storePath === undefined ? null : await keepLeaf(storePath, parts, context);
    return { ...outputOf(issued), ...parts, storedAs };
  },
});

type Parts = Pick<IssueLeafOutput, "certificate" | "privateKey" | "sshPublicKey">;

async function keepLeaf(
  name: string,
  { certificate, privateKey, sshPublicKey }: Parts,
  context: Context<Transaction>,
): Promise<string> {
  const data = new Sensitive({
    cert: inBase64(certificate),
    privateKey: privateKey.reveal(),
    sshPublicKey,
  });
  const { subject: prospect } = locateProspect(name, context);
  const kept = { data, customMetadata: { type: "leaf-cert" } };
  return (await keep(prospect, kept, context)).secret.id;
}
