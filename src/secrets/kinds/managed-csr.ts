/** A managed CSR: what a certificate is asked for with, by the owner's word, for a key that is made and kept here. */

/** Empty lists and nulls are nothing asked for. */
export interface ManagedCsrRequest {
  readonly commonName: string | null;
  readonly organization: readonly string[];
  readonly ou: readonly string[];
  readonly country: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
  // Lists with commas between, kept as they were written: so they come back as they were given.
  readonly userIds: string | null;
  readonly altNames: string | null;
  readonly ipSans: string | null;
  readonly uriSans: string | null;
  readonly otherSans: string | null;
  /** Null for what is usual; an empty one for no word on it. */
  readonly keyUsage: string | null;
  readonly extKeyUsage: string | null;
  readonly extKeyUsageOids: string | null;
  readonly policyIdentifiers: string | null;
  readonly excludeCnFromSans: boolean;
  readonly requireCn: boolean;
  readonly serverFlag: boolean;
  readonly clientFlag: boolean;
  readonly codeSigningFlag: boolean;
  readonly emailProtectionFlag: boolean;
  readonly keyType: string;
  /** Null for the usual size. */
  readonly keyBits: number | null;
  /** Whether every further CSR is for a key of its own. */
  readonly rotateKeys: boolean;
}

/** The fields of a request, or of a merge patch of one: what is left out stays, null is what is usual. */
export type GivenManagedCsr = {
  readonly [Field in keyof ManagedCsrRequest]?: ManagedCsrRequest[Field] | null | undefined;
};

export interface ManagedCsr {
  readonly request: ManagedCsrRequest;
  /** The CSR that awaits its certificate, or had it: PEM. */
  readonly csr: string;
}

const USUAL: ManagedCsrRequest = {
  commonName: null,
  organization: [],
  ou: [],
  country: [],
  locality: [],
  province: [],
  streetAddress: [],
  postalCode: [],
  userIds: null,
  altNames: null,
  ipSans: null,
  uriSans: null,
  otherSans: null,
  keyUsage: null,
  extKeyUsage: null,
  extKeyUsageOids: null,
  policyIdentifiers: null,
  excludeCnFromSans: false,
  requireCn: true,
  serverFlag: true,
  clientFlag: true,
  codeSigningFlag: false,
  emailProtectionFlag: false,
  keyType: "rsa",
  keyBits: null,
  rotateKeys: false,
};

/** The request as it is from now on. A key of another type has that type's usual size, unless it is given one. */
export function requestWith(
  given: GivenManagedCsr,
  before: ManagedCsrRequest = USUAL,
): ManagedCsrRequest {
  const isOtherType = given.keyType !== undefined && given.keyType !== before.keyType;
  const start = isOtherType ? { ...before, keyBits: null } : before;
  const changes = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => [field, value ?? USUAL[field as keyof ManagedCsrRequest]]);
  return { ...start, ...(Object.fromEntries(changes) as Partial<ManagedCsrRequest>) };
}

/** The parts of a list with commas between. */
export function listed(list: string | null): readonly string[] {
  const parts = (list ?? "").split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "");
}
