import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ToyLog } from "../../test/support/toy-log.ts";
import { MemoryWitnessState } from "../storage/memory/witness-state.ts";
import { toHex, utf8 } from "../kernel/bytes.ts";
import { ManualClock } from "../kernel/clock.ts";
import { CosignatureSigner, cosignatureVerifier } from "./cosignature.ts";
import { Ed25519Signer, formatSignatureLine, openNote, signNote } from "./note.ts";
import { formatVkey, keyIdOf, makeVkey } from "./vkey.ts";
import {
  MAX_ADD_CHECKPOINT_BYTES,
  Witness,
  formatAddCheckpoint,
  parseAddCheckpoint,
} from "./witness.ts";
import type { WitnessAnswer } from "./witness.ts";

function witnessOf(...logs: readonly string[]) {
  const signer = CosignatureSigner.generate(
    "witness.example/w",
    new ManualClock(1_790_000_000_000),
  );
  const state = new MemoryWitnessState();
  return { witness: new Witness({ signer, state, logs }), state, signer };
}

async function request(log: ToyLog, oldSize: number, size = log.size): Promise<Uint8Array> {
  const proof = oldSize === 0 || oldSize === size ? [] : await log.consistencyProof(oldSize, size);
  const checkpoint = (await log.checkpoint(size)).text;
  return utf8(formatAddCheckpoint({ oldSize, proof, checkpoint }));
}

const CONFLICT = { status: 409, contentType: "text/x.tlog.size" } as const;

