/** The key that signs access tokens, as a JWK in a file that its owner alone may read. */
import { readFile } from "node:fs/promises";
import type { JWK } from "jose";
import type { TokenKeyStore } from "../../identity/tokens.ts";
import { Outage } from "../../kernel/errors.ts";
import { replacePrivateFile } from "./private-file.ts";

export class TokenKeyFile implements TokenKeyStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<JWK | undefined> {
    try {
      return keyOf(await readFile(this.#path, "utf8"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      const advice = "if it is lost, remove it, and every session has to log in again";
      throw new Outage(`the token key ${this.#path} cannot be read; ${advice}`, { cause: error });
    }
  }

  save(key: JWK): Promise<void> {
    return replacePrivateFile(this.#path, `${JSON.stringify(key)}\n`);
  }
}

function keyOf(text: string): JWK {
  const key: JWK = JSON.parse(text);
  if (key.kty !== "EC" || key.crv !== "P-256" || key.d === undefined) {
    throw new TypeError("not a private key on P-256");
  }
  return key;
}
