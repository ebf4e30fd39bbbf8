/** The key that signs access tokens, for as long as the process lives. */
import type { JWK } from "jose";
import type { TokenKeyStore } from "../../identity/tokens.ts";

export class TokenKeyInMemory implements TokenKeyStore {
  #key: JWK | undefined;

  async load(): Promise<JWK | undefined> {
    return this.#key;
  }

  async save(key: JWK): Promise<void> {
    this.#key = key;
  }
}
