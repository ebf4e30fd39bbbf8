/** A certificate that one of the instance's own authorities issues, by a template. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { CertificateFacts } from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";

/** PEM throughout (RFC 7468). */
export interface PrivateCertPayload {
  readonly kind: "private_cert";
  readonly certificate: string;
  /** Null where the owner brought a CSR and kept the key. */
  readonly privateKey: Sensitive<string> | null;
  readonly issuingCa: string;
  readonly caChain: readonly string[];
}

export interface NewPrivateCert {
  readonly kind: "private_cert";
  /** The template, a configuration, by its name. */
  readonly certificateTemplate: string;
  readonly commonName: string;
}

export interface NewPrivateCertVersion {
  readonly kind: "private_cert";
  readonly csr?: string | undefined;
}

export interface PrivateCertAttributes {
  readonly kind: "private_cert";
  readonly certificateTemplate: string;
  readonly certificateAuthority: string;
  readonly facts: CertificateFacts;
}

export const privateCert: Kind<PrivateCertPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: null, day: [1, 730], month: [1, 24] },
  expiresThoughLocked: true,
  check: () => undefined,
  encode: ({ certificate, privateKey, issuingCa, caChain }) =>
    utf8(
      JSON.stringify({ certificate, privateKey: privateKey?.reveal() ?? null, issuingCa, caChain }),
    ),
  decode(bytes) {
    const { privateKey, ...rest } = JSON.parse(fromUtf8(bytes)) as {
      readonly certificate: string;
      readonly issuingCa: string;
      readonly caChain: readonly string[];
      readonly privateKey: string | null;
    };
    return {
      kind: "private_cert",
      ...rest,
      privateKey: privateKey === null ? null : new Sensitive(privateKey),
    };
  },
};
