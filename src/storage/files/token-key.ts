/** The key that signs access tokens, as a JWK in a file that its owner alone may read. */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { JWK } from "jose";
import type { TokenKeyStore } from "../../identity/tokens.ts";
import { Outage } from "../../kernel/errors.ts";

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

  /** Written beside its place, synced, and moved there: after a crash there is a whole key or none. */
  async save(key: JWK): Promise<void> {
    const draft = `${this.#path}.new`;
    await writeSynced(draft, `${JSON.stringify(key)}\n`);
    await rename(draft, this.#path);
    const directory = await open(dirname(this.#path), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

function keyOf(text: string): JWK {
  const key: JWK = JSON.parse(text);
  if (key.kty !== "EC" || key.crv !== "P-256" || key.d === undefined) {
    throw new TypeError("not a private key on P-256");
  }
  return key;
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    // An older draft may have been left with other rights.
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
