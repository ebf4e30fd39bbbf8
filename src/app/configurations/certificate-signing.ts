/** Issuing a certificate by a template: its names are judged by the template's rules, its key made or a CSR taken. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { altNameText, type AltName } from "../../pki/alt-names.ts";
import { readCsr, type Csr } from "../../pki/csr.ts";
import { issueCertificate } from "../../pki/issue.ts";
import { bitsOf, generateKey, publicKeyOf, readPrivateKey, type KeySpec } from "../../pki/keys.ts";
import { readCertificate } from "../../pki/read.ts";
import { attributesOf, type Configuration } from "../../secrets/configurations/configuration.ts";
import type { TemplateAttributes, TemplateRules } from "../../secrets/configurations/template.ts";
import { assertNamesAllowed } from "../../secrets/configurations/template-names.ts";
import type {
  IssuedPrivateCert,
  PrivateCertRequest,
  PrivateKeyFormat,
} from "../../secrets/kinds/private-cert.ts";
import type { Context } from "../operation.ts";
import { instanceOf } from "../secrets/find.ts";
import { factsOfCertificate } from "../secrets/kinds/certificate-facts.ts";
import type { View } from "../state.ts";
import { wholeSeconds } from "./authority-signing.ts";
import {
  assertNamed,
  certificateNames,
  namesInCsr,
  subjectOf,
  type CertificateNames,
} from "./certificate-names.ts";
import { usesOf } from "./kinds/certificate-template.ts";
import {
  assertPermitted,
  assertUnchanged,
  authorityThatSigns,
  endOf,
  issuerOf,
  publishedBy,
  refused,
  unfit,
  type Authority,
} from "./signing.ts";

/** A template, and the authority that signs by it now. */
interface Template {
  readonly configuration: Configuration;
  readonly attributes: TemplateAttributes;
  readonly authority: Authority;
}

/** Whose key is certified: one made here, or that of a CSR. */
interface Holder {
  readonly publicKey: KeyObject;
  readonly privateKey: Sensitive<string> | null;
}

/**
 * Issues one. Everything that can be refused is, before a key is made: that is what takes long, of another thread.
 */
export async function issueByTemplate(
  name: string,
  request: PrivateCertRequest,
  context: Context<View>,
): Promise<IssuedPrivateCert> {
  const template = await templateNamed(name, context);
  const { authority } = template;
  const { rules } = template.attributes;
  const uses = usesOf(rules);
  const csr = request.csr === null ? null : readCsr(request.csr);
  if (csr) assertKeyOf(csr, uses.keySpec);
  const names = namesOf(request, csr, rules);
  assertNamed(names);
  assertNamesAllowed(names, rules);
  assertPermitted(names, authority);
  const notAfter = wholeSeconds(endOf(lifetimeOf(request, template), authority, context.now));
  const holder = csr
    ? { publicKey: csr.publicKey, privateKey: null }
    : await newHolder(uses.keySpec);
  const pem = await issueCertificate(
    {
      subject: subjectOf(names),
      publicKey: holder.publicKey,
      notBefore: wholeSeconds(context.now - rules.notBeforeSeconds * 1_000),
      notAfter,
      saysNoAuthority: rules.basicConstraintsValidForNonCa,
      ...uses,
      altNames: names.altNames,
      ...publishedBy(authority, context),
    },
    issuerOf(authority, context.capabilities),
  );
  // What else stood in the text of the CSR is nothing to keep.
  return issuedAs({ pem, holder, request: { ...request, csr: csr?.pem ?? null } }, template);
}

/** What was issued before the transaction is given out only if it would be issued the same way now. */
export async function assertStillIssued<Store extends View>(
  { stamps }: IssuedPrivateCert,
  name: string,
  context: Context<Store>,
): Promise<TemplateRules> {
  const template = await templateNamed(name, context);
  if (stampOf(template) !== stamps.template) {
    throw unfit("The certificate template was changed at the same time. Try again.");
  }
  assertUnchanged(stamps.authority, template.authority);
  return template.attributes.rules;
}

