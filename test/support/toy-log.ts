/** A log in memory with a real tree and a real key: what tests of proofs, receipts and witnesses stand on. */
import { signCheckpoint } from "../../src/ledger/checkpoint.ts";
import type { SignedCheckpoint } from "../../src/ledger/checkpoint.ts";
import {
  CompactRange,
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
} from "../../src/ledger/merkle.ts";
import type { Hash, HashReader, NodeId } from "../../src/ledger/merkle.ts";
import { Ed25519Signer } from "../../src/ledger/note.ts";
import { utf8 } from "../../src/kernel/bytes.ts";

export class ToyLog {
  readonly signer: Ed25519Signer;
  readonly #leaves: Hash[] = [];

  constructor(origin = "log.example/toy", signer = Ed25519Signer.generate(origin)) {
    this.signer = signer;
  }

  get size(): number {
    return this.#leaves.length;
  }

  append(...entries: readonly (string | Uint8Array)[]): this {
    this.#leaves.push(
      ...entries.map((entry) => leafHash(typeof entry === "string" ? utf8(entry) : entry)),
    );
    return this;
  }

  /** Adds that many entries, `entry 0`, `entry 1`, … counted by position, with a suffix. */
  grow(count: number, suffix = ""): this {
    for (let i = 0; i < count; i++) this.append(`entry ${this.size}${suffix}`);
    return this;
  }

  root(size = this.size): Hash {
    const range = new CompactRange();
    for (const leaf of this.#leaves.slice(0, size)) range.append(leaf);
    return range.root();
  }

  checkpoint(size = this.size): Promise<SignedCheckpoint> {
    const head = { origin: this.signer.name, size, root: this.root(size) };
    return signCheckpoint(head, this.signer);
  }

  inclusionProof(index: number, size = this.size): Promise<Hash[]> {
    return inclusionProof(this.#reader, index, size);
  }

  consistencyProof(size1: number, size2 = this.size): Promise<Hash[]> {
    return consistencyProof(this.#reader, size1, size2);
  }

  readonly #reader: HashReader = {
    readHashes: async (nodes) => nodes.map((node) => this.#hashOf(node)),
  };

  #hashOf({ height, index }: NodeId): Hash {
    if (height === 0) return this.#leaves[index]!;
    const below = { height: height - 1, index: 2 * index };
    return nodeHash(this.#hashOf(below), this.#hashOf({ ...below, index: 2 * index + 1 }));
  }
}
