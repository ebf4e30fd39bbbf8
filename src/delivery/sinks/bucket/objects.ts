/**
 * Lines to objects: of each account, region and hour its own. An object's name says which entries are in it and what
 * they hash to, so that the same name is the same object: one that is written again takes the place of itself, and never
 * of another one. IBM's names have a UUID there, and what is written twice lies there twice.
 */
import { createHash } from "node:crypto";
import type { Message } from "../../entry.ts";
import { placedLine } from "./encode.ts";

/** Lines that are held until their object is written. */
export const MAX_GATHERED_BYTES = 4 * 1024 * 1024;

export interface BucketObject {
  /** Without the destination's prefix. */
  readonly name: string;
  readonly content: Uint8Array;
}

interface Gathering {
  readonly folder: string;
  readonly time: string;
  readonly first: number;
  last: number;
  readonly lines: Uint8Array[];
}

export class Gathered {
  readonly #byFolder = new Map<string, Gathering>();
  #bytes = 0;
  #last = -1;

  get isFull(): boolean {
    return this.#bytes >= MAX_GATHERED_BYTES;
  }

  /** The index of what was added last; -1 when there is nothing. */
  get last(): number {
    return this.#last;
  }

  add({ index, bytes }: Message): void {
    const { folder, time, line } = placedLine(bytes);
    let gathering = this.#byFolder.get(folder);
    if (!gathering) {
      gathering = { folder, time, first: index, last: index, lines: [] };
      this.#byFolder.set(folder, gathering);
    }
    gathering.last = index;
    gathering.lines.push(line);
    this.#bytes += line.length;
    this.#last = index;
  }

  /** In the order of their first entries. Nothing is held any more. */
  take(): readonly BucketObject[] {
    const objects = [...this.#byFolder.values()].map(objectOf);
    this.clear();
    return objects;
  }

  clear(): void {
    this.#byFolder.clear();
    this.#bytes = 0;
    this.#last = -1;
  }
}

/** `…/2026-11-21T09/2026-11-21T09:31:07.123Z_4711-4790_3fa9c0d1e2b4a586.log` */
function objectOf({ folder, time, first, last, lines }: Gathering): BucketObject {
  const content = Buffer.concat(lines);
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return { name: `${folder}/${time}_${first}-${last}_${digest}.log`, content };
}