async function templateNamed<Store extends View>(
  name: string,
  context: Context<Store>,
): Promise<Template> {
  const at = instanceOf(context.call.place);
  const configuration = await context.store.configurations.configuration(at, name);
  if (configuration?.type !== "private_cert_configuration_template") {
    throw refused("There is no certificate template of this name in the instance.", "template");
  }
  const attributes = attributesOf(configuration, "template");
  const authority = await authorityThatSigns(attributes.certificateAuthority, context);
  return { configuration, attributes, authority };
}

function stampOf({ configuration, attributes }: Template): string {
  return JSON.stringify([configuration.id, attributes]);
}

/** Those of the CSR where the template has it so, and those that are asked for where not. */
function namesOf(
  { naming }: PrivateCertRequest,
  csr: Csr | null,
  rules: TemplateRules,
): CertificateNames {
  const ofCsr = csr && rules.useCsrCommonName ? csr.subject.commonName : null;
  const commonName = ofCsr ?? naming.commonName;
  if (!csr || !rules.useCsrSans) return certificateNames({ ...naming, commonName }, rules.subject);
  const none = { altNames: [], ipSans: [], uriSans: [], otherSans: [] };
  const names = certificateNames({ ...naming, ...none, commonName }, rules.subject);
  return { ...names, altNames: unique([...names.altNames, ...namesInCsr(csr)]) };
}

function unique(names: readonly AltName[]): readonly AltName[] {
  return [...new Map(names.map((one) => [altNameText(one), one])).values()];
}

function lifetimeOf(
  { ttlSeconds: askedSeconds }: PrivateCertRequest,
  { attributes: { rules }, authority }: Template,
): Parameters<typeof endOf>[0] {
  const ofAuthority = authority.attributes.settings.maxTtlSeconds;
  const maxSeconds = Math.min(rules.maxTtlSeconds ?? ofAuthority, ofAuthority);
  return { askedSeconds, usualSeconds: rules.ttlSeconds ?? maxSeconds, maxSeconds };
}

/** Of the template's type, and not shorter. */
function assertKeyOf({ publicKey }: Csr, spec: KeySpec): void {
  const least = "bits" in spec ? spec.bits : 0;
  if (publicKey.asymmetricKeyType === spec.type && (bitsOf(publicKey) ?? 0) >= least) return;
  const size = least === 0 ? "" : ` with at least ${least} bits`;
  throw refused(`The template is for keys of the type ${spec.type}${size}.`, "csr");
}

async function newHolder(spec: KeySpec): Promise<Holder> {
  const privateKey = await generateKey(spec);
  return { privateKey, publicKey: publicKeyOf(readPrivateKey(privateKey)) };
}

interface Signed {
  readonly pem: string;
  readonly holder: Holder;
  readonly request: PrivateCertRequest;
}

function issuedAs({ pem, holder, request }: Signed, template: Template): IssuedPrivateCert {
  const { authority } = template;
  const { privateKey } = holder;
  const { certificate: issuingCa, caChain } = authority.issued;
  const included = { intermediateIncluded: true, privateKeyIncluded: privateKey !== null };
  return {
    payload: {
      kind: "private_cert",
      certificate: pem,
      privateKey: privateKey && inFormat(privateKey, request.privateKeyFormat),
      issuingCa,
      caChain: [issuingCa, ...caChain],
      format: request.format,
    },
    facts: factsOfCertificate(readCertificate(pem), included),
    request,
    authority: { id: authority.configuration.id, name: authority.configuration.name },
    stamps: { template: stampOf(template), authority: authority.stamp },
  };
}

/** PKCS #8, or the form that the key's type has of its own; a type without one stays as it is. */
function inFormat(pkcs8: Sensitive<string>, format: PrivateKeyFormat): Sensitive<string> {
  if (format === "pkcs8") return pkcs8;
  const key = createPrivateKey(pkcs8.reveal());
  const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1";
  if (key.asymmetricKeyType !== "rsa" && key.asymmetricKeyType !== "ec") return pkcs8;
  const pem = key.export({ type, format: "pem" });
  invariant(typeof pem === "string", "PEM is text");
  return new Sensitive(pem);
}
