/** The port to the identities: what reads and what changes them. */
import type { Grant } from "./authorize.ts";

export interface IdentityReader {
  /** Every grant of an identity in an account, from its policies. */
  grantsOf(iamId: string, account: string): Promise<readonly Grant[]>;
}

export interface IdentityStore extends IdentityReader {}
