/** A process that dies in the middle of indexing loses nothing that it said was indexed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { DuckDbEventIndex } from "./event-index.ts";

const CHUNK = 40;

/** Indexes chunk after chunk until it is killed, and says after each where it stands. */
const INDEXING = `
  const { DuckDbEventIndex } = await import(process.argv[2]);
  const index = await DuckDbEventIndex.open(process.argv[3]);
  for (let first = await index.position(); ; first += ${CHUNK}) {
    const names = Array.from({ length: ${CHUNK} }, (_, at) => "name-" + (first + at));
    await index.ingest(first, names.map((name) => Buffer.from(JSON.stringify({ initiator: { name } }))));
    console.log(await index.position());
  }
`;

test(
  "what was said to be indexed survives kill -9, whole chunks only",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "keytrail-kill-"));
    const module = new URL("./event-index.ts", import.meta.url).href;
    const script = join(folder, "indexing.mjs");
    await writeFile(script, INDEXING);
    try {
      for (let round = 1; round <= 4; round++) {
        const child = spawn(process.execPath, [script, module, folder], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const exited = once(child, "exit");
        let said = 0;
        let heard = 0;
        for await (const position of createInterface({ input: child.stdout })) {
          said = Number(position);
          if (heard === 0) {
            // Nor does another process that opens the index meanwhile, by mistake, take it for a broken one.
            await expect(DuckDbEventIndex.open(folder)).rejects.toThrow(/cannot be opened now/);
          }
          if (++heard === round * 3) child.kill("SIGKILL");
        }
        await exited;
        expect(child.signalCode).toBe("SIGKILL");
        const index = await DuckDbEventIndex.open(folder);
        const position = await index.position();
        expect(position).toBeGreaterThanOrEqual(said);
        expect(position % CHUNK).toBe(0);
        expect(await index.count({ plan: { kind: "everything" } })).toBe(position);
        const [facet] = await index.facets(
          { plan: { kind: "everything" } },
          { fields: ["initiator.name"], limit: 1_000 },
        );
        expect(facet?.values.length).toBe(Math.min(1_000, position));
        await index.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
