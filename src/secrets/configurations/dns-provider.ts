/**
 * Who publishes the records that prove names to a certificate authority. The providers of IBM's wire are services of
 * IBM's own cloud, which nothing here reaches: they are kept, and an order that needs one fails and says so.
 */
import { Refusal } from "../../kernel/errors.ts";

export type DnsProviderAttributes = {
  readonly kind: "dns-provider";
} & (
  | { readonly service: "cloud-internet-services"; readonly crn: string }
  | { readonly service: "classic-infrastructure"; readonly username: string }
);

export type DnsService = DnsProviderAttributes["service"];

export const MAX_CRN_CHARS = 512;
export const MAX_DNS_CREDENTIAL_CHARS = 1_024;
export const MAX_DNS_USERNAME_CHARS = 128;

const CRN = /^crn:v1(?::[A-Za-z0-9._/-]*){8}$/;
const USERNAME = /^[A-Za-z0-9._@+-]+$/;

export function checkDnsProvider(attributes: DnsProviderAttributes): void {
  if (attributes.service === "cloud-internet-services") {
    if (attributes.crn.length <= MAX_CRN_CHARS && CRN.test(attributes.crn)) return;
    throw refused(
      "An instance of Cloud Internet Services is named by its CRN.",
      "cloudInternetServicesCrn",
    );
  }
  const { username } = attributes;
  if (username.length <= MAX_DNS_USERNAME_CHARS && USERNAME.test(username)) return;
  throw refused(
    `A username of the classic infrastructure has 1 to ${MAX_DNS_USERNAME_CHARS} letters, digits and any of ._@+-.`,
    "classicInfrastructureUsername",
  );
}

/** An API key or a password: kept as it is, and never tried. */
export function checkDnsCredential(credential: string, field: string): void {
  const { length } = credential;
  if (length > 0 && length <= MAX_DNS_CREDENTIAL_CHARS && credential.isWellFormed()) return;
  throw refused(
    `The credential of a DNS provider has 1 to ${MAX_DNS_CREDENTIAL_CHARS} characters of well-formed Unicode.`,
    field,
  );
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
