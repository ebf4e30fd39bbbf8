/**
 * The Merkle tree of RFC 6962, section 2.1 (RFC 9162, 2.1.1), over SHA-256: pure functions, whose only window
 * on the world is a HashReader.
 *
 *   MTH({})     = SHA-256("")
 *   MTH({d})    = SHA-256(0x00 || d)                                   leafHash
 *   MTH(D[0:n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))          nodeHash; k = greatest power of two < n
 *
 * The prefixes keep a leaf from ever passing for a node. Sizes and indexes of our own log are numbers (exact to
 * 2^53); the verifiers also take bigints, because proofs from outside may count up to 2^64.
 */
import { hash as digest } from "node:crypto";
import { createSHA256 } from "hash-wasm";
import { bytesEqual } from "../kernel/bytes.ts";

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Hash = digest("sha256", new Uint8Array(0), "buffer");

// One-shot `hash` is the fastest for leaves, WebAssembly for the 65 bytes of a node, where what a call costs
// outweighs what the hashing costs. Both are synchronous, so one scratch buffer each is enough.
const nodeHasher = await createSHA256();
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;
let leafInput = new Uint8Array(4096);
leafInput[0] = LEAF_PREFIX;

/** SHA-256(0x00 || data). */
export function leafHash(data: Uint8Array): Hash {
  if (leafInput.length <= data.length) {
    leafInput = new Uint8Array(2 * data.length + 1);
    leafInput[0] = LEAF_PREFIX;
  }
  leafInput.set(data, 1);
  return digest("sha256", leafInput.subarray(0, data.length + 1), "buffer");
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return nodeHasher.init().update(nodeInput).digest("binary");
}

/** A complete subtree: MTH(D[index * 2^height : (index + 1) * 2^height]). */
export interface NodeId {
  readonly height: number;
  readonly index: number;
}

/** Where proofs take their hashes from. Answers in the order asked; rejects when it does not have one. */
export interface HashReader {
  readHashes(nodes: readonly NodeId[]): Promise<readonly Hash[]>;
}

/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first, one for each bit of the
 * size. All that appending and computing the root need, whatever the size.
 */
export class CompactRange {
  #size = 0;
  readonly #edge: Hash[] = [];

