/** Evidence on disk: reading a folder or an archive of it, and packing a folder into an archive. */
import { createHash, hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { lstat, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-stream";
import { invariant } from "../../kernel/errors.ts";
import { CommandError, EXIT } from "../command.ts";
import { EVIDENCE_FILES, FILE, MAX_EVIDENCE_BYTES, isEvidenceFile } from "./layout.ts";
import type { EvidenceFile, EvidenceFiles } from "./layout.ts";

/** What is wrong with evidence, and in which of its files. */
export interface Problem {
  readonly file: string;
  /** Position of the event in the log, when the fault is of one event. */
  readonly index?: number;
  readonly message: string;
}

export interface ReadEvidence {
  readonly files: EvidenceFiles;
  readonly problems: readonly Problem[];
}

/** Reads a folder or a tar archive. What does not belong to evidence is a problem, never read. */
export async function readEvidence(path: string): Promise<ReadEvidence> {
  const found = await stat(path);
  return found.isDirectory() ? readFolder(path) : readArchive(path, found.size);
}

async function readFolder(dir: string): Promise<ReadEvidence> {
  const files = new Map<EvidenceFile, Uint8Array>();
  const problems: Problem[] = [];
  let sizeBytes = 0;
  for (const name of (await readdir(dir)).toSorted((a, b) => a.localeCompare(b))) {
    const entry = await lstat(join(dir, name));
    if (!isEvidenceFile(name) || !entry.isFile()) problems.push(stranger(name));
    else {
      sizeBytes += entry.size;
      checkSize(sizeBytes);
      files.set(name, await readFile(join(dir, name)));
    }
  }
  return { files, problems };
}

async function readArchive(path: string, sizeBytes: number): Promise<ReadEvidence> {
  checkSize(sizeBytes);
  const bytes = await readFile(path);
  const files = new Map<EvidenceFile, Uint8Array>();
  const problems: Problem[] = [];
  const entries = extract();
  entries.end(bytes);
  try {
    for await (const entry of entries) {
      const { name, type } = entry.header;
      const content = await contentOf(chunksOf(entry));
      if (!isEvidenceFile(name) || type !== "file") problems.push(stranger(name));
      else if (files.has(name))
        problems.push({ file: name, message: "it is in the archive twice" });
      else files.set(name, content);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push({ file: path, message: `the archive cannot be read further: ${why}` });
  }
  // Tar has room between and after its files where bytes mean nothing. None of it may be used to say something.
  if (problems.length === 0 && digest(bytes) !== (await digestOf(packFiles(files)))) {
    problems.push({
      file: path,
      message:
        "the archive's framing is not as keytrail writes it; " +
        "if it was packed again with another tar, unpack it and verify the folder",
    });
  }
  return { files, problems };
}

/** Packs evidence into an archive that must not exist yet: the same files give the same bytes, always. */
export async function writeArchive(files: EvidenceFiles, path: string): Promise<void> {
  await pipeline(Readable.from(packFiles(files)), createWriteStream(path, { flags: "wx" }));
}

/** The content of SHA256SUMS for all other files, in the format of sha256sum. */
export function sumsOf(files: EvidenceFiles): string {
  return EVIDENCE_FILES.filter((name) => name !== FILE.sums)
    .flatMap((name) => {
      const content = files.get(name);
      return content === undefined ? [] : [`${digest(content)}  ${name}\n`];
    })
    .join("");
}

function digest(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hasher = createHash("sha256");
  for await (const chunk of chunks) hasher.update(chunk);
  return hasher.digest("hex");
}

function packFiles(files: EvidenceFiles): AsyncIterable<Uint8Array> {
  const archive = pack();
  for (const name of EVIDENCE_FILES) {
    const content = files.get(name);
    if (content !== undefined) {
      archive.entry({ name, size: content.length, mode: 0o644, mtime: new Date(0) }, content);
    }
  }
  archive.finalize();
  return chunksOf(archive);
}

/** The chunks of one of tar-stream's streams, whose type does not say that they are bytes. */
async function* chunksOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    invariant(chunk instanceof Uint8Array, "tar-stream gives bytes");
    yield chunk;
  }
}

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function stranger(name: string): Problem {
  return { file: name, message: "it is no file of evidence" };
}

function checkSize(sizeBytes: number): void {
  if (sizeBytes <= MAX_EVIDENCE_BYTES) return;
  throw new CommandError(
    EXIT.unavailable,
    `evidence of more than ${MAX_EVIDENCE_BYTES} bytes is not checked in one piece`,
    "Export it again in parts, with --since and --until.",
  );
}
