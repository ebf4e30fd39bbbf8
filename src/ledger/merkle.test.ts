import { hash as digest } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../kernel/bytes.ts";
import {
  CompactRange,
  EMPTY_ROOT,
  type Hash,
  type HashReader,
  consistencyProof,
  edgeOf,
  inclusionProof,
  leafHash,
  nodeHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";

/** RFC 6962's definition, word by word: what everything else is compared with. */
function mth(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** Answers from all leaves, and insists on being asked once for a proof, within the tree. */
class WholeTree implements HashReader {
  readonly #leaves: readonly Hash[];
  calls = 0;

  constructor(leaves: readonly Hash[]) {
    this.#leaves = leaves;
  }

  readHashes(nodes: readonly { height: number; index: number }[]): Promise<Hash[]> {
    this.calls += 1;
    return Promise.resolve(
      nodes.map(({ height, index }) => {
        const to = (index + 1) * 2 ** height;
        expect(to).toBeLessThanOrEqual(this.#leaves.length);
        return mth(this.#leaves.slice(index * 2 ** height, to));
      }),
    );
  }
}

const numbered = (count: number): Hash[] =>
  Array.from({ length: count }, (_, i) => leafHash(utf8(`entry ${i}`)));

/** The eight leaves used by every certificate transparency implementation, and the root at each size. */
const CLASSIC_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => fromHex(hex)!);
const CLASSIC_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("hashing", () => {
  it("gives the published hashes of a leaf, of the empty leaf and of a node", () => {
    expect(toHex(leafHash(utf8("L123456")))).toBe(
      "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
    );
    expect(toHex(leafHash(new Uint8Array(0)))).toBe(CLASSIC_ROOTS[1]);
  });

  it("hashes a node as 0x01, left, right", () => {
    const left = leafHash(utf8("left"));
    const right = leafHash(utf8("right"));
    const expected = digest("sha256", Buffer.concat([Uint8Array.of(1), left, right]));
    expect(toHex(nodeHash(left, right))).toBe(expected);
    expect(toHex(nodeHash(right, left))).not.toBe(expected);
  });

  it("hashes a leaf of the longest length as it hashes a short one after it", () => {
    const long = leafHash(new Uint8Array(65_535));
    expect(leafHash(new Uint8Array(65_535))).toEqual(long);
    expect(toHex(leafHash(new Uint8Array(0)))).toBe(CLASSIC_ROOTS[1]);
  });

  it("gives the known root at each size of the eight classic leaves", () => {
    const range = new CompactRange();
    const roots = [toHex(range.root())];
    for (const leaf of CLASSIC_LEAVES) {
      range.append(leafHash(leaf));
      roots.push(toHex(range.root()));
    }
    expect(roots).toEqual(CLASSIC_ROOTS);
  });
});

describe("the right edge", () => {
  it("has the root of the definition at every size, also when taken up from its edge", async () => {
    const leaves = numbered(130);
    const range = new CompactRange();
    for (const [size, leaf] of leaves.entries()) {
      const reader = new WholeTree(leaves.slice(0, size));
      const expected = mth(leaves.slice(0, size));
      expect(range.root()).toEqual(expected);
      expect(await treeRoot(reader, size)).toEqual(expected);
      const again = CompactRange.of(size, await reader.readHashes(edgeOf(size)));
      again.append(leaf);
      range.append(leaf);
      expect(again.root()).toEqual(range.root());
    }
  });

  it("tells of every complete subtree once, with its hash", () => {
    const leaves = numbered(37);
    const seen = new Map<string, Hash>();
    const range = new CompactRange();
    for (const leaf of leaves) {
      range.append(leaf, ({ height, index }, hash) => {
        expect(seen.has(`${height}/${index}`)).toBe(false);
        seen.set(`${height}/${index}`, hash);
      });
    }
    expect(seen.size).toBe(37 + 18 + 9 + 4 + 2 + 1);
    expect(seen.get("3/2")).toEqual(mth(leaves.slice(16, 24)));
  });
});

describe("proofs", () => {
  const SIZES = 70;
  const leaves = numbered(SIZES);
  const roots = Array.from({ length: SIZES + 1 }, (_, size) => mth(leaves.slice(0, size)));

  it("show every leaf in every tree, with one call to the reader", async () => {
    for (let size = 1; size <= SIZES; size++) {
      const reader = new WholeTree(leaves.slice(0, size));
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(reader, index, size);
        const claim = { index, size, leaf: leaves[index]!, proof, root: roots[size]! };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...claim, leaf: leaves[(index + 1) % SIZES]! })).toBe(false);
      }
      expect(reader.calls).toBe(size);
    }
  });

  it("show every tree to begin with every smaller one, with one call to the reader", async () => {
    for (let size2 = 1; size2 <= SIZES; size2++) {
      const reader = new WholeTree(leaves.slice(0, size2));
      for (let size1 = 1; size1 <= size2; size1++) {
        const proof = await consistencyProof(reader, size1, size2);
        const claim = { size1, size2, root1: roots[size1]!, root2: roots[size2]!, proof };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, root1: roots[size1 - 1]! })).toBe(false);
        expect(verifyConsistency({ ...claim, root2: roots[size2 - 1]! })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, roots[1]!] })).toBe(false);
      }
    }
  });

  it("are refused when any byte is wrong, a hash is missing, or two siblings are swapped", async () => {
    const size = 43;
    const reader = new WholeTree(leaves.slice(0, size));
    const inclusion = await inclusionProof(reader, 21, size);
    const consistency = await consistencyProof(reader, 21, size);
    const included = (proof: readonly Hash[]): boolean =>
      verifyInclusion({ index: 21, size, leaf: leaves[21]!, proof, root: roots[size]! });
    const consistent = (proof: readonly Hash[]): boolean =>
      verifyConsistency({ size1: 21, size2: size, root1: roots[21]!, root2: roots[size]!, proof });
    for (const [proof, verify] of [
      [inclusion, included],
      [consistency, consistent],
    ] as const) {
      expect(verify(proof)).toBe(true);
      expect(verify(proof.slice(1))).toBe(false);
      expect(verify(proof.slice(0, -1))).toBe(false);
      expect(verify([...proof.slice(0, -1), proof.at(-1)!.slice(0, 31)])).toBe(false);
      for (let i = 0; i < proof.length; i++) {
        for (let byte = 0; byte < 32; byte++) {
          const wrong = proof.map((hash) => Uint8Array.from(hash));
          wrong[i]![byte]! ^= 1;
          expect(verify(wrong)).toBe(false);
        }
        const j = (i + 1) % proof.length;
        const swapped = proof.map((hash, k) => (k === i ? proof[j]! : k === j ? proof[i]! : hash));
        expect(verify(swapped)).toBe(false);
      }
    }
  });

  it("of one tree are refused for a tree of another size", async () => {
    const reader = new WholeTree(leaves.slice(0, 64));
    const proof = await inclusionProof(reader, 5, 64);
    const claim = { index: 5, size: 64, leaf: leaves[5]!, proof, root: roots[64]! };
    expect(verifyInclusion(claim)).toBe(true);
    // 33 to 64 leaves give leaf 5 a path of the same shape, and so the same path proves it: what tells such trees
    // apart is the root, which the size is signed together with.
    for (const size of [0, 1, 5, 6, 32, 65, 128, 2n ** 64n - 1n]) {
      expect(verifyInclusion({ ...claim, size })).toBe(false);
    }
  });

  it("about nothing are refused: the empty tree, a smaller second tree, a negative index", () => {
    const root = roots[1]!;
    expect(
      verifyConsistency({ size1: 0, size2: 1, root1: EMPTY_ROOT, root2: root, proof: [] }),
    ).toBe(false);
    expect(verifyConsistency({ size1: 2, size2: 1, root1: root, root2: root, proof: [] })).toBe(
      false,
    );
    expect(verifyInclusion({ index: -1, size: 1, leaf: root, proof: [], root })).toBe(false);
    expect(verifyInclusion({ index: 0, size: 0, leaf: root, proof: [], root })).toBe(false);
  });

  it("can be counted beyond what a number holds", () => {
    // A tree of 2^63 equal leaves: each level's hash is known without the leaves.
    let node = leafHash(utf8("same"));
    const leaf = node;
    const proof: Hash[] = [];
    for (let level = 0; level < 63; level++) {
      proof.push(node);
      node = nodeHash(node, node);
    }
    const index = 2n ** 62n + 12_345n;
    expect(verifyInclusion({ index, size: 2n ** 63n, leaf, proof, root: node })).toBe(true);
    expect(verifyInclusion({ index, size: 2n ** 62n, leaf, proof, root: node })).toBe(false);
  });

  it("hold for trees of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 600 }),
        fc.nat(),
        fc.nat(),
        async (size2, a, b) => {
          const all = numbered(size2);
          const reader = new WholeTree(all);
          const size1 = (a % size2) + 1;
          const index = b % size2;
          const root2 = mth(all);
          const consistency = await consistencyProof(reader, size1, size2);
          const root1 = mth(all.slice(0, size1));
          expect(verifyConsistency({ size1, size2, root1, root2, proof: consistency })).toBe(true);
          const proof = await inclusionProof(reader, index, size2);
          expect(
            verifyInclusion({ index, size: size2, leaf: all[index]!, proof, root: root2 }),
          ).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("for what is not there are a RangeError", async () => {
    const reader = new WholeTree(leaves);
    await expect(inclusionProof(reader, 5, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(reader, 0, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(reader, 6, 5)).rejects.toThrow(RangeError);
  });
});
