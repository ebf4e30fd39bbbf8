/** Values that stand nowhere else: what is sent as a secret, and then looked for in everything that was kept or said. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `value`: a secret value, which stands in plain nowhere. `text`: what people write about their secrets, which the
 * state keeps to give it back, and the record does not. Names are for the record, and get no canary.
 */
export type Class = "value" | "text";

export class Canaries {
  readonly #all = new Map<string, Class>();

  get size(): number {
    return this.#all.size;
  }

  value(): string {
    return this.#make("value");
  }

  text(): string {
    return this.#make("text");
  }

  /** What the server made up itself, and must not keep in plain. */
  add(...values: readonly (string | undefined)[]): void {
    for (const one of values) {
      if (!one) throw new Error("there is no such value");
      this.#all.set(one, "value");
    }
  }

  isIn(where: string): boolean {
    return [...this.#all.keys()].some((one) => where.includes(one));
  }

  /** Where canaries of these classes stand in the text, in any of the forms in which one could have been kept. */
  found(where: string, classes: readonly Class[] = ["value", "text"]): string[] {
    return [...this.#all]
      .filter(([, kind]) => classes.includes(kind))
      .flatMap(([one]) => {
        const base64 = Buffer.from(one).toString("base64").replaceAll("=", "").slice(0, -2);
        const forms = [one, base64, Buffer.from(one).toString("hex")];
        const at = forms.map((form) => where.indexOf(form)).find((index) => index >= 0);
        return at === undefined ? [] : [where.slice(Math.max(0, at - 60), at + 60)];
      });
  }

  /** The same of every file below a folder that passes, by path. */
  foundIn(
    folder: string,
    isLookedAt: (path: string) => boolean,
    classes?: readonly Class[],
  ): readonly { readonly path: string; readonly found: readonly string[] }[] {
    return filesUnder(folder)
      .filter(isLookedAt)
      .map((path) => ({ path, found: this.found(readFileSync(path).toString("latin1"), classes) }))
      .filter(({ found }) => found.length > 0);
  }

  #make(kind: Class): string {
    const text = `canary${randomBytes(9).toString("hex")}`;
    this.#all.set(text, kind);
    return text;
  }
}

export function filesUnder(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
