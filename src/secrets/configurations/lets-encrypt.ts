/**
 * An account with a public certificate authority (ACME, RFC 8555, section 7.3). Its key is kept sealed. Which server is
 * meant by an environment is the installation's to say, and Let's Encrypt's unless it does.
 */
import { Refusal } from "../../kernel/errors.ts";

export const ACME_ENVIRONMENTS = ["production", "staging"] as const;

export type AcmeEnvironment = (typeof ACME_ENVIRONMENTS)[number];

export interface LetsEncryptAttributes {
  readonly kind: "lets-encrypt";
  readonly environment: AcmeEnvironment;
  /** The common name of the issuer at the top of the chain that is preferred; null for the authority's own choice. */
  readonly preferredChain: string | null;
}

export const MAX_PREFERRED_CHAIN_CHARS = 64;

export function checkPreferredChain(name: string): void {
  if (name.length <= MAX_PREFERRED_CHAIN_CHARS && name.isWellFormed()) return;
  throw new Refusal(
    "invalid_request",
    `The preferred chain is the common name of its issuer: at most ${MAX_PREFERRED_CHAIN_CHARS} characters.`,
    { field: "letsEncryptPreferredChain" },
  );
}
