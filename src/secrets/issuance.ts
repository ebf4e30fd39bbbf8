/** An issuance: a certificate that a public authority has been asked for, and how far that has come. */
import type { Instance } from "./secret.ts";

export interface Issuance {
  readonly secretId: string;
  readonly at: Instance;
}

export interface IssuanceReader {
  issuance(secretId: string): Promise<Issuance | undefined>;
}

export interface IssuanceStore extends IssuanceReader {
  putIssuance(issuance: Issuance): Promise<void>;
}
