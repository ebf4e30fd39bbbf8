import { afterEach, describe, expect, test } from "vitest";
import { bodyOf, serve } from "../../test/support/serve.ts";
import type { Handler, Served } from "../../test/support/serve.ts";
import { ToyLog } from "../../test/support/toy-log.ts";
import { MemoryWitnessState } from "../storage/memory/witness-state.ts";
import { ManualClock } from "../kernel/clock.ts";
import { CosignatureSigner } from "./cosignature.ts";
import { KeyError } from "./vkey.ts";
import { Cosigners, MAX_ROUNDS_LEFT_OUT } from "./witness-client.ts";
import type { WitnessOutcome } from "./witness-client.ts";
import { parsePolicy, verifyCheckpoint } from "./witness-policy.ts";
import { Witness } from "./witness.ts";

const served: Served[] = [];
afterEach(async () => {
  await Promise.all(served.splice(0).map((server) => server.close()));
});

async function urlOf(handler: Handler): Promise<string> {
  const server = await serve(handler);
  served.push(server);
  return `${server.url}/prefix/`;
}

/** A real witness behind HTTP, which counts what it is asked; in front of it something that can fail, and lie. */
async function witnessOf(log: ToyLog, name = "witness.example/w") {
  const signer = CosignatureSigner.generate(name, new ManualClock(1_790_000_000_000));
  const witness = new Witness({ signer, state: new MemoryWitnessState(), logs: [log.signer.vkey] });
  const statuses: number[] = [];
  const front = { isAway: false, claims: [] as number[] };
  const url = await urlOf(async (request, response) => {
    const claim = front.claims.shift();
    const answer = front.isAway
      ? { status: 503, contentType: "text/plain", body: "away\n" }
      : claim !== undefined
        ? { status: 409, contentType: "text/x.tlog.size", body: `${claim}\n` }
        : await witness.addCheckpoint(await bodyOf(request));
    statuses.push(answer.status);
    response.writeHead(request.url === "/prefix/add-checkpoint" ? answer.status : 500, {
      "content-type": answer.contentType,
    });
    response.end(answer.body);
  });
  return Object.assign(front, { vkey: signer.vkey, url, statuses });
}

function cosignersOf(log: ToyLog, witnesses: readonly { vkey: string; url: string }[]) {
  const outcomes: WitnessOutcome[] = [];
  const cosigners = new Cosigners({
    witnesses,
    consistencyProof: (size1, size2) => log.consistencyProof(size1, size2),
    onOutcome: (outcome) => outcomes.push(outcome),
    timeoutMs: 2_000,
  });
  return { cosigners, outcomes };
}

const silent: Handler = () => undefined;
const flood: Handler = (_, response) => response.end("x".repeat(1_000_000));
const other = CosignatureSigner.generate("witness.example/other", new ManualClock(0));

