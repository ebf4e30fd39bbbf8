/**
 * Checking evidence: every byte of it is accounted for, every event is in the log whose head is signed, and the
 * events' own counts say which histories are whole. Needs nothing but the files and, to mean anything, a key or a
 * policy that did not come with them.
 */
import { fromUtf8 } from "../../kernel/bytes.ts";
import { leafHash, verifyInclusion } from "../../ledger/merkle.ts";
import { NoteError } from "../../ledger/note.ts";
import { ReceiptError, parseReceipt, verifyReceipt } from "../../ledger/receipt.ts";
import type { Receipt } from "../../ledger/receipt.ts";
import { splitLines } from "../../ledger/segment.ts";
import { KeyError } from "../../ledger/vkey.ts";
import {
  PolicyError,
  parsePolicy,
  policyOfLog,
  verifyCheckpoint,
  withLog,
} from "../../ledger/witness-policy.ts";
import type { Policy, VerifiedCheckpoint } from "../../ledger/witness-policy.ts";
import { sumsOf } from "./archive.ts";
import type { Problem } from "./archive.ts";
import { ExportRecord } from "./export-record.ts";
import { PartialHistories, readCounts } from "./histories.ts";
import type { History, Totals } from "./histories.ts";
import { EVIDENCE_FILES, FILE, OPTIONAL_FILES, parseJson, proofLine } from "./layout.ts";
import type { EvidenceFile, EvidenceFiles, ProofLine } from "./layout.ts";

/** After this many, evidence is bad enough. */
export const MAX_PROBLEMS = 100;

const NEWLINE = 0x0a;
/** A line of SHA256SUMS is 64 hex digits, two spaces and the name. */
const SUM_NAME_AT = 66;
const NO_TOTALS: Totals = { target: new Map(), initiator: new Map() };

/** What the person who checks knows already, from elsewhere than the evidence. */
export interface Trust {
  readonly logVkey?: string;
  readonly policy?: Policy;
}

/** Whose word the log's key is taken on: the checker's, or the evidence's own, which proves nothing by itself. */
export type KeySource = "given" | "evidence";

export interface EvidenceReport {
  /** Empty when everything verifies; in the order found, at most MAX_PROBLEMS. */
  readonly problems: readonly Problem[];
  readonly events: number;
  readonly checkpoint: VerifiedCheckpoint | undefined;
  readonly keySource: KeySource;
  readonly policySource: KeySource | undefined;
  readonly exportRecord: ExportRecord | undefined;
  readonly histories: readonly History[];
}

export function checkEvidence(
  files: EvidenceFiles,
  trust: Trust = {},
  onEvent: (done: number, of: number) => void = () => undefined,
): EvidenceReport {
  return new EvidenceCheck(files, trust).run(onEvent);
}

interface Believed {
  readonly policy: Policy;
  /** Undefined when nobody names witnesses. */
  readonly policySource: KeySource | undefined;
  readonly keySource: KeySource;
}

class EvidenceCheck {
  readonly #files: EvidenceFiles;
  readonly #trust: Trust;
  readonly #problems: Problem[] = [];
  readonly #histories = new PartialHistories();
  #export: ExportRecord | undefined;

  constructor(files: EvidenceFiles, trust: Trust) {
    this.#files = files;
    this.#trust = trust;
  }

  run(onEvent: (done: number, of: number) => void): EvidenceReport {
    this.#checkFiles();
    const believed = this.#policy();
    const checkpoint = believed && this.#checkpoint(believed.policy);
    if (believed && checkpoint) this.#exportEvent(believed.policy);
    const events = checkpoint ? this.#events(checkpoint, onEvent) : 0;
    const histories = this.#histories.histories(this.#export?.totals ?? NO_TOTALS);
    // Counted last: the export's own record comes after all that it exports, and is no part of it.
    this.#checkExportRecord(events);
    return {
      problems: this.#problems,
      events,
      checkpoint,
      keySource: believed?.keySource ?? "evidence",
      policySource: believed?.policySource,
      exportRecord: this.#export,
      histories,
    };
  }

  /** All files are there, and are what SHA256SUMS says, which has one form only. */
  #checkFiles(): void {
    for (const name of EVIDENCE_FILES) {
      if (!this.#files.has(name) && !OPTIONAL_FILES.has(name)) this.#fail(name, "it is missing");
    }
    const stated = this.#text(FILE.sums)?.split("\n");
    if (stated === undefined) return;
    const actual = sumsOf(this.#files).split("\n");
    for (const [i, line] of actual.entries()) {
      if (stated[i] === line) continue;
      const name = line.slice(SUM_NAME_AT);
      if (name === "" || name !== stated[i]?.slice(SUM_NAME_AT)) {
        return this.#fail(FILE.sums, "it does not list exactly the files that are here");
      }
      this.#fail(name, `its SHA-256 is not the one in ${FILE.sums}`);
    }
    if (stated.length > actual.length) this.#fail(FILE.sums, "it lists more than the files here");
  }

  #policy(): Believed | undefined {
    const { logVkey, policy } = this.#trust;
    const ownVkey = this.#text(FILE.logKey)?.trimEnd();
    const known = logVkey ?? (policy?.logs.length === 1 ? policy.logs[0]?.vkey : undefined);
    if (known !== undefined && ownVkey !== undefined && ownVkey !== known) {
      this.#fail(FILE.logKey, "it is not the log's key that you gave");
    }
    const keySource =
      logVkey !== undefined || (policy?.logs.length ?? 0) > 0 ? "given" : "evidence";
    const vkey = logVkey ?? ownVkey;
    if (vkey === undefined) return policy && { policy, policySource: "given", keySource };
    try {
      const ownLog = policyOfLog(vkey);
      if (policy !== undefined) {
        return { policy: withLog(policy, vkey), policySource: "given", keySource };
      }
      const own = this.#text(FILE.policy);
      if (own === undefined) return { policy: ownLog, policySource: undefined, keySource };
      const ownPolicy = { ...parsePolicy(own), logs: ownLog.logs };
      return { policy: ownPolicy, policySource: "evidence", keySource };
    } catch (error) {
      if (error instanceof KeyError) this.#fail(FILE.logKey, error.message);
      else if (error instanceof PolicyError) this.#fail(FILE.policy, error.message);
      else throw error;
      return undefined;
    }
  }

