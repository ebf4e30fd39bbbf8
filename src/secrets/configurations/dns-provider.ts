/** Who publishes the records that prove names to a certificate authority. Its credential is kept sealed. */
export interface DnsProviderAttributes {
  readonly kind: "dns-provider";
}
