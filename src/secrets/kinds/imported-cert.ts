/** A certificate that was issued elsewhere, brought by its owner; its key too, or one made here for a managed CSR. */
import type { Sensitive } from "../../kernel/sensitive.ts";
import {
  decodeParts,
  encodeParts,
  type CertificateFacts,
  type CertificateParts,
} from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";

export interface ImportedCertPayload extends CertificateParts {
  readonly kind: "imported_cert";
}

export interface NewImportedCert {
  readonly kind: "imported_cert";
  readonly certificate?: string | undefined;
  readonly intermediate?: string | undefined;
  readonly privateKey?: Sensitive<string> | undefined;
}

export interface NewImportedCertVersion {
  readonly kind: "imported_cert";
  readonly certificate: string;
  readonly intermediate?: string | undefined;
  readonly privateKey?: Sensitive<string> | undefined;
}

export interface ImportedCertAttributes {
  readonly kind: "imported_cert";
  /** Of the current certificate; null until one has been imported for the CSR. */
  readonly facts: CertificateFacts | null;
}

export const importedCert: Kind<ImportedCertPayload> = {
  ...plain,
  expiresByDate: false,
  expiresThoughLocked: true,
  check: () => undefined,
  encode: encodeParts,
  decode: (bytes) => ({ kind: "imported_cert", ...decodeParts(bytes) }),
};
