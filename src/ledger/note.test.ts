import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Ed25519Signer,
  MAX_NOTE_SIGNATURES,
  NoteError,
  ed25519Verifier,
  openNote,
  parseNote,
  signNote,
} from "./note.ts";
import type { NoteErrorKind } from "./note.ts";
import { KeyError, formatVkey, parseVkey } from "./vkey.ts";

// The worked example of Go's sumdb/note and of C2SP signed-note.
const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const TEXT = "This is an example message.\n";
const LINE =
  "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const NOTE = `${TEXT}\n${LINE}`;

// oxlint-disable-next-line no-control-regex -- control characters are what is left out
const isLine = (s: string) => !/[\u0000-\u001f]/.test(s) && s.isWellFormed();

function kindOf(run: () => unknown): NoteErrorKind | "opened" {
  try {
    run();
    return "opened";
  } catch (error) {
    if (error instanceof NoteError) return error.kind;
    throw error;
  }
}

describe("a signed note", () => {
  test("of the specification's example opens with its key", () => {
    const opened = openNote(NOTE, [ed25519Verifier(VKEY)]);
    expect(opened.text).toBe(TEXT);
    expect(opened.verified.map((s) => s.name)).toEqual(["example.com/foo"]);
    expect(opened.verified[0]?.line).toBe(LINE);
  });

  test("signed by us opens with our key, and through the private text form again", async () => {
    const signer = Ed25519Signer.generate("audit.example.com/log");
    const again = Ed25519Signer.fromPrivate(signer.toPrivate());
    expect(again.vkey).toBe(signer.vkey);
    expect(await again.sign(TEXT)).toBe(await signer.sign(TEXT));
    const note = await signNote(TEXT, [again]);
    expect(openNote(note, [ed25519Verifier(signer.vkey)]).text).toBe(TEXT);
  });

  test("keeps what unknown keys signed, unread, beside what is verified", async () => {
    const stranger = Ed25519Signer.generate("stranger");
    const note = NOTE + (await stranger.sign("something else\n"));
    const opened = openNote(note, [ed25519Verifier(VKEY)]);
    expect(opened.unknown.map((s) => s.name)).toEqual(["stranger"]);
  });

  test("whose text holds empty lines is split at the last one", async () => {
    const signer = Ed25519Signer.generate("k");
    const text = "a\n\nb\n\n\nc\n";
    const note = await signNote(text, [signer]);
    expect(openNote(note, [ed25519Verifier(signer.vkey)]).text).toBe(text);
  });

  test("with sixteen signatures is read, with more than the maximum is refused", async () => {
    const signers = Array.from({ length: MAX_NOTE_SIGNATURES }, (_, i) =>
      Ed25519Signer.generate(`k${i}`),
    );
    const sixteen = await signNote(TEXT, signers.slice(0, 16));
    expect(
      openNote(
        sixteen,
        signers.map((s) => ed25519Verifier(s.vkey)),
      ).verified,
    ).toHaveLength(16);
    const full = await signNote(TEXT, signers);
    expect(kindOf(() => parseNote(full + LINE))).toBe("malformed");
  });

  test("is refused when a known key's signature fails, whoever else signed it", async () => {
    const other = Ed25519Signer.generate("other");
    const wrong = await other.sign("another text\n");
    const verifiers = [ed25519Verifier(VKEY), ed25519Verifier(other.vkey)];
    expect(kindOf(() => openNote(NOTE + wrong, verifiers))).toBe("bad_signature");
  });

  test("is refused when no known key signed it", () => {
    expect(kindOf(() => openNote(NOTE, []))).toBe("unverified");
    const other = Ed25519Signer.generate("example.com/foo");
    expect(kindOf(() => openNote(NOTE, [ed25519Verifier(other.vkey)]))).toBe("unverified");
  });

  test.each<[string, string]>([
    ["has no empty line", `${TEXT}${LINE}`],
    ["has no signature", `${TEXT}\n`],
    ["has no text", `\n${LINE}`],
    ["does not end in a newline", NOTE.slice(0, -1)],
    ["uses a hyphen for the em dash", NOTE.replace("—", "-")],
    ["has two spaces after the dash", NOTE.replace("— ", "—  ")],
    ["has words after the signature", NOTE.replace("QM=\n", "QM= x\n")],
    ["has a carriage return", NOTE.replaceAll("\n", "\r\n")],
    ["has a tab in its text", NOTE.replace("an example", "an\texample")],
    ["has a null character", NOTE.replace("an example", "an\0example")],
    ["has half a surrogate pair", NOTE.replace("an example", "\ud800")],
    ["has unpadded base64", NOTE.replace("QM=", "QM")],
    ["has base64 with stray bits", NOTE.replace("QM=", "QN=")],
    ["has a signature of nothing but a key id", `${TEXT}\n— k AAAAAA==\n`],
    ["has a name with a plus", NOTE.replace("— example.com/foo", "— example+com/foo")],
    ["has an unnamed key", NOTE.replace("— example.com/foo", "— ")],
  ])("is refused when it %s", (_, note) => {
    expect(kindOf(() => parseNote(note))).toBe("malformed");
  });

  test("changed in any one character is refused", () => {
    const verifiers = [ed25519Verifier(VKEY)];
    fc.assert(
      fc.property(fc.nat(NOTE.length - 1), fc.constantFrom("x", "\n", " ", "A", "—"), (at, c) => {
        fc.pre(NOTE[at] !== c);
        const changed = NOTE.slice(0, at) + c + NOTE.slice(at + 1);
        expect(kindOf(() => openNote(changed, verifiers))).not.toBe("opened");
      }),
    );
  });

  test("of any text without control characters opens to that text", async () => {
    const signer = Ed25519Signer.generate("k");
    const line = fc.string({ unit: "grapheme" }).filter(isLine);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        const text = `${lines.join("\n")}\n`;
        const note = await signNote(text, [signer]);
        expect(openNote(note, [ed25519Verifier(signer.vkey)]).text).toBe(text);
      }),
    );
  });

  test("is not made of a text that would read back differently", async () => {
    const signer = Ed25519Signer.generate("k");
    await expect(signNote("no newline", [signer])).rejects.toThrow(NoteError);
    await expect(signNote("a\tb\n", [signer])).rejects.toThrow(NoteError);
    await expect(signNote("a\n", [])).rejects.toThrow(NoteError);
  });
});

