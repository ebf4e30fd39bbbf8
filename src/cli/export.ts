/** `keytrail export`: takes a part of the trail out of the server, with everything needed to prove it elsewhere. */
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { Transport } from "../client/transport.ts";
import { utf8 } from "../kernel/bytes.ts";
import { NoteError } from "../ledger/note.ts";
import { formatReceipt } from "../ledger/receipt.ts";
import { KeyError } from "../ledger/vkey.ts";
import { policyOfLog, verifyCheckpoint } from "../ledger/witness-policy.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, explainClientError, serverFor } from "./client-options.ts";
import { CommandError, EXIT, UsageError } from "./command.ts";
import type { Command, CommandIo } from "./command.ts";
import { sumsOf, writeArchive } from "./evidence/archive.ts";
import { checkEvidence } from "./evidence/check.ts";
import type { Trust } from "./evidence/check.ts";
import { readExport } from "./evidence/download.ts";
import type { ExportFooter, ExportHeader, ExportedEntry } from "./evidence/download.ts";
import { FILE, MAX_EVIDENCE_BYTES, formatProofLine } from "./evidence/layout.ts";
import type { EvidenceFile, EvidenceFiles } from "./evidence/layout.ts";
import { renderReadme } from "./evidence/readme.ts";
import { describeEvidence, evidenceJson } from "./evidence/report.ts";
import { readNamed } from "./read-file.ts";
import { Progress } from "./progress.ts";
import { momentOf } from "./moment.ts";
import { readTrust, TRUST_OPTIONS } from "./trust.ts";

const USAGE = `Usage: keytrail export --query QUERY --out FILE.tar|FOLDER [options]

Writes the events that match, each with the proof that it is in the log, the log's signed head, and a
README for whoever is to check them. What is written has been verified; nothing is written otherwise.
The export is itself recorded in the trail.

Options:
  --query QUERY        which events, in the language of "keytrail events"; "" for all you may see
  --since TIME         from then on: 2h, 7d, 2026-11-01 or 2026-11-01T09:00:00Z
  --until TIME         before then
  --out PATH           an archive when it ends in .tar, a folder otherwise; must not exist yet
${CLIENT_USAGE}  --log-key VKEY       the log's key as you know it; anything else is refused
  --policy FILE        witnesses that must have cosigned (C2SP tlog-policy); kept with the evidence
  --json               the result as JSON
  --help               this text

Examples:
  keytrail export --query 'target.id:"crn:...:secret:6ebf8b8d"' --out evidence.tar
  keytrail export --query 'action:secrets-manager.secret.read' --since 30d --out november/
  keytrail verify evidence.tar --log-key "$(cat log.vkey)"
`;

export const exportCommand: Command = {
  name: "export",
  summary: "take events out of the trail, with proofs anyone can check",
  usage: USAGE,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...CLIENT_OPTIONS,
      ...TRUST_OPTIONS,
      query: { type: "string" },
      since: { type: "string" },
      until: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { query, out } = values;
  if (query === undefined) throw new UsageError('--query is missing; "" asks for all you may see');
  if (out === undefined) throw new UsageError("--out is missing: where the evidence goes");
  const asked = { query, from: momentOf(values.since), to: momentOf(values.until) };
  const trust = await readTrust(values);
  await refuseExisting(out);

  const draft = new Draft(asked);
  const footer = await download(new Transport(await serverFor(values, io)), draft, io);
  if (values.policy !== undefined) draft.keep(FILE.policy, await readNamed(values.policy));
  const files = draft.finish(footer, trust);

  const report = checkEvidence(files, trust);
  if (report.problems.length > 0) {
    io.stderr.write(describeEvidence(report, "what the server sent"));
    throw new CommandError(
      EXIT.failed,
      "what the server sent does not verify, so nothing was written",
      "A quorum may be met a moment later, when the witnesses have answered: try again. " +
        "Anything else means that this server is not to be trusted, or not the one you think.",
    );
  }
  await write(files, out);
  if (values.json) io.stdout.write(`${JSON.stringify({ out, ...evidenceJson(report) })}\n`);
  else {
    io.stdout.write(describeEvidence(report, out));
    io.stdout.write(
      `Check it again, anywhere: keytrail verify ${out} --log-key "<the log's key>"\n`,
    );
  }
  return EXIT.ok;
}

