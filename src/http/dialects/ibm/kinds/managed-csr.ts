/** A managed CSR as IBM's wire writes it: what it asks for, and the CSR that was made of it. */
import { z } from "zod";
import type { GivenManagedCsr, ManagedCsr } from "../../../../secrets/kinds/managed-csr.ts";
import { read } from "../body.ts";
import { present } from "../shapes.ts";

const texts = z.array(z.string()).nullish();
/** A list with commas between. */
const list = z.string().nullish();
const flag = z.boolean().nullish();

/** In a patch, what is left out stays, and null makes it the usual again. */
export const managedCsr = z.strictObject({
  common_name: z.string().nullish(),
  organization: texts,
  ou: texts,
  country: texts,
  locality: texts,
  province: texts,
  street_address: texts,
  postal_code: texts,
  user_ids: list,
  alt_names: list,
  ip_sans: list,
  uri_sans: list,
  other_sans: list,
  key_usage: list,
  ext_key_usage: list,
  ext_key_usage_oids: list,
  policy_identifiers: list,
  exclude_cn_from_sans: flag,
  require_cn: flag,
  server_flag: flag,
  client_flag: flag,
  code_signing_flag: flag,
  email_protection_flag: flag,
  key_type: z.string().nullish(),
  key_bits: z.int().nullish(),
  rotate_keys: flag,
});

export function managedCsrOf(given: z.infer<typeof managedCsr>): GivenManagedCsr {
  return {
    commonName: given.common_name,
    organization: given.organization,
    ou: given.ou,
    country: given.country,
    locality: given.locality,
    province: given.province,
    streetAddress: given.street_address,
    postalCode: given.postal_code,
    userIds: given.user_ids,
    altNames: given.alt_names,
    ipSans: given.ip_sans,
    uriSans: given.uri_sans,
    otherSans: given.other_sans,
    keyUsage: given.key_usage,
    extKeyUsage: given.ext_key_usage,
    extKeyUsageOids: given.ext_key_usage_oids,
    policyIdentifiers: given.policy_identifiers,
    excludeCnFromSans: given.exclude_cn_from_sans,
    requireCn: given.require_cn,
    serverFlag: given.server_flag,
    clientFlag: given.client_flag,
    codeSigningFlag: given.code_signing_flag,
    emailProtectionFlag: given.email_protection_flag,
    keyType: given.key_type,
    keyBits: given.key_bits,
    rotateKeys: given.rotate_keys,
  };
}

/** As a patch has it: a body within a body, that names its own fields when one does not fit. */
export function managedCsrIn(body: object | null | undefined): GivenManagedCsr | null | undefined {
  return body && managedCsrOf(read(managedCsr, body));
}

/** What was never given is left out, apart from what has a usual value. The key is nowhere here. */
export function managedCsrBody({ request, csr }: ManagedCsr): object {
  return {
    ...present("common_name", request.commonName),
    organization: request.organization,
    ou: request.ou,
    country: request.country,
    locality: request.locality,
    province: request.province,
    street_address: request.streetAddress,
    postal_code: request.postalCode,
    ...present("user_ids", request.userIds),
    ...present("alt_names", request.altNames),
    ...present("ip_sans", request.ipSans),
    ...present("uri_sans", request.uriSans),
    ...present("other_sans", request.otherSans),
    ...present("key_usage", request.keyUsage),
    ...present("ext_key_usage", request.extKeyUsage),
    ...present("ext_key_usage_oids", request.extKeyUsageOids),
    ...present("policy_identifiers", request.policyIdentifiers),
    exclude_cn_from_sans: request.excludeCnFromSans,
    require_cn: request.requireCn,
    server_flag: request.serverFlag,
    client_flag: request.clientFlag,
    code_signing_flag: request.codeSigningFlag,
    email_protection_flag: request.emailProtectionFlag,
    key_type: request.keyType,
    ...present("key_bits", request.keyBits),
    rotate_keys: request.rotateKeys,
    csr,
  };
}
