/**
 * Evidence: a part of the trail that proves itself, as a folder or a tar archive of it.
 *
 *     README.md                  what this is and how to check it, for somebody who has never heard of it
 *     events.ndjson              the events, each line exactly as it is hashed into the log
 *     proofs.ndjson              for each line of events.ndjson: {"index": …, "proof": […]}, RFC 6962 section 2.1.1
 *     checkpoint                 the log's signed head (C2SP tlog-checkpoint) that all proofs lead to
 *     log.vkey                   the key that signed it, to be compared with one known from elsewhere
 *     export-event.json          the log's own record of this export: who asked what, and the totals at that moment
 *     export-event.tlog-proof    its receipt (C2SP tlog-proof)
 *     policy                     optional: the witnesses that the exporter expects (C2SP tlog-policy)
 *     SHA256SUMS                 of all other files: `sha256sum -c SHA256SUMS`
 */
import { z } from "zod";
import { fromBase64, fromUtf8, toBase64 } from "../../kernel/bytes.ts";
import { HASH_BYTES } from "../../ledger/merkle.ts";
import type { Hash } from "../../ledger/merkle.ts";
import { MAX_INCLUSION_PROOF } from "../../ledger/receipt.ts";

export const FILE = {
  readme: "README.md",
  events: "events.ndjson",
  proofs: "proofs.ndjson",
  checkpoint: "checkpoint",
  logKey: "log.vkey",
  exportEvent: "export-event.json",
  exportReceipt: "export-event.tlog-proof",
  policy: "policy",
  sums: "SHA256SUMS",
} as const;

export type EvidenceFile = (typeof FILE)[keyof typeof FILE];

/** In the order in which they stand in an archive. */
export const EVIDENCE_FILES: readonly EvidenceFile[] = Object.values(FILE);
export const OPTIONAL_FILES: ReadonlySet<EvidenceFile> = new Set([FILE.policy]);

/** All of it is held in memory to be checked: some 400,000 events. */
export const MAX_EVIDENCE_BYTES = 1024 ** 3;

export type EvidenceFiles = ReadonlyMap<EvidenceFile, Uint8Array>;

export function isEvidenceFile(name: string): name is EvidenceFile {
  return EVIDENCE_FILES.some((file) => file === name);
}

/** A line of proofs.ndjson. */
export interface ProofLine {
  readonly index: number;
  readonly proof: readonly Hash[];
}

/** A hash as standard base64; anything that is not 32 bytes of it is refused. */
export const hashText = z.string().transform((text, context): Hash => {
  const bytes = fromBase64(text);
  if (bytes?.length === HASH_BYTES) return bytes;
  context.addIssue({ code: "custom", message: "not a hash in base64" });
  return z.NEVER;
});

export const proofLine = z.strictObject({
  index: z.int().nonnegative(),
  proof: z.array(hashText).max(MAX_INCLUSION_PROOF),
});

export function formatProofLine({ index, proof }: ProofLine): string {
  return `${JSON.stringify({ index, proof: proof.map(toBase64) })}\n`;
}

/** Undefined for what is not JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}
