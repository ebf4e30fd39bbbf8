/** The file of the search index: made, opened, thrown away. */
import { rm } from "node:fs/promises";
import { IndexBroken } from "../../search/event-index.ts";
import type { Dictionaries } from "./chunk-worker.ts";
import { Database } from "./database.ts";
import type { Ask } from "./database.ts";
import { CREATE_EVENTS, CREATE_TERMS, FORM, TERM_COLUMNS } from "./schema.ts";
import { REMEMBERED_TERMS } from "./term-numbers.ts";
import type { Term } from "./term-numbers.ts";

export interface IndexFile {
  readonly database: Database;
  /** Entries in it. */
  readonly position: number;
  readonly dictionaries: Dictionaries;
}

export async function openOrReplace(file: string): Promise<IndexFile> {
  try {
    return await openExisting(file);
  } catch {
    // Whatever is wrong with it, another one can be made; if that fails too, its reason is the one to report.
    await discard(file);
    return create(file);
  }
}

/** Throws when there is no index in the file, when it cannot be read, and when it is of another form. */
export async function openExisting(file: string): Promise<IndexFile> {
  const database = await Database.open(file);
  try {
    return await database.read(async (ask) => {
      const [form] = await ask("select text from form");
      if (form?.[0] !== FORM) throw new IndexBroken("The index was written in another form");
      const [row] = await ask("select coalesce(max(seq) + 1, 0) from events");
      return { database, position: Number(row?.[0]), dictionaries: await dictionariesOf(ask) };
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
  return { database, position: 0, dictionaries: { next: [], recent: [] } };
}

/** The next free numbers, and the newest terms of each dictionary, oldest first: as the writer left them. */
async function dictionariesOf(ask: Ask): Promise<Dictionaries> {
  const next = TERM_COLUMNS.map(() => 0);
  for (const [field, free] of await ask("select field, max(id) + 1 from terms group by field")) {
    next[Number(field)] = Number(free);
  }
  const oldest = next.map(
    (free, field) => `(field = ${field} and id >= ${free - REMEMBERED_TERMS})`,
  );
  const rows = await ask(
    `select field, id, folded, written from terms where ${oldest.join(" or ")} order by id`,
  );
  const recent = rows.map(([field, id, folded, written]): Term => ({
    field: Number(field),
    id: Number(id),
    folded: typeof folded === "string" ? folded : "",
    written: typeof written === "string" ? written : null,
  }));
  return { next, recent };
}
