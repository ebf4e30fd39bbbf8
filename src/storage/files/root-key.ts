/**
 * The root key in a file that its owner alone may read: one key to a line in base64, the newest
 * first.
 */
import { readFile } from "node:fs/promises";
import {
  formatRootKey,
  parseRootKey,
  type RootKey,
  type RootKeySource,
} from "../../secrets/root-key.ts";
import { replacePrivateFile } from "./private-file.ts";

const HEADER =
  "# Keytrail root key: whoever has it can open every secret of this installation, nobody else can.\n";

export class RootKeyFile implements RootKeySource {
  readonly name: string;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.name = `the file ${path}`;
  }

  async load(): Promise<readonly RootKey[] | undefined> {
    const text = await this.#read();
    if (text === undefined) return undefined;
    const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
    const keys = lines.map((line) => parseRootKey(line.trim()));
    const whole = keys.filter((key) => key !== undefined);
    if (whole.length === 0 || whole.length < keys.length) {
      throw new Error("it holds something other than keys of 32 bytes in base64");
    }
    return whole;
  }

  save(keys: readonly RootKey[]): Promise<void> {
    const lines = keys.map((key) => `${formatRootKey(key)}\n`);
    return replacePrivateFile(this.#path, HEADER + lines.join(""));
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT") return undefined;
      throw new Error(`it cannot be read (${String(code)})`, { cause: error });
    }
  }
}
