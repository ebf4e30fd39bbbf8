/** A certificate that one of the instance's own authorities issues, by a template. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Naming } from "../configurations/naming.ts";
import type { CertificateFacts } from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";

/** PEM throughout (RFC 7468). */
export interface PrivateCertPayload {
  readonly kind: "private_cert";
  readonly certificate: string;
  /** Null where the owner brought a CSR and kept the key. */
  readonly privateKey: Sensitive<string> | null;
  readonly issuingCa: string;
  /** The issuer's certificate and those above it, the nearest first. */
  readonly caChain: readonly string[];
  readonly format: CertificateFormat;
}

/** As a bundle, the certificate is given with its key in front and its chain behind. */
export type CertificateFormat = "pem" | "pem_bundle";

/** `der` is the key's own form, PKCS #1 or SEC 1; both are given in PEM. */
export type PrivateKeyFormat = "der" | "pkcs8";

/** What a certificate is asked to be: every version of it is. */
export interface PrivateCertRequest {
  readonly naming: Naming;
  /** Null for as long as the template says. */
  readonly ttlSeconds: number | null;
  /** PKCS #10 in PEM; null where the key is made here. */
  readonly csr: string | null;
  readonly format: CertificateFormat;
  readonly privateKeyFormat: PrivateKeyFormat;
}

/** A certificate that was issued before there is a transaction. */
export interface IssuedPrivateCert {
  readonly payload: PrivateCertPayload;
  readonly facts: CertificateFacts;
  readonly request: PrivateCertRequest;
  readonly authority: { readonly id: string; readonly name: string };
  /** What has to be as it was for it to be given out. */
  readonly stamps: { readonly template: string; readonly authority: string };
}

export interface NewPrivateCert {
  readonly kind: "private_cert";
  /** The template, a configuration, by its name. */
  readonly certificateTemplate: string;
  readonly request: PrivateCertRequest;
  readonly issued?: IssuedPrivateCert | undefined;
}

export interface NewPrivateCertVersion {
  readonly kind: "private_cert";
  /** In place of the one that was given before. */
  readonly csr?: string | undefined;
  readonly issued?: IssuedPrivateCert | undefined;
}

export interface PrivateCertAttributes {
  readonly kind: "private_cert";
  readonly certificateTemplate: string;
  readonly certificateAuthority: string;
  /** The authority, by its configuration's id. */
  readonly authorityId: string;
  readonly request: PrivateCertRequest;
  /** Of the current certificate. */
  readonly facts: CertificateFacts;
  readonly revokedAt: Millis | null;
}

export const privateCert: Kind<PrivateCertPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: null, day: [1, 730], month: [1, 24] },
  expiresThoughLocked: true,
  check: () => undefined,
  encode({ certificate, privateKey, issuingCa, caChain, format }) {
    const key = privateKey?.reveal() ?? null;
    return utf8(JSON.stringify({ certificate, privateKey: key, issuingCa, caChain, format }));
  },
  decode(bytes) {
    const { privateKey, ...rest } = JSON.parse(fromUtf8(bytes)) as Omit<
      PrivateCertPayload,
      "kind" | "privateKey"
    > & { readonly privateKey: string | null };
    return {
      kind: "private_cert",
      ...rest,
      privateKey: privateKey === null ? null : new Sensitive(privateKey),
    };
  },
};
