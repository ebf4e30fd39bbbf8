/** Makes a CSR by its owner's word, for a key that stays here. */
import { altNamesOf, isEmail, isHostName, type AltName } from "../../../pki/alt-names.ts";
import { makeCsr } from "../../../pki/csr.ts";
import {
  extKeyUsageExtension,
  extKeyUsagesOf,
  keyUsageExtension,
  keyUsagesOf,
  oidsOf,
  policiesExtension,
  type Extension,
} from "../../../pki/extensions.ts";
import { generateKey, keySpecOf, readPrivateKey, type KeySpec } from "../../../pki/keys.ts";
import { NO_SUBJECT, type Subject } from "../../../pki/names.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import type { ReadyCsr } from "../../../secrets/kinds/imported-cert.ts";
import {
  listed,
  type ManagedCsr,
  type ManagedCsrRequest,
} from "../../../secrets/kinds/managed-csr.ts";

/** Of each list with commas between. */
export const MAX_LIST_CHARS = 8_192;

const LISTS = [
  "userIds",
  "altNames",
  "ipSans",
  "uriSans",
  "otherSans",
  "keyUsage",
  "extKeyUsage",
  "extKeyUsageOids",
  "policyIdentifiers",
] as const satisfies readonly (keyof ManagedCsrRequest)[];

/** What certificates of servers and clients are used for, by the type of their key. */
const USUAL_KEY_USAGES: Readonly<Record<KeySpec["type"], readonly string[]>> = {
  rsa: ["DigitalSignature", "KeyAgreement", "KeyEncipherment"],
  ec: ["DigitalSignature", "KeyAgreement"],
  ed25519: ["DigitalSignature"],
};

/** What there was before, which the new CSR takes the place of. */
export interface Before extends ManagedCsr {
  readonly key: Sensitive<string>;
}

/**
 * The key stays what it was, unless the request wants another one: of another kind, or one to each CSR. Takes as long as
 * generating the key does. Refuses names and uses that no certificate can have.
 */
export async function readyCsr(
  request: ManagedCsrRequest,
  before: Before | null,
): Promise<ReadyCsr> {
  for (const field of LISTS) {
    if ((request[field]?.length ?? 0) > MAX_LIST_CHARS) {
      const sentence = `A list of a managed CSR has at most ${MAX_LIST_CHARS} characters.`;
      throw new Refusal("invalid_request", sentence, { field });
    }
  }
  const spec = keySpecOf(request.keyType, request.keyBits || undefined);
  const asked = { ...request, keyType: spec.type, keyBits: "bits" in spec ? spec.bits : null };
  const parts = {
    subject: subjectOf(request),
    altNames: altNamesIn(request),
    extensions: extensionsOf(request, spec),
  };
  const isSameKey =
    before?.request.keyType === asked.keyType && before.request.keyBits === asked.keyBits;
  const key = isSameKey && !request.rotateKeys ? before.key : await generateKey(spec);
  const csr = await makeCsr({ ...parts, key: readPrivateKey(key) });
  return { managedCsr: { request: asked, csr }, key, inPlaceOf: before?.csr ?? null };
}

function subjectOf(request: ManagedCsrRequest): Subject {
  const commonName = request.commonName || null;
  if (commonName === null && request.requireCn) {
    const sentence = "A CSR has a common name, unless require_cn is false.";
    throw new Refusal("invalid_request", sentence, { field: "commonName" });
  }
  return {
    ...NO_SUBJECT,
    commonName,
    organization: request.organization,
    ou: request.ou,
    country: request.country,
    locality: request.locality,
    province: request.province,
    streetAddress: request.streetAddress,
    postalCode: request.postalCode,
    userIds: listed(request.userIds),
  };
}

/** A common name that is a host's or a mailbox's is an alternative name too: that is where clients look for it. */
function altNamesIn(request: ManagedCsrRequest): readonly AltName[] {
  const { commonName, excludeCnFromSans } = request;
  const isName = commonName !== null && (isHostName(commonName) || isEmail(commonName));
  return altNamesOf({
    altNames: [...(isName && !excludeCnFromSans ? [commonName] : []), ...listed(request.altNames)],
    ipSans: listed(request.ipSans),
    uriSans: listed(request.uriSans),
    otherSans: listed(request.otherSans),
  });
}

function extensionsOf(request: ManagedCsrRequest, spec: KeySpec): readonly Extension[] {
  const usages = keyUsagesOf(
    request.keyUsage === null ? USUAL_KEY_USAGES[spec.type] : listed(request.keyUsage),
  );
  const flagged = [
    ...(request.serverFlag ? ["ServerAuth"] : []),
    ...(request.clientFlag ? ["ClientAuth"] : []),
    ...(request.codeSigningFlag ? ["CodeSigning"] : []),
    ...(request.emailProtectionFlag ? ["EmailProtection"] : []),
  ];
  const named = extKeyUsagesOf([...flagged, ...listed(request.extKeyUsage)]);
  const further = oidsOf(listed(request.extKeyUsageOids), "extKeyUsageOids");
  const extUsages = [...new Set([...named, ...further])];
  const policies = oidsOf(listed(request.policyIdentifiers), "policyIdentifiers");
  return [
    ...(usages.length > 0 ? [keyUsageExtension(usages)] : []),
    ...(extUsages.length > 0 ? [extKeyUsageExtension(extUsages)] : []),
    ...(policies.length > 0 ? [policiesExtension(policies)] : []),
  ];
}
