import { describe, expect, test } from "vitest";
import { ToyLog } from "../../test/support/toy-log.ts";
import { ManualClock } from "../kernel/clock.ts";
import { CosignatureSigner, withCosignatures } from "./cosignature.ts";
import { Ed25519Signer, NoteError, parseNote, parseSignatureLine, signNote } from "./note.ts";
import { formatVkey, makeVkey, parseVkey } from "./vkey.ts";
import {
  PolicyError,
  parsePolicy,
  policyOfLog,
  verifyCheckpoint,
  withLog,
} from "./witness-policy.ts";

const clock = new ManualClock(Date.UTC(2026, 10, 21));
const names = ["X1", "X2", "X3", "Y1", "Y2", "Y3"];
const witnesses = new Map(
  names.map((name) => [name, CosignatureSigner.generate(`witness.example/${name}`, clock)]),
);
const log = new ToyLog("log.example/main").grow(7);

/** The example of the specification, with keys. */
const EXAMPLE = `# Two organisations watch this log.
log ${log.signer.vkey}

${names.map((name) => `witness ${name} ${witnesses.get(name)!.vkey}`).join("\n")}
group X-witnesses 2 X1 X2 X3
\tgroup  Y-witnesses any Y1 Y2\tY3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

async function cosignedBy(...by: readonly string[]): Promise<string> {
  const checkpoint = await log.checkpoint();
  const { text } = parseNote(checkpoint.text);
  const lines = await Promise.all(by.map((name) => witnesses.get(name)!.sign(text)));
  return withCosignatures(
    checkpoint,
    lines.map((line) => parseSignatureLine(line.slice(0, -1))),
  ).text;
}

describe("the specification's example policy", () => {
  const policy = parsePolicy(EXAMPLE);

  test.each([[["X1", "X2", "Y1"]], [["X1", "X3", "Y3"]], [names]])(
    "believes a head cosigned by %j",
    async (by) => {
      const verified = verifyCheckpoint(await cosignedBy(...by), policy);
      expect(verified.size).toBe(7);
      expect(verified.logVkey).toBe(log.signer.vkey);
      expect(verified.witnessedBy.map((w) => w.name)).toEqual(by);
      expect(verified.witnessedBy[0]?.time).toBe(clock.now() / 1000);
    },
  );

  test.each([[[]], [["X1", "X2", "X3"]], [["X1", "Y1", "Y2", "Y3"]]])(
    "does not believe one cosigned by %j",
    async (by) => {
      const note = await cosignedBy(...by);
      expect(() => verifyCheckpoint(note, policy)).toThrow(/quorum "X-and-Y" not met/);
    },
  );

  test("does not believe a head with one failing cosignature among enough good ones", async () => {
    const note = await cosignedBy(...names);
    const other = await witnesses.get("Y3")!.sign("another text\n");
    const line = note.split("\n").find((l) => l.includes("Y3"))!;
    expect(() => verifyCheckpoint(note.replace(`${line}\n`, other), policy)).toThrow(NoteError);
  });

  test("does not believe witnesses without the log", async () => {
    const { text } = parseNote(await cosignedBy());
    const note = await signNote(text, [...witnesses.values()]);
    expect(() => verifyCheckpoint(note, policy)).toThrow(/no log the policy knows/);
  });
});

describe("a policy", () => {
  test("of a log's key alone believes what that log signed", async () => {
    const policy = policyOfLog(log.signer.vkey);
    expect(verifyCheckpoint(await cosignedBy("X1"), policy).witnessedBy).toEqual([]);
    const other = new ToyLog("log.example/main").grow(7);
    const foreign = (await other.checkpoint()).text;
    expect(() => verifyCheckpoint(foreign, policy)).toThrow(NoteError);
  });

  test("does not let one known log speak as another", async () => {
    const a = Ed25519Signer.generate("log.example/a");
    const policy = parsePolicy(`log ${a.vkey}\nlog ${log.signer.vkey}\nquorum none`);
    const { text } = parseNote(await cosignedBy());
    expect(() => verifyCheckpoint(`${text}\n— x AAAAAAAA\n`, policy)).toThrow(NoteError);
    const note = await signNote(text, [a]);
    expect(() => verifyCheckpoint(note, policy)).toThrow(/has signed as "log.example\/main"/);
  });

  test("reads logs' and witnesses' URLs, and a quorum of one witness", async () => {
    const vkey = witnesses.get("X1")!.vkey;
    const policy = parsePolicy(
      `log ${log.signer.vkey} https://a/\nwitness w ${vkey} https://b/\nquorum w\n`,
    );
    expect(policy.logs[0]?.url).toBe("https://a/");
    expect(policy.witnesses[0]?.url).toBe("https://b/");
    expect(verifyCheckpoint(await cosignedBy("X1"), policy).witnessedBy).toHaveLength(1);
  });

  test("that names a witness of a kind of key we cannot check says so", () => {
    const key = Buffer.alloc(1 + 1312, 6);
    const vkey = `w.example+00000000+${key.toString("base64")}`;
    expect(() => parsePolicy(`witness w ${vkey}\nquorum w`)).toThrow(/line 1: .* signature type 6/);
  });

  test("that names no log is for whichever log the caller knows", async () => {
    const policy = parsePolicy(`witness w ${witnesses.get("X1")!.vkey}\nquorum w`);
    const note = await cosignedBy("X1");
    expect(() => verifyCheckpoint(note, policy)).toThrow(NoteError);
    expect(verifyCheckpoint(note, withLog(policy, log.signer.vkey)).witnessedBy).toHaveLength(1);
    const own = parsePolicy(EXAMPLE);
    expect(withLog(own, Ed25519Signer.generate("other").vkey)).toBe(own);
  });

  const L = log.signer.vkey;
  const [W1, W2] = ["X1", "X2"].map((name) => witnesses.get(name)!.vkey);
  const renamed = formatVkey(makeVkey("other.example", 4, parseVkey(W1!).publicKey));
  test.each<[string, number, string]>([
    ["no quorum", 0, `log ${L}\n`],
    ["two quorums", 2, "quorum none\nquorum none\n"],
    ["an unknown word", 2, `log ${L}\nlogs ${L}\nquorum none`],
    ["a log without a key", 1, "log\nquorum none"],
    ["a log with too many words", 1, `log ${L} u v\nquorum none`],
    ["a log with a witness's key", 1, `log ${W1}\nquorum none`],
    ["a witness with a log's key", 1, `witness w ${L}\nquorum none`],
    ["a witness without a name", 1, `witness ${W1}\nquorum none`],
    ["a key with a typing error", 1, `log ${L.slice(0, -2)}AA\nquorum none`],
    ["a log listed twice", 2, `log ${L}\nlog ${L} u\nquorum none`],
    ["one witness's key under two names", 2, `witness a ${W1}\nwitness b ${renamed}\nquorum a`],
    ["a name defined twice", 2, `witness a ${W1}\nwitness a ${W2}\nquorum a`],
    ["a witness called none", 1, `witness none ${W1}\nquorum none`],
    ["a group of nothing", 2, `witness a ${W1}\ngroup g any\nquorum g`],
    ["a threshold of nought", 2, `witness a ${W1}\ngroup g 0 a\nquorum g`],
    ["a threshold above its members", 2, `witness a ${W1}\ngroup g 2 a\nquorum g`],
    ["a threshold with a leading zero", 2, `witness a ${W1}\ngroup g 01 a\nquorum g`],
    ["a member defined below", 1, `group g any a\nwitness a ${W1}\nquorum g`],
    ["a member of two groups", 3, `witness a ${W1}\ngroup g any a\ngroup h any a\nquorum g`],
    ["a member twice in one group", 2, `witness a ${W1}\ngroup g all a a\nquorum g`],
    ["none for a member", 1, "group g any none\nquorum g"],
    ["a quorum of nobody known", 1, "quorum w"],
    ["a carriage return", 1, "quorum none\r\n"],
    ["more lines than anybody reads", 0, `${"#\n".repeat(1_001)}quorum none`],
  ])("with %s is refused, naming the line", (_, line, text) => {
    const error = (() => {
      try {
        return parsePolicy(text);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({ line });
  });
});
