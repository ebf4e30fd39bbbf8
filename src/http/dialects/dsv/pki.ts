/**
 * Certificates: by authorities that stand as secrets under a path. What is in PEM comes and goes in Base64 once more, and
 * is taken as it is too; times to live are hours.
 */
import { z } from "zod";
import { createRoot } from "../../../app/pki/create-root.ts";
import { inBase64 } from "../../../app/pki/encoding.ts";
import { issueLeaf } from "../../../app/pki/issue-leaf.ts";
import { issueSsh } from "../../../app/pki/issue-ssh-certificate.ts";
import { registerRoot } from "../../../app/pki/register-root.ts";
import { signCsr, type SignedOutput } from "../../../app/pki/sign-csr.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Route } from "../../route.ts";
import { bodyAs, flag, wholeNumber } from "./fields.ts";
import { created, line, ok } from "./line.ts";
import { joined } from "./tails.ts";

const MAX_PATH_CHARS = 512;

/** A path, its parts joined by slashes or colons, and one before them or not. What looks like none is kept nowhere. */
const path = z
  .string()
  .max(MAX_PATH_CHARS)
  .regex(/^[A-Za-z0-9:/@+._=!-]+$/)
  .transform(joined);
/** Forms have a text with commas. What is empty is none. */
const list = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(","))])
  .transform((items) => items.map((item) => item.trim()).filter(Boolean));
/** Nothing given is 0 to DSV's clients. */
const hours = wholeNumber.transform((given) => (given === 0 ? undefined : given));

const subject = {
  commonName: z.string(),
  country: z.string().optional(),
  state: z.string().optional(),
  locality: z.string().optional(),
  organization: z.string().optional(),
  organizationalUnit: z.string().optional(),
  emailAddress: z.string().optional(),
  description: z.string().optional(),
};
const terms = {
  rootCAPath: path,
  domains: list,
  maxTTL: wholeNumber,
  crl: z.string().optional(),
};
const signing = { rootCAPath: path, ttl: hours.optional(), chain: flag.default(false) };

const registration = z.object({ ...terms, certificate: z.string(), privateKey: z.string() });
const root = z.object({ ...terms, ...subject });
const request = z.object({ ...signing, csr: z.string(), subjectAltNames: list.default([]) });
const leaf = z.object({ ...signing, ...subject, storePath: path.optional() });
const ssh = z.object({ rootCAPath: path, leafCAPath: path, principals: list, ttl: wholeNumber });

export const pkiRoutes: readonly Route[] = [
  line("POST /pki/register", registerRoot, {
    decode(call) {
      const { privateKey, ...rest } = bodyAs(registration, call);
      return { ...rest, privateKey: new Sensitive(privateKey) };
    },
    encode: created(({ certificate, sshPublicKey }) => ({
      certificate: inBase64(certificate),
      ...sshKey(sshPublicKey),
    })),
  }),
  line("POST /pki/root", createRoot, {
    decode: (call) => bodyAs(root, call),
    encode: ok(({ certificate, privateKey, sshPublicKey }) => ({
      certificate: inBase64(certificate),
      ...(privateKey ? { privateKey: privateKey.reveal() } : {}),
      ...sshKey(sshPublicKey),
    })),
  }),
  line("POST /pki/sign", signCsr, {
    decode: (call) => bodyAs(request, call),
    encode: ok((output, call) => shown(output, bodyAs(request, call))),
  }),
  line("POST /pki/leaf", issueLeaf, {
    decode: (call) => bodyAs(leaf, call),
    encode: ok((output, call) => ({
      ...shown(output, bodyAs(leaf, call)),
      privateKey: output.privateKey.reveal(),
      ...sshKey(output.sshPublicKey),
    })),
  }),
  line("POST /pki/ssh-cert", issueSsh, {
    decode: (call) => bodyAs(ssh, call),
    encode: ok(({ sshCertificate }) => ({ sshCertificate })),
  }),
];

function shown(
  { certificate, rootCertificate }: SignedOutput,
  { chain }: { readonly chain: boolean },
): object {
  return {
    certificate: inBase64(certificate),
    ...(chain ? { rootCertificate: inBase64(rootCertificate) } : {}),
  };
}

/** Only RSA keys have one. */
function sshKey(sshPublicKey: string | null): object {
  return sshPublicKey === null ? {} : { sshPublicKey };
}