describe("the log's side of witnessing", () => {
  test("collects every witness's cosignature into a checkpoint that meets a quorum of all", async () => {
    const log = new ToyLog().grow(3);
    const [a, b] = [await witnessOf(log, "a"), await witnessOf(log, "b")];
    const { cosigners, outcomes } = cosignersOf(log, [a, b]);
    const policy = parsePolicy(
      `log ${log.signer.vkey}\nwitness a ${a.vkey}\nwitness b ${b.vkey}\ngroup g all a b\nquorum g\n`,
    );
    expect(cosigners.latest).toBeUndefined();
    for (const growth of [0, 1, 60, 0]) {
      log.grow(growth);
      const witnessed = await cosigners.collect(await log.checkpoint());
      expect(verifyCheckpoint(witnessed.text, policy).size).toBe(log.size);
      expect(cosigners.latest).toEqual(witnessed);
    }
    // Once each: what a witness has cosigned is not asked of it again.
    expect(a.statuses).toEqual([200, 200, 200]);
    expect(outcomes.map((o) => o.kind)).toEqual(Array(6).fill("cosigned"));
  });

  test("asks only who has not cosigned a checkpoint yet, and adds to what the others signed", async () => {
    const log = new ToyLog().grow(3);
    const [a, b] = [await witnessOf(log, "a"), await witnessOf(log, "b")];
    const { cosigners } = cosignersOf(log, [a, b]);
    b.isAway = true;
    const one = await cosigners.collect(await log.checkpoint());
    b.isAway = false;
    const both = await cosigners.collect(await log.checkpoint());
    expect([one, both].map(({ text }) => text.match(/^— [ab] /gm))).toEqual([
      ["— a "],
      ["— a ", "— b "],
    ]);
    expect(cosigners.latest).toEqual(both);
    expect([a.statuses, b.statuses]).toEqual([[200], [503, 200]]);
  });

  test("leaves a failing witness out of ever more rounds, up to a maximum, and of none that cannot wait", async () => {
    const log = new ToyLog().grow(1);
    const witness = await witnessOf(log);
    witness.isAway = true;
    const { cosigners } = cosignersOf(log, [witness]);
    const roundsUntilAsked = async (): Promise<number> => {
      const before = witness.statuses.length;
      for (let rounds = 1; ; rounds++) {
        // What the log has grown by in the meantime is no reason to hurry.
        await cosigners.collect(await log.grow(1).checkpoint(), "due");
        if (witness.statuses.length > before) return rounds;
      }
    };
    const pace: number[] = [];
    for (let failure = 0; failure < 8; failure++) pace.push(await roundsUntilAsked());
    const most = MAX_ROUNDS_LEFT_OUT + 1;
    expect(pace).toEqual([1, 2, 3, 5, 9, 17, most, most]);

    witness.isAway = false;
    await cosigners.collect(await log.checkpoint(), "all");
    expect(witness.statuses.at(-1)).toBe(200);
    expect(await roundsUntilAsked()).toBe(1);
  });

  test("after a restart learns from the witness's 409 what it knows, and goes on from there", async () => {
    const log = new ToyLog().grow(3);
    const witness = await witnessOf(log);
    await cosignersOf(log, [witness]).cosigners.collect(await log.checkpoint());
    log.grow(5);
    const restarted = cosignersOf(log, [witness]);
    const witnessed = await restarted.cosigners.collect(await log.checkpoint());
    expect(witness.statuses).toEqual([200, 409, 200]);
    expect(witnessed.text).toContain("— witness.example/w ");
  });

  test("says so when a witness knows a larger log than there is", async () => {
    const log = new ToyLog().grow(9);
    const witness = await witnessOf(log);
    await cosignersOf(log, [witness]).cosigners.collect(await log.checkpoint());
    const rolledBack = cosignersOf(log, [witness]);
    const plain = await log.checkpoint(4);
    expect(await rolledBack.cosigners.collect(plain)).toEqual(plain);
    expect(rolledBack.outcomes).toEqual([
      { kind: "ahead", witness: "witness.example/w", size: 4, knownSize: 9 },
    ]);
  });

  test("holds no size against a witness that it only said: the next question is asked as ever", async () => {
    const log = new ToyLog().grow(4);
    const witness = await witnessOf(log);
    witness.claims = Array(4).fill(9_000_000_000_000);
    const { cosigners, outcomes } = cosignersOf(log, [witness]);
    await cosigners.collect(await log.checkpoint());
    // The fourth claim is taken back when it is asked again: no alarm.
    await cosigners.collect(await log.checkpoint());
    expect(outcomes.map((o) => o.kind)).toEqual(["ahead", "cosigned"]);
    expect(witness.statuses).toEqual([409, 409, 409, 409, 200]);
  });

  test("reports a witness that will not cosign another history", async () => {
    const log = new ToyLog().grow(4);
    const witness = await witnessOf(log);
    await cosignersOf(log, [witness]).cosigners.collect(await log.checkpoint());
    const forked = new ToyLog(log.signer.name, log.signer).grow(6, " forked");
    const { cosigners, outcomes } = cosignersOf(forked, [witness]);
    await cosigners.collect(await forked.checkpoint());
    expect(outcomes).toMatchObject([{ kind: "refused", status: 422 }]);
  });

  test("takes what the others sign when one is silent, one is gone and one talks nonsense", async () => {
    const log = new ToyLog().grow(3);
    const good = await witnessOf(log, "good");
    const gone = await urlOf(silent);
    await served.pop()!.close();
    const urls = [await urlOf(silent), gone, await urlOf(flood)];
    const { cosigners, outcomes } = cosignersOf(log, [
      good,
      ...urls.map((url) => ({ url, vkey: other.vkey })),
    ]);
    const witnessed = await cosigners.collect(await log.checkpoint());
    expect(witnessed.text.match(/^— /gm)).toHaveLength(2);
    expect(outcomes.map((o) => o.kind).filter((k) => k === "unreachable")).toHaveLength(3);
  });

  test("leaves out a witness that still has the last checkpoint in hand", async () => {
    const log = new ToyLog().grow(3);
    const { cosigners, outcomes } = cosignersOf(log, [
      { url: await urlOf(silent), vkey: other.vkey },
    ]);
    const first = cosigners.collect(await log.checkpoint());
    const second = await log.grow(1).checkpoint();
    expect(await cosigners.collect(second)).toEqual(second);
    expect(outcomes.map((o) => o.kind)).toEqual(["busy"]);
    await first;
  });

  test("asks a witness that answers 409 for ever a few times only", async () => {
    const log = new ToyLog().grow(3);
    let asked = 0;
    const url = await urlOf((_, response) => {
      asked++;
      response.writeHead(409, { "content-type": "text/x.tlog.size" }).end("2\n");
    });
    const { cosigners, outcomes } = cosignersOf(log, [{ url, vkey: other.vkey }]);
    await cosigners.collect(await log.checkpoint());
    expect(asked).toBe(3);
    expect(outcomes).toMatchObject([{ kind: "refused", status: 409 }]);
  });

  test.each<[string, (text: string) => Promise<string>]>([
    ["nothing", async () => ""],
    ["a cosignature of another text", async () => other.sign("another\n")],
    [
      "a stranger's",
      async (text) => CosignatureSigner.generate(other.name, new ManualClock(0)).sign(text),
    ],
    ["no lines of a note", async () => "<html>\u001b[2J</html>"],
  ])("does not take %s for a cosignature", async (_, lines) => {
    const log = new ToyLog().grow(3);
    const plain = await log.checkpoint();
    const body = await lines(plain.text.slice(0, plain.text.lastIndexOf("\n\n") + 1));
    const url = await urlOf((__, response) => response.end(body));
    const { cosigners, outcomes } = cosignersOf(log, [{ url, vkey: other.vkey }]);
    expect(await cosigners.collect(plain)).toEqual(plain);
    expect(outcomes).toMatchObject([{ kind: "refused", status: 200 }]);
  });

  test("takes its own key's line from among others", async () => {
    const log = new ToyLog().grow(3);
    const plain = await log.checkpoint();
    const own = await other.sign(plain.text.slice(0, plain.text.lastIndexOf("\n\n") + 1));
    const url = await urlOf((_, response) => response.end(`— stranger AAAAAAAA\n${own}rest`));
    const { cosigners } = cosignersOf(log, [{ url, vkey: other.vkey }]);
    expect((await cosigners.collect(plain)).text).toBe(plain.text + own);
  });

  test("does not start with a key that is no witness's", () => {
    const log = new ToyLog();
    expect(() => cosignersOf(log, [{ url: "http://h/", vkey: log.signer.vkey }])).toThrow(KeyError);
  });
});