interface Asked {
  readonly query: string;
  /** RFC 3339. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The files of evidence as they grow while the server sends. Held in memory, as the check needs them. */
class Draft {
  readonly #asked: Asked;
  readonly #events: Uint8Array[] = [];
  readonly #proofs: Uint8Array[] = [];
  readonly #files = new Map<EvidenceFile, Uint8Array>();
  #header: ExportHeader | undefined;
  #sizeBytes = 0;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  get asked(): Asked {
    return this.#asked;
  }

  get expected(): number | undefined {
    return this.#header?.events;
  }

  get received(): number {
    return this.#events.length;
  }

  header(header: ExportHeader): void {
    this.#header = header;
    this.keep(FILE.checkpoint, utf8(header.checkpoint));
    this.keep(FILE.logKey, utf8(`${header.log_vkey}\n`));
  }

  event(entry: ExportedEntry): void {
    const [line, proof] = [utf8(`${entry.line}\n`), utf8(formatProofLine(entry))];
    this.#sizeBytes += line.length + proof.length;
    if (this.#sizeBytes > MAX_EVIDENCE_BYTES) {
      throw new CommandError(
        EXIT.unavailable,
        `the result is larger than ${MAX_EVIDENCE_BYTES} bytes`,
        "Export it in parts, with --since and --until.",
      );
    }
    this.#events.push(line);
    this.#proofs.push(proof);
  }

  keep(name: EvidenceFile, content: Uint8Array): void {
    this.#files.set(name, content);
  }

  finish({ export_event: exported }: ExportFooter, trust: Trust): EvidenceFiles {
    const header = this.#header;
    if (header === undefined) throw new Error("an export is finished after its header");
    this.keep(FILE.events, Buffer.concat(this.#events));
    this.keep(FILE.proofs, Buffer.concat(this.#proofs));
    this.keep(FILE.exportEvent, utf8(exported.line));
    const receipt = formatReceipt({ ...exported, checkpoint: header.checkpoint });
    this.keep(FILE.exportReceipt, utf8(receipt));
    this.keep(FILE.readme, utf8(this.#readme(header, exported.index, trust)));
    this.keep(FILE.sums, utf8(sumsOf(this.#files)));
    return this.#files;
  }

  #readme(header: ExportHeader, exportIndex: number, trust: Trust): string {
    try {
      const policy = trust.policy ?? policyOfLog(trust.logVkey ?? header.log_vkey);
      const checkpoint = verifyCheckpoint(header.checkpoint, policy);
      return renderReadme({ ...this.#asked, events: this.received, checkpoint, exportIndex });
    } catch (error) {
      // The check that follows names what is wrong; a README about it is not needed any more.
      if (error instanceof NoteError || error instanceof KeyError) return "";
      throw error;
    }
  }
}

async function download(server: Transport, draft: Draft, io: CommandIo): Promise<ExportFooter> {
  const parameters = new URLSearchParams();
  if (draft.asked.query !== "") parameters.set("query", draft.asked.query);
  if (draft.asked.from !== undefined) parameters.set("from", draft.asked.from);
  if (draft.asked.to !== undefined) parameters.set("to", draft.asked.to);
  const body = await ask(server, `trail/v1/export?${parameters.toString()}`);
  const progress = new Progress(io, "exporting");
  try {
    return await readExport(body, {
      header: (header) => draft.header(header),
      event: (entry) => {
        draft.event(entry);
        progress.update(draft.received, draft.expected);
      },
    });
  } finally {
    progress.end();
  }
}

async function ask(server: Transport, path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const response = await server.request(path);
    return response.body ?? Readable.from([]);
  } catch (error) {
    throw explainClientError(error, server);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError(`${path} exists already; choose another --out`);
}

/** Written aside and renamed: evidence is there whole or not at all. */
async function write(files: EvidenceFiles, out: string): Promise<void> {
  const path = out.replace(/\/+$/, "");
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    if (out.endsWith(".tar")) await writeArchive(files, aside);
    else await writeFolder(files, aside);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      EXIT.unavailable,
      `cannot write ${out}: ${why}`,
      "Choose another --out.",
    );
  }
}

async function writeFolder(files: EvidenceFiles, dir: string): Promise<void> {
  await mkdir(dir);
  for (const [name, content] of files) {
    const file = await open(join(dir, name), "wx");
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
  }
}
