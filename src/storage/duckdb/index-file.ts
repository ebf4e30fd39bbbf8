/** The file of the search index: made, opened, thrown away. */
import { rm } from "node:fs/promises";
import { Outage } from "../../kernel/errors.ts";
import { IndexBroken } from "../../search/event-index.ts";
import { Database } from "./database.ts";
import type { Ask } from "./database.ts";
import { CREATE_EVENTS, CREATE_TERMS, FORM, TERM_COLUMNS } from "./schema.ts";

export interface IndexFile {
  readonly database: Database;
  /** Entries in it. */
  readonly position: number;
  /** The first free number of each dictionary. */
  readonly next: readonly number[];
}

/** Reasons for which a sound file cannot be opened. It is not ours to delete then: another process may use it. */
const NOT_THE_FILE = /\block\b|permission denied|no space|too many open files|out of memory/i;

/** Whether a file that could not be opened may be a good one for all that. */
export function mayBeSound(error: unknown): boolean {
  return error instanceof Error && NOT_THE_FILE.test(error.message);
}

/**
 * Opens the index, or makes another one in the place of a file that is no index of ours. Outage when the file may
 * be sound but cannot be opened now, above all because another process has it.
 */
export async function openOrReplace(file: string): Promise<IndexFile> {
  try {
    return await openExisting(file);
  } catch (error) {
    if (mayBeSound(error)) {
      throw new Outage("The search index cannot be opened now", { cause: error });
    }
  }
  await discard(file);
  return create(file);
}

/** Throws when there is no index in the file, when it cannot be read, and when it is of another form. */
export async function openExisting(file: string): Promise<IndexFile> {
  const database = await Database.open(file);
  try {
    return await database.read(async (ask) => {
      const [form] = await ask("select text from form");
      if (form?.[0] !== FORM) throw new IndexBroken("The index was written in another form");
      const [row] = await ask("select coalesce(max(seq) + 1, 0) from events");
      return { database, position: Number(row?.[0]), next: await nextNumbers(ask) };
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

export async function discard(file: string): Promise<void> {
  for (const part of [file, `${file}.wal`, `${file}.tmp`]) {
    await rm(part, { force: true, recursive: true });
  }
}

async function create(file: string): Promise<IndexFile> {
  const database = await Database.open(file);
  await database.writer.run("begin");
  await database.writer.run(CREATE_EVENTS);
  await database.writer.run(CREATE_TERMS);
  await database.writer.run("create table form (text varchar)");
  await database.writer.run("insert into form values ($1)", [FORM]);
  await database.writer.run("commit");
  return { database, position: 0, next: [] };
}

async function nextNumbers(ask: Ask): Promise<readonly number[]> {
  const next = TERM_COLUMNS.map(() => 0);
  for (const [field, free] of await ask("select field, max(id) + 1 from terms group by field")) {
    next[Number(field)] = Number(free);
  }
  return next;
}
