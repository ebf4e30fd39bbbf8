/** Inputs that tests of imported certificates begin from. */
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { ImportedCertPayload } from "../../../secrets/kinds/imported-cert.ts";
import type { GivenManagedCsr } from "../../../secrets/kinds/managed-csr.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { CreateSecretInput } from "../create-secret.ts";
import type { CreateVersionInput } from "../create-version.ts";

export interface Pems {
  readonly certificate?: string;
  readonly intermediate?: string;
  readonly key?: string;
}

export function importedCert(name: string, { key, ...pems }: Pems): CreateSecretInput {
  const privateKey = key === undefined ? undefined : new Sensitive(key);
  return {
    name,
    secretType: "imported_cert",
    secretGroupId: "default",
    payload: { kind: "imported_cert", ...pems, privateKey },
  };
}

export function awaitedCert(name: string, managedCsr: GivenManagedCsr): CreateSecretInput {
  return { ...importedCert(name, {}), payload: { kind: "imported_cert", managedCsr } };
}

export function renewal(
  id: string,
  { certificate = "", intermediate, key }: Pems,
): CreateVersionInput {
  const privateKey = key === undefined ? undefined : new Sensitive(key);
  return { id, payload: { kind: "imported_cert", certificate, intermediate, privateKey } };
}

/** The value in clear, so that it can be compared. */
export function opened(payload: Payload | null): object | null {
  if (payload === null) return null;
  const { certificate, intermediate, privateKey } = payload as ImportedCertPayload;
  return { certificate, intermediate, privateKey: privateKey?.reveal() ?? null };
}
