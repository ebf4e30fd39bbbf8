/**
 * What a certificate is asked to be for: its subject (RFC 5280, section 4.1.2.6) and its alternative names, as they
 * were asked for. Whether a certificate can say such a thing is judged where it is written.
 */

/** The fields of a subject besides its common name; most may have several values. */
export interface SubjectFields {
  readonly organization: readonly string[];
  readonly ou: readonly string[];
  readonly country: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
  /** The subject's own (X.520, `serialNumber`): the certificate's is always drawn at random. */
  readonly serialNumber: string | null;
}

export const NO_FIELDS: SubjectFields = {
  organization: [],
  ou: [],
  country: [],
  locality: [],
  province: [],
  streetAddress: [],
  postalCode: [],
  serialNumber: null,
};

export interface Naming {
  /** Empty for none. */
  readonly commonName: string;
  readonly excludeCnFromSans: boolean;
  /** Host names and mail addresses. */
  readonly altNames: readonly string[];
  readonly ipSans: readonly string[];
  readonly uriSans: readonly string[];
  /** `<oid>;UTF8:<value>` */
  readonly otherSans: readonly string[];
}

/** An alternative name, taken apart; `unread` for one of a kind that no rule can be about. */
export type NameInCertificate =
  | { readonly kind: "dns" | "email" | "ip" | "uri"; readonly value: string }
  | { readonly kind: "other"; readonly oid: string; readonly value: string }
  | { readonly kind: "unread" };
