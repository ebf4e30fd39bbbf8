/**
 * A witness's state in files: `<dir>/<sha256 of origin>/<sequence>`, each a checkpoint with the cosignature, the
 * highest sequence being the latest. Every file is written once and never changed; the next is put in place by a hard
 * link, which fails if the name exists. That is the compare and swap, and it holds between processes too.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readCheckpoint } from "../../ledger/checkpoint.ts";
import type { SignedCheckpoint } from "../../ledger/checkpoint.ts";
import { originHashOf } from "../../ledger/witness.ts";
import type { WitnessState } from "../../ledger/witness.ts";
import { Outage } from "../../kernel/errors.ts";

const SEQUENCE_DIGITS = 15;
const SEQUENCE = /^\d{15}$/;
/** Between listing the files and reading the highest, another process may have replaced it; then we look again. */
const MAX_READ_ATTEMPTS = 10;

interface Stored {
  readonly sequence: number;
  readonly checkpoint: SignedCheckpoint | undefined;
}

export class FileWitnessState implements WitnessState {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Throws Outage when what is there cannot be read: a witness that has lost its memory must not sign. */
  async latest(origin: string): Promise<SignedCheckpoint | undefined> {
    return (await this.#read(origin)).checkpoint;
  }

  async advance(previous: SignedCheckpoint | undefined, next: SignedCheckpoint): Promise<boolean> {
    const current = await this.#read(next.origin);
    if (current.checkpoint?.text !== previous?.text) return false;
    const dir = this.#dirOf(next.origin);
    try {
      await makeDurableDir(this.#dir, dir);
      return await takeStep(dir, current.sequence + 1, next.text);
    } catch (error) {
      throw new Outage(`the witness's state in ${dir} cannot be written`, { cause: error });
    }
  }

  async #read(origin: string): Promise<Stored> {
    const dir = this.#dirOf(origin);
    for (let attempt = 1; ; attempt++) {
      try {
        const sequence = highestOf(await namesIn(dir));
        if (sequence === 0) return { sequence, checkpoint: undefined };
        const checkpoint = readCheckpoint(await readFile(join(dir, fileName(sequence)), "utf8"));
        if (checkpoint.origin !== origin) throw new Error(`it is of "${checkpoint.origin}"`);
        return { sequence, checkpoint };
      } catch (error) {
        if (isCode(error, "ENOENT") && attempt < MAX_READ_ATTEMPTS) continue;
        throw new Outage(`the witness's state in ${dir} cannot be read`, { cause: error });
      }
    }
  }

  #dirOf(origin: string): string {
    return join(this.#dir, originHashOf(origin));
  }
}

/**
 * Makes `text` number `sequence` of a folder if that is the next one, durably, and resolves to whether it is now the
 * latest. Safe to be called by any number of processes, however old their idea of the next number.
 */
export async function takeStep(dir: string, sequence: number, text: string): Promise<boolean> {
  const draft = join(dir, `draft-${randomUUID()}`);
  try {
    await writeDurably(draft, text);
    await link(draft, join(dir, fileName(sequence)));
    await syncDir(dir);
  } catch (error) {
    // Somebody else has taken this step.
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const names = await readdir(dir);
  // The name was free although later ones exist when others took this step and the next, and removed it:
  // what we linked was never the latest.
  if (highestOf(names) !== sequence) return false;
  // A crash before this leaves older files behind; the next step removes them.
  const old = names.filter((name) => SEQUENCE.test(name) && Number(name) < sequence);
  await Promise.all(old.map((name) => rm(join(dir, name), { force: true })));
  return true;
}

function fileName(sequence: number): string {
  return String(sequence).padStart(SEQUENCE_DIGITS, "0");
}

function highestOf(names: readonly string[]): number {
  return Math.max(0, ...names.filter((name) => SEQUENCE.test(name)).map(Number));
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function makeDurableDir(parent: string, dir: string): Promise<void> {
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncDir(parent);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDir(path: string): Promise<void> {
  const dir = await open(path, "r");
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
