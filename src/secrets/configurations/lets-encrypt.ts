/** An account with a public certificate authority (ACME, RFC 8555, section 7.3). Its key is kept sealed. */
export interface LetsEncryptAttributes {
  readonly kind: "lets-encrypt";
}