describe("a witness", () => {
  test("cosigns the first head it sees, and each that extends the last", async () => {
    const log = new ToyLog();
    const { witness, signer } = witnessOf(log.signer.vkey);
    let old = 0;
    for (const size of [1, 2, 3, 64, 65, 300]) {
      log.grow(size - old);
      const answer = await witness.addCheckpoint(await request(log, old));
      expect(answer.status).toBe(200);
      const note = (await log.checkpoint()).text + answer.body;
      expect(openNote(note, [cosignatureVerifier(signer.vkey)]).verified).toHaveLength(1);
      old = size;
    }
  });

  test("cosigns the head it knows once more, and a head of an empty log", async () => {
    const log = new ToyLog();
    const { witness } = witnessOf(log.signer.vkey);
    expect((await witness.addCheckpoint(await request(log, 0))).status).toBe(200);
    log.grow(4);
    expect((await witness.addCheckpoint(await request(log, 0))).status).toBe(200);
    expect((await witness.addCheckpoint(await request(log, 4))).status).toBe(200);
  });

  test("tells who asks from another size which one it knows", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    expect(await witness.addCheckpoint(await request(log, 3))).toEqual({
      ...CONFLICT,
      body: "0\n",
    });
    await witness.addCheckpoint(await request(log, 0));
    log.grow(2);
    expect(await witness.addCheckpoint(await request(log, 0))).toEqual({
      ...CONFLICT,
      body: "5\n",
    });
    expect(await witness.addCheckpoint(await request(log, 6))).toEqual({
      ...CONFLICT,
      body: "5\n",
    });
    expect((await witness.addCheckpoint(await request(log, 5))).status).toBe(200);
    expect(await witness.addCheckpoint(await request(log, 0, 5))).toEqual({
      ...CONFLICT,
      body: "7\n",
    });
  });

  test("refuses a second history, however it is told", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    await witness.addCheckpoint(await request(log, 0));

    const forked = new ToyLog(log.signer.name, log.signer).grow(4).grow(1, " rewritten");
    const sameSize = await witness.addCheckpoint(await request(forked, 5));
    expect(sameSize).toMatchObject({ status: 422, body: expect.stringContaining("another head") });
    forked.grow(3);
    expect((await witness.addCheckpoint(await request(forked, 5))).status).toBe(422);
    expect((await witness.addCheckpoint(await request(forked, 0))).status).toBe(409);

    log.grow(3);
    expect((await witness.addCheckpoint(await request(log, 5))).status).toBe(200);
  });

  test("refuses proofs that are missing, cut, lengthened, or of something else", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    await witness.addCheckpoint(await request(log, 0));
    log.grow(6);
    const checkpoint = (await log.checkpoint()).text;
    const proof = await log.consistencyProof(5);
    const flipped = proof.map((h, i) => (i === 1 ? Buffer.from(h).fill(1, 0, 1) : h));
    for (const bad of [[], proof.slice(1), [...proof, proof[0]!], flipped, proof.toReversed()]) {
      const body = utf8(formatAddCheckpoint({ oldSize: 5, proof: bad, checkpoint }));
      expect((await witness.addCheckpoint(body)).status).toBe(422);
    }
  });

  test("refuses a proof from nothing, and an empty log that is not", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    const checkpoint = (await log.checkpoint()).text;
    const body = formatAddCheckpoint({ oldSize: 0, proof: [log.root(1)], checkpoint });
    expect((await witness.addCheckpoint(utf8(body))).status).toBe(422);

    const root = Buffer.alloc(32, 1).toString("base64");
    const empty = await signNote(`${log.signer.name}\n0\n${root}\n`, [log.signer]);
    const bodyOfEmpty = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: empty });
    expect((await witness.addCheckpoint(utf8(bodyOfEmpty))).status).toBe(422);
  });

  test("does not know logs it was not given, nor take other keys' word for those it was", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    const other = new ToyLog("log.example/other").grow(5);
    expect((await witness.addCheckpoint(await request(other, 0))).status).toBe(404);
    const impostor = new ToyLog(log.signer.name).grow(5);
    expect((await witness.addCheckpoint(await request(impostor, 0))).status).toBe(403);
    const tampered = Buffer.from(await request(log, 0))
      .toString()
      .replace("\n5\n", "\n6\n");
    expect((await witness.addCheckpoint(utf8(tampered))).status).toBe(403);
    const foreign = await signNote((await other.checkpoint()).text.split("\n\n")[0] + "\n", [
      log.signer,
    ]);
    const body = utf8(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: foreign }));
    expect((await witness.addCheckpoint(body)).status).toBe(404);
  });

  test("believes each of a log's keys", async () => {
    const log = new ToyLog().grow(5);
    const next = Ed25519Signer.generate(log.signer.name);
    const { witness } = witnessOf(next.vkey, log.signer.vkey);
    await witness.addCheckpoint(await request(log, 0));
    const { text } = openNote((await log.checkpoint()).text, [
      { name: next.name, keyId: log.signer.vkey.split("+")[1]!, verify: () => true },
    ]);
    const checkpoint = await signNote(text, [next]);
    const body = utf8(formatAddCheckpoint({ oldSize: 5, proof: [], checkpoint }));
    expect((await witness.addCheckpoint(body)).status).toBe(200);
  });

  test("passes on neither signatures it does not know nor more than the log's head", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    const advert = "— stranger AAAAAAAA\n";
    const body = Buffer.concat([await request(log, 0), utf8(advert)]);
    expect((await witness.addCheckpoint(body)).status).toBe(200);
    const hex = toHex(hash("sha256", log.signer.name, "buffer"));
    const shown = await witness.latestByHash(hex);
    expect(shown).toMatchObject({ status: 200, contentType: "text/plain; charset=utf-8" });
    expect(shown.body).toContain("— witness.example/w ");
    expect(shown.body).not.toContain("stranger");
    expect((await witness.latestByHash(hex.toUpperCase())).status).toBe(404);
    expect((await witnessOf(log.signer.vkey).witness.latestByHash(hex)).status).toBe(404);
  });

  test.each<[string, (good: string) => string | Uint8Array]>([
    ["nothing", () => ""],
    ["bytes that are no text", () => Buffer.from([0x6f, 0x6c, 0x64, 0x20, 0xff])],
    ["no old line", (good) => good.replace("old 0\n", "")],
    ["an old size with a leading zero", (good) => good.replace("old 0", "old 00")],
    ["an old size without end", (good) => good.replace("old 0", `old ${"9".repeat(30)}`)],
    ["an old size beyond the checkpoint's", (good) => good.replace("old 0", "old 6")],
    ["a proof line that is no hash", (good) => good.replace("old 0\n", "old 0\nAAAA\n")],
    [
      "64 proof lines",
      (good) => good.replace("\n", `\n${`${Buffer.alloc(32).toString("base64")}\n`.repeat(64)}`),
    ],
    ["no checkpoint", () => "old 0\n\n"],
    ["no empty line", (good) => good.replaceAll("\n\n", "\n")],
    ["a body without end", (good) => good + "x".repeat(MAX_ADD_CHECKPOINT_BYTES)],
    ["a checkpoint cut short", (good) => good.slice(0, -1)],
    ["a signed note that is no checkpoint", (good) => good],
  ])("answers %s with 400 or a plain refusal, never a cosignature", async (what, change) => {
    const log = new ToyLog().grow(5);
    const { witness, state } = witnessOf(log.signer.vkey);
    const notCheckpoint = await signNote(`${log.signer.name}\nfive\n`, [log.signer]);
    const good = what.startsWith("a signed note")
      ? formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: notCheckpoint })
      : Buffer.from(await request(log, 0)).toString();
    const body = change(good);
    const answer = await witness.addCheckpoint(typeof body === "string" ? utf8(body) : body);
    expect(answer.status).toBe(what === "no checkpoint" ? 404 : 400);
    expect(await state.latest(log.signer.name)).toBeUndefined();
  });
});

