import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ToyLog } from "../../test/support/toy-log.ts";
import { utf8 } from "../kernel/bytes.ts";
import { ManualClock } from "../kernel/clock.ts";
import {
  CosignatureSigner,
  cosignatureTime,
  cosignatureVerifier,
  cosignedMessage,
  withCosignatures,
} from "./cosignature.ts";
import { ed25519PublicKey, verifyEd25519 } from "./ed25519.ts";
import {
  Ed25519Signer,
  NoteError,
  ed25519Verifier,
  openNote,
  parseNote,
  parseSignatureLine,
} from "./note.ts";
import { KeyError, parseVkey } from "./vkey.ts";

const NOON = Date.UTC(2026, 10, 21, 12);

async function cosign(signer: CosignatureSigner, text: string) {
  return parseSignatureLine((await signer.sign(text)).slice(0, -1));
}

describe("a cosignature", () => {
  test("signs the message of the specification's example", () => {
    const text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    expect(Buffer.from(cosignedMessage(text, 1679315147)).toString()).toBe(
      "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    );
  });

  test("in the specification's example line is of 20 March 2023", () => {
    const line =
      "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    expect(cosignatureTime(parseSignatureLine(line).signature)).toBe(1679315147);
  });

  test("is a dated Ed25519 signature under a key id of type 4", async () => {
    const signer = CosignatureSigner.generate("witness.example/w1", new ManualClock(NOON + 999));
    const { publicKey, keyId } = parseVkey(signer.vkey);
    const id = createHash("sha256")
      .update("witness.example/w1\n\x04")
      .update(publicKey)
      .digest("hex");
    expect(keyId).toBe(id.slice(0, 8));

    const { text } = await new ToyLog()
      .grow(3)
      .checkpoint()
      .then((c) => parseNote(c.text));
    const { signature, name } = await cosign(signer, text);
    expect(name).toBe("witness.example/w1");
    expect(signature).toHaveLength(72);
    expect(Buffer.from(signature).readBigUInt64BE()).toBe(BigInt(NOON / 1000));
    const message = utf8(`cosignature/v1\ntime ${NOON / 1000}\n${text}`);
    expect(verifyEd25519(ed25519PublicKey(publicKey), message, signature.subarray(8))).toBe(true);
  });

  test("verifies after its key went through the private text form", async () => {
    const clock = new ManualClock(NOON);
    const signer = CosignatureSigner.generate("w", clock);
    const again = CosignatureSigner.fromPrivate(signer.toPrivate(), clock);
    expect(again.vkey).toBe(signer.vkey);
    const { signature } = await cosign(again, "text\n");
    expect(cosignatureVerifier(signer.vkey).verify("text\n", signature)).toBe(true);
  });

  test("fails over another text, at another time, or cut short", async () => {
    const signer = CosignatureSigner.generate("w", new ManualClock(NOON));
    const { signature } = await cosign(signer, "text\n");
    const verifier = cosignatureVerifier(signer.vkey);
    expect(verifier.verify("texts\n", signature)).toBe(false);
    const later = Buffer.from(signature);
    later.writeBigUInt64BE(BigInt(NOON / 1000 + 1));
    expect(verifier.verify("text\n", later)).toBe(false);
    const endless = Buffer.from(signature);
    endless.fill(0xff, 0, 8);
    expect(verifier.verify("text\n", endless)).toBe(false);
    expect(verifier.verify("text\n", signature.subarray(0, 71))).toBe(false);
  });

  test("key and a log's key do not stand in for each other", () => {
    const witness = CosignatureSigner.generate("w", new ManualClock(NOON));
    const log = Ed25519Signer.generate("l");
    expect(() => cosignatureVerifier(log.vkey)).toThrow(KeyError);
    expect(() => ed25519Verifier(witness.vkey)).toThrow(KeyError);
    expect(() => Ed25519Signer.fromPrivate(witness.toPrivate())).toThrow(KeyError);
    expect(() => CosignatureSigner.fromPrivate(log.toPrivate(), new ManualClock(0))).toThrow(
      KeyError,
    );
  });
});

describe("a checkpoint with cosignatures", () => {
  test("opens by the log's key and by each witness's; asking again replaces", async () => {
    const log = new ToyLog().grow(5);
    const clock = new ManualClock(NOON);
    const [one, two] = [
      CosignatureSigner.generate("w1", clock),
      CosignatureSigner.generate("w2", clock),
    ];
    const plain = await log.checkpoint();
    const { text } = parseNote(plain.text);
    const both = withCosignatures(plain, [await cosign(one, text), await cosign(two, text)]);
    clock.advance(60_000);
    const again = withCosignatures(both, [await cosign(one, text)]);

    const verifiers = [
      ed25519Verifier(log.signer.vkey),
      ...[one, two].map((w) => cosignatureVerifier(w.vkey)),
    ];
    const { verified } = openNote(again.text, verifiers);
    expect(verified.map((s) => s.name)).toEqual([log.signer.name, "w1", "w2"]);
    expect(cosignatureTime(verified[1]!.signature)).toBe(NOON / 1000 + 60);
    expect(again).toMatchObject({ origin: plain.origin, size: 5 });
    expect(() => openNote(again.text.replace("\n5\n", "\n6\n"), verifiers)).toThrow(NoteError);
  });
});