describe("a verifier key", () => {
  test("reads back as it is written", () => {
    expect(formatVkey(parseVkey(VKEY))).toBe(VKEY);
    expect(parseVkey(VKEY)).toMatchObject({ name: "example.com/foo", keyId: "530d903a", type: 1 });
  });

  test.each([
    ["a key id that is not its own", VKEY.replace("530d903a", "530d903b")],
    ["another name", VKEY.replace("foo", "fop")],
    ["a key of 31 bytes", `k+00000000+${Buffer.alloc(32, 1).toString("base64")}`],
    ["an unknown signature type", `k+00000000+${Buffer.alloc(33, 2).toString("base64")}`],
    ["a space in its name", VKEY.replace("example", "exam ple")],
    ["a missing part", "example.com/foo+530d903a"],
    ["an upper-case key id", VKEY.replace("530d903a", "530D903A")],
  ])("with %s is refused", (_, vkey) => {
    expect(() => parseVkey(vkey)).toThrow(KeyError);
  });

  test.each(["", "two words", "a+b", "a\u00a0b", "a\u2028b", "a\nb", "\ud800"])(
    "cannot be named %j",
    (name) => {
      expect(() => Ed25519Signer.generate(name)).toThrow(KeyError);
    },
  );
});

describe("a private key", () => {
  test("that does not parse is refused without being quoted", () => {
    const secret = Ed25519Signer.generate("k").toPrivate();
    const id = secret.split("+")[3]!;
    for (const broken of [
      secret.slice(0, -3),
      secret.replace(id, "00000000"),
      secret.slice(1),
      VKEY,
    ]) {
      const error = (() => {
        try {
          return Ed25519Signer.fromPrivate(broken);
        } catch (caught) {
          return caught;
        }
      })();
      expect(error).toBeInstanceOf(KeyError);
      expect(String(error)).not.toContain(secret.slice(-20, -4));
    }
  });
});