describe("a witness whose state fails", () => {
  test.each(["before", "after"] as const)(
    "%s the write answers with no cosignature",
    async (moment) => {
      const log = new ToyLog().grow(5);
      const { witness, state } = witnessOf(log.signer.vkey);
      state.fault = (when) => {
        if (when === moment) throw new Error("disk on fire");
      };
      await expect(witness.addCheckpoint(await request(log, 0))).rejects.toThrow("disk on fire");

      // Whichever it was, the witness holds to what it durably knows, and the log can go on.
      state.fault = undefined;
      const known = moment === "after" ? 5 : 0;
      expect((await witness.addCheckpoint(await request(log, known))).status).toBe(200);
    },
  );

  test("to one of two contradicting requests at once answers the other alone", async () => {
    const log = new ToyLog().grow(5);
    const { witness } = witnessOf(log.signer.vkey);
    await witness.addCheckpoint(await request(log, 0));
    const forked = new ToyLog(log.signer.name, log.signer).grow(5).grow(2, " forked");
    log.grow(2);
    const answers = await Promise.all(
      [log, forked].map(async (side) => witness.addCheckpoint(await request(side, 5))),
    );
    expect(answers.map((a) => a.status)).toContain(409);
    expect(answers.map((a) => a.status)).toContain(200);
  });
});

const node = (hex: string) => Buffer.from(hex.padEnd(64, "0"), "hex");

// The exchanges of litewitness's own test, which were generated by sigsum's implementation of log and tree.
describe("a witness of a sigsum log", () => {
  const LOG_KEY = Buffer.from(
    "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f",
    "hex",
  );
  const ORIGIN =
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
  const THREE = "45c088d4d939e9971298811f227d1295eaad57bbafae55cd71c171e7de48c25d";
  const heads = {
    one: {
      size: 1,
      root: "2a",
      signature:
        "b7cf653aa9c565a1ca359db81bd3bc656ab2890c6ea4c0aec42295e80aa05049423505026434f987923ccdf07d440c152cd59e736e5914d8ada8d7a4d51b2106",
    },
    three: {
      size: 3,
      root: THREE,
      signature:
        "655bb4871d15bc05032d67eece88900c4863a27f190393b99176391577f5def971b023d9a418c3226b7b7ea47b33686d9b3849451dadc6b07c007c595af1ea0a",
    },
    badlySigned: {
      size: 3,
      root: THREE,
      signature:
        "655bb4871d15bc05032d67eece88900c4863a27f190393b99176391577f5def971b023d9a418c3226b7b7ea47b33686d9b3849451dadc6b07c007c595af1ea0b",
    },
    five: {
      size: 5,
      root: "42bb57ad06420afa4882c4a63ac6a1ec77480b330b2f20dfc53a0caa5f564e36",
      signature:
        "0fc43899968b48b5150b0e8fe7ad07b17c21c7056a6fe381deb0cd19ece103d59b2119b5dbe5d54d8a1262ce67f01245c5898b4b56f747495804a17a2eec0f0c",
    },
  };
  const MIDDLE = "f9f50357e93def4078237b8aaea24ce1a3f5965a0f64ff26bebd99e30470d8b2";
  const LEFT = "c2088815d65f60dbfa594d4e96504ab169cb6084bf0c132ab7c521fd2e0eba41";

  function body(oldSize: number, head: keyof typeof heads, proof: readonly string[]) {
    const { size, root, signature } = heads[head];
    const key = { name: ORIGIN, keyId: keyIdOf(ORIGIN, 1, LOG_KEY) };
    const line = formatSignatureLine(key, Buffer.from(signature, "hex"));
    const checkpoint = `${ORIGIN}\n${size}\n${node(root).toString("base64")}\n\n${line}`;
    return utf8(formatAddCheckpoint({ oldSize, proof: proof.map(node), checkpoint }));
  }

  test("answers as litewitness does, exchange by exchange", async () => {
    const { witness } = witnessOf(formatVkey(makeVkey(ORIGIN, 1, LOG_KEY)));
    const exchanges: readonly [Uint8Array, WitnessAnswer["status"]][] = [
      [body(0, "one", []), 200],
      [body(1, "badlySigned", ["2a01", "2a02"]), 403],
      [body(1, "three", []), 422],
      [body(1, "three", ["2a01", `2a02${"0".repeat(59)}1`]), 422],
      [body(1, "three", ["2a01", "2a02"]), 200],
      [body(1, "five", ["2a01", MIDDLE, "2a04"]), 409],
      [body(3, "five", ["2a02", "2a03", LEFT, "2a04"]), 200],
    ];
    for (const [exchange, status] of exchanges) {
      expect((await witness.addCheckpoint(exchange)).status).toBe(status);
    }
  });
});

test("a request reads back as it was written", async () => {
  const log = new ToyLog().grow(7);
  const bytes = await request(log, 3);
  const parsed = parseAddCheckpoint(bytes);
  if (typeof parsed === "string") throw new Error(parsed);
  expect(utf8(formatAddCheckpoint(parsed))).toEqual(bytes);
});
