/** A recorded log, and evidence of all twelve events on one of its secrets, as an archive and as a folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportCommand } from "../../src/cli/export.ts";
import { RecordedLog } from "./recorded-log.ts";
import { run } from "./run.ts";
import { serve } from "./serve.ts";

export interface RecordedEvidence {
  readonly root: string;
  readonly log: RecordedLog;
  readonly archive: string;
  readonly folder: string;
  close(): Promise<void>;
}

export async function recordEvidence(): Promise<RecordedEvidence> {
  const root = await mkdtemp(join(tmpdir(), "keytrail-evidence-"));
  const log = await RecordedLog.open(join(root, "data"));
  await log.recordMany(
    Array.from({ length: 60 }, (_, i) => ({
      target: `secret-${i % 5}`,
      initiator: `user-${i % 2}`,
    })),
  );
  const ofSecret2 = log.exportHandler((line) => line.includes('"id":"secret-2"'));
  const server = await serve(ofSecret2);
  const archive = join(root, "evidence.tar");
  const folder = join(root, "evidence");
  for (const out of [folder, archive]) {
    const { code, stderr } = await run(exportCommand, [
      "--query",
      "q",
      "--out",
      out,
      "--url",
      server.url,
    ]);
    if (code !== 0) throw new Error(stderr);
  }
  await server.close();
  return {
    root,
    log,
    archive,
    folder,
    async close() {
      await log.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