  /** A range of `size` leaves from the hashes that `edgeOf(size)` names, in that order. */
  static of(size: number, edge: readonly Hash[]): CompactRange {
    if (edge.length !== edgeOf(size).length) throw new RangeError("edge and size do not agree");
    const range = new CompactRange();
    range.#size = size;
    range.#edge.push(...edge);
    return range;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf; `onNode` is told of every complete subtree this completes, from the leaf upwards. */
  append(leaf: Hash, onNode?: (node: NodeId, hash: Hash) => void): void {
    this.appendSubtree(0, leaf, onNode);
  }

  /** Appends 2^height leaves by the root over them; the size must be a multiple of as many. See `append`. */
  appendSubtree(height: number, root: Hash, onNode?: (node: NodeId, hash: Hash) => void): void {
    const leaves = 2 ** height;
    if (this.#size % leaves !== 0)
      throw new RangeError("a complete subtree begins at its own size");
    let node = { height, index: this.#size / leaves };
    let merged = root;
    onNode?.(node, merged);
    for (let left; node.index % 2 === 1 && (left = this.#edge.pop()) !== undefined;) {
      merged = nodeHash(left, merged);
      node = { height: node.height + 1, index: (node.index - 1) / 2 };
      onNode?.(node, merged);
    }
    this.#edge.push(merged);
    this.#size += leaves;
  }

  /** The hashes of the subtrees that `edgeOf(size)` names. */
  edge(): readonly Hash[] {
    return [...this.#edge];
  }

  root(): Hash {
    return this.#edge.length === 0 ? EMPTY_ROOT : foldEdge(this.#edge);
  }
}

/** The complete subtrees that make up a tree of `size` leaves, from left to right. */
export function edgeOf(size: number): NodeId[] {
  return completeSubtrees({ from: 0, to: size });
}

/** The root of a tree of `size` leaves, read by its right edge: one call, at most log2(size) hashes. */
export async function treeRoot(reader: HashReader, size: number): Promise<Hash> {
  if (size === 0) return EMPTY_ROOT;
  return foldEdge(await reader.readHashes(edgeOf(size)));
}

/**
 * RFC 6962, 2.1.1: the audit path of leaf `index` in the tree of `size` leaves, leaf's sibling first. One call to
 * the reader. Throws a RangeError unless 0 <= index < size.
 */
export async function inclusionProof(
  reader: HashReader,
  index: number,
  size: number,
): Promise<Hash[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  return readSpans(reader, siblings(index, { from: 0, to: size }));
}

/**
 * RFC 6962, 2.1.2: the proof that the tree of `size1` leaves is a prefix of the tree of `size2`. Empty when the
 * sizes are equal. One call to the reader. Throws a RangeError unless 1 <= size1 <= size2.
 */
export async function consistencyProof(
  reader: HashReader,
  size1: number,
  size2: number,
): Promise<Hash[]> {
  if (!(size1 >= 1 && size1 <= size2)) throw new RangeError(`${size1} is no prefix of ${size2}`);
  return readSpans(reader, subproof(size1, { from: 0, to: size2 }, true));
}

/** A count of leaves as a verifier takes it: our own numbers, or another log's up to 2^64. */
export type Count = number | bigint;

export interface InclusionClaim {
  readonly index: Count;
  readonly size: Count;
  readonly leaf: Hash;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

/** Whether `proof` shows that the leaf stands at `index` of the tree of `size` leaves with that root. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { leaf, proof, root } = claim;
  const index = BigInt(claim.index);
  const size = BigInt(claim.size);
  if (index < 0n || index >= size || !areHashes([leaf, root, ...proof])) return false;
  const { inner, border } = pathShape(index, size);
  if (proof.length !== inner + border) return false;
  const path = climb(leaf, proof.slice(0, inner), index);
  return bytesEqual(foldLeft(path, proof.slice(inner)), root);
}

export interface ConsistencyClaim {
  readonly size1: Count;
  readonly size2: Count;
  readonly root1: Hash;
  readonly root2: Hash;
  readonly proof: readonly Hash[];
}

/**
 * Whether `proof` shows that the tree of `size2` leaves with `root2` begins with the tree of `size1` with `root1`.
 * False for size1 = 0: every tree begins with the empty one, so there is nothing a proof could say.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { root1, root2, proof } = claim;
  const size1 = BigInt(claim.size1);
  const size2 = BigInt(claim.size2);
  if (size1 < 1n || size2 < size1 || !areHashes([root1, root2, ...proof])) return false;
  if (size1 === size2) return proof.length === 0 && bytesEqual(root1, root2);

  // Both roots are climbed to from one node: the largest complete subtree at the right end of the smaller tree.
  // When that is the whole smaller tree (a power of two), its root is the seed and the proof leaves it out.
  const { inner: fullInner, border } = pathShape(size1 - 1n, size2);
  const shift = trailingZeros(size1);
  const inner = fullInner - shift;
  const isWhole = size1 === 1n << BigInt(shift);
  const [seed, rest] = isWhole ? [root1, proof] : [proof[0], proof.slice(1)];
  if (seed === undefined || rest.length !== inner + border) return false;
  const position = (size1 - 1n) >> BigInt(shift);
  const innerPart = rest.slice(0, inner);
  const borderPart = rest.slice(inner);

  // The smaller tree knows only what stood to the left of the seed: the siblings at the 1 bits.
  const known = innerPart.filter((_, level) => ((position >> BigInt(level)) & 1n) === 1n);
  const first = foldLeft(foldLeft(seed, known), borderPart);
  const second = foldLeft(climb(seed, innerPart, position), borderPart);
  return bytesEqual(first, root1) && bytesEqual(second, root2);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The greatest power of two below `n`, for n >= 2. */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** PATH(m, D[n]) of RFC 6962 as spans of leaves: the siblings from the leaf upwards. */
function siblings(index: number, span: Span): Span[] {
  if (span.to - span.from === 1) return [];
  const { left, right } = halves(span);
  return index < left.to ? [...siblings(index, left), right] : [...siblings(index, right), left];
}

/** SUBPROOF(m, D[n], b) of RFC 6962 as spans; `size1` counts from the start of the whole tree. */
function subproof(size1: number, span: Span, isKnown: boolean): Span[] {
  if (size1 === span.to) return isKnown ? [] : [span];
  const { left, right } = halves(span);
  return size1 <= left.to
    ? [...subproof(size1, left, isKnown), right]
    : [...subproof(size1, right, false), left];
}

function halves(span: Span): { readonly left: Span; readonly right: Span } {
  const middle = span.from + splitPoint(span.to - span.from);
  return { left: { from: span.from, to: middle }, right: { from: middle, to: span.to } };
}

/** A span that a proof asks for, as complete subtrees: more than one only at the right edge of the tree. */
function completeSubtrees(span: Span): NodeId[] {
  const nodes: NodeId[] = [];
  let from = span.from;
  while (from < span.to) {
    let height = 0;
    while (2 ** (height + 1) <= span.to - from) height += 1;
    nodes.push({ height, index: from / 2 ** height });
    from += 2 ** height;
  }
  return nodes;
}

async function readSpans(reader: HashReader, spans: readonly Span[]): Promise<Hash[]> {
  const parts = spans.map(completeSubtrees);
  const hashes = await reader.readHashes(parts.flat());
  let taken = 0;
  return parts.map((part) => foldEdge(hashes.slice(taken, (taken += part.length))));
}

/** The root over complete subtrees of falling height. */
function foldEdge(edge: readonly Hash[]): Hash {
  return edge.reduceRight((right, left) => nodeHash(left, right));
}

/** The lower steps of a path, where the bits of the position tell left from right, and the steps after them. */
function pathShape(
  index: bigint,
  size: bigint,
): { readonly inner: number; readonly border: number } {
  const inner = bitLength(index ^ (size - 1n));
  return { inner, border: countOnes(index >> BigInt(inner)) };
}

function climb(start: Hash, proof: readonly Hash[], position: bigint): Hash {
  return proof.reduce(
    (hash, sibling, level) =>
      ((position >> BigInt(level)) & 1n) === 0n ? nodeHash(hash, sibling) : nodeHash(sibling, hash),
    start,
  );
}

/** Past the inner part the node is always the right child: everything else stands to its left. */
function foldLeft(start: Hash, proof: readonly Hash[]): Hash {
  return proof.reduce((hash, sibling) => nodeHash(sibling, hash), start);
}

function areHashes(hashes: readonly Hash[]): boolean {
  return hashes.every((each) => each.length === HASH_BYTES);
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function countOnes(value: bigint): number {
  return value.toString(2).replaceAll("0", "").length;
}

function trailingZeros(value: bigint): number {
  const digits = value.toString(2);
  return digits.length - 1 - digits.lastIndexOf("1");
}
