/** A certificate that was issued elsewhere, brought by its owner; its key too, or one made here for a managed CSR. */
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import {
  decodeParts,
  encodeParts,
  type CertificateFacts,
  type CertificateParts,
} from "./certificate.ts";
import { plain, type Kind } from "./kind.ts";
import type { GivenManagedCsr, ManagedCsr } from "./managed-csr.ts";

export interface ImportedCertPayload extends CertificateParts {
  readonly kind: "imported_cert";
}

/** A certificate with what belongs to it, that was looked at before there is a transaction. */
export interface ReadyCertificate {
  readonly parts: CertificateParts;
  readonly facts: CertificateFacts;
  /** The CSR it was compared with; null where there is none. */
  readonly csr: string | null;
}

/** A CSR, and the key that it is for, made before there is a transaction. */
export interface ReadyCsr {
  readonly managedCsr: ManagedCsr;
  readonly key: Sensitive<string>;
  /** The CSR that it takes the place of. */
  readonly inPlaceOf: string | null;
}

/** Either a certificate, or what a managed CSR is to ask for. */
export interface NewImportedCert {
  readonly kind: "imported_cert";
  readonly certificate?: string | undefined;
  readonly intermediate?: string | undefined;
  readonly privateKey?: Sensitive<string> | undefined;
  readonly managedCsr?: GivenManagedCsr | undefined;
  readonly ready?: ReadyCertificate | ReadyCsr | undefined;
}

export interface NewImportedCertVersion {
  readonly kind: "imported_cert";
  readonly certificate: string;
  readonly intermediate?: string | undefined;
  readonly privateKey?: Sensitive<string> | undefined;
  readonly ready?: ReadyCertificate | undefined;
}

export interface ImportedCertAttributes {
  readonly kind: "imported_cert";
  /** Of the current certificate; null until one has been imported for the CSR. */
  readonly facts: CertificateFacts | null;
  /** Null where the owner brings certificates that were asked for elsewhere. */
  readonly managedCsr: ManagedCsr | null;
}

/** Of each part: IBM's bound on an imported file. */
export const MAX_IMPORTED_BYTES = 100 * 1_024;

export const importedCert: Kind<ImportedCertPayload> = {
  ...plain,
  expiresByDate: false,
  expiresThoughLocked: true,
  check({ certificate, intermediate, privateKey }) {
    const parts = { certificate, intermediate, privateKey: privateKey?.reveal() };
    for (const [field, text] of Object.entries(parts)) {
      if (Buffer.byteLength(text ?? "") > MAX_IMPORTED_BYTES) {
        const sentence = `The field ${field} has at most ${MAX_IMPORTED_BYTES} bytes.`;
        throw new Refusal("too_large", sentence, { field });
      }
    }
  },
  encode: encodeParts,
  decode: (bytes) => ({ kind: "imported_cert", ...decodeParts(bytes) }),
};