  #checkpoint(policy: Policy): VerifiedCheckpoint | undefined {
    const note = this.#text(FILE.checkpoint);
    if (note === undefined) return undefined;
    try {
      const checkpoint = verifyCheckpoint(note, policy);
      const { logVkey } = this.#trust;
      if (logVkey === undefined || checkpoint.logVkey === logVkey) return checkpoint;
      this.#fail(
        FILE.checkpoint,
        "it is signed by another log of the policy than the one you gave",
      );
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      this.#fail(FILE.checkpoint, error.message);
    }
    return undefined;
  }

  #events(checkpoint: VerifiedCheckpoint, onEvent: (done: number, of: number) => void): number {
    const lines = this.#lines(FILE.events);
    const proofs = this.#lines(FILE.proofs);
    if (lines.length !== proofs.length) {
      this.#fail(FILE.proofs, `it has ${proofs.length} proofs for ${lines.length} events`);
    }
    let last = -1;
    for (const [i, line] of lines.entries()) {
      const proof = this.#proof(proofs[i], i);
      if (proof !== undefined) {
        if (proof.index <= last)
          this.#fail(FILE.proofs, `line ${i + 1} is out of order`, proof.index);
        last = Math.max(last, proof.index);
        this.#event(checkpoint, line, proof);
      }
      if (this.#problems.length >= MAX_PROBLEMS) break;
      onEvent(i + 1, lines.length);
    }
    return lines.length;
  }

  #event(checkpoint: VerifiedCheckpoint, line: Uint8Array, { index, proof }: ProofLine): void {
    const { size, root } = checkpoint;
    if (!verifyInclusion({ index, size, leaf: leafHash(line), proof, root })) {
      this.#fail(
        FILE.events,
        `event ${index} is not the log's: it, or its proof, was changed`,
        index,
      );
      return;
    }
    this.#count(FILE.events, index, line);
  }

  #count(file: EvidenceFile, index: number, line: Uint8Array): void {
    const counts = readCounts(line);
    const fault =
      typeof counts === "string"
        ? counts
        : (this.#histories.take(counts) ?? this.#export?.contradiction(index, counts));
    if (fault !== undefined) this.#fail(file, `event ${index}: ${fault}`, index);
  }

  #proof(line: Uint8Array | undefined, position: number): ProofLine | undefined {
    if (line === undefined) return undefined;
    const parsed = proofLine.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
    this.#fail(FILE.proofs, `line ${position + 1} is not {"index": …, "proof": […]}`);
    return undefined;
  }

  #exportEvent(policy: Policy): void {
    const line = this.#files.get(FILE.exportEvent);
    const receipt = this.#exportReceipt();
    if (line === undefined || receipt === undefined) return;
    if (receipt.checkpoint !== this.#text(FILE.checkpoint)) {
      this.#fail(FILE.exportReceipt, "its checkpoint is not the one in the file checkpoint");
      return;
    }
    try {
      verifyReceipt({ receipt, leaf: line, policy });
      this.#export = ExportRecord.parse(receipt.index, line);
      if (this.#export === undefined) {
        this.#fail(FILE.exportEvent, "it is not the log's record of an export", receipt.index);
      }
    } catch (error) {
      if (!(error instanceof ReceiptError || error instanceof NoteError)) throw error;
      this.#fail(FILE.exportEvent, error.message, receipt.index);
    }
  }

  #checkExportRecord(events: number): void {
    const line = this.#files.get(FILE.exportEvent);
    if (this.#export === undefined || line === undefined) return;
    const { index, exportedCount } = this.#export;
    this.#count(FILE.exportEvent, index, line);
    if (exportedCount !== undefined && exportedCount !== events) {
      const message = `it has ${events} events; the log recorded an export of ${exportedCount}`;
      this.#fail(FILE.events, message);
    }
  }

  #exportReceipt(): Receipt | undefined {
    const text = this.#text(FILE.exportReceipt);
    if (text === undefined) return undefined;
    try {
      return parseReceipt(text);
    } catch (error) {
      if (!(error instanceof ReceiptError)) throw error;
      this.#fail(FILE.exportReceipt, error.message);
      return undefined;
    }
  }

  #lines(name: EvidenceFile): readonly Uint8Array[] {
    const bytes = this.#files.get(name);
    if (bytes === undefined || bytes.length === 0) return [];
    if (bytes.at(-1) !== NEWLINE) this.#fail(name, "it does not end with a newline: it was cut");
    return splitLines(bytes);
  }

  #text(name: EvidenceFile): string | undefined {
    const bytes = this.#files.get(name);
    if (bytes === undefined) return undefined;
    try {
      return fromUtf8(bytes);
    } catch {
      this.#fail(name, "it is not UTF-8");
      return undefined;
    }
  }

  #fail(file: string, message: string, index?: number): void {
    const isKnown = this.#problems.some((p) => p.file === file && p.message === message);
    if (isKnown || this.#problems.length >= MAX_PROBLEMS) return;
    this.#problems.push({ file, message, ...(index !== undefined && { index }) });
  }
}
