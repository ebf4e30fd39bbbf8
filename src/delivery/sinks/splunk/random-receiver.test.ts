/**
 * Collectors that behave at random, from a seed: whatever they do, nothing counts as delivered that they have not got,
 * nothing is lost, nothing overtakes anything, and nothing is set aside but what they refuse.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeliveryRun } from "../../../../test/support/delivery-run.ts";
import { MIN_REFUSALS } from "../../courier.ts";
import { HecReceiver, hecIds, type HecTrouble } from "../../../../test/support/hec-receiver.ts";
import { TlsAuthority, type KeyPair } from "../../../../test/support/tls-authority.ts";

const TOKEN = "2b6c5c8e-made-up-for-tests";
const MOST_POISON = 6;
const RUNS = 15;

let authority: TlsAuthority;
let tls: KeyPair;

beforeAll(() => {
  authority = TlsAuthority.create();
  tls = authority.server();
});

afterAll(() => authority.close());

const anyTrouble = fc.option(
  fc.constantFrom<HecTrouble[]>(
    "busy",
    "full",
    "error",
    "garbage",
    "reset",
    "cut",
    "lost",
    "lost",
    "too-large",
    { status: 429, headers: { "retry-after": "0" } },
    { status: 403, body: "" },
    { status: 200, body: "welcome" },
  ),
  { nil: undefined, freq: 2 },
);

const anyAct = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("record"), count: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("die", "forget", "stall", "restart", "rest") }),
  },
);

/** What is refused for good is passed over, and comes later if it is taken after all: that is no overtaking. */
function isPassing(troubles: readonly (HecTrouble | undefined)[]): boolean {
  return troubles.filter((trouble) => trouble === "too-large").length < MIN_REFUSALS;
}

const anyScript = fc.record({
  isAcknowledging: fc.boolean(),
  isPrompt: fc.boolean(),
  troubles: fc.array(anyTrouble, { maxLength: 25 }).filter(isPassing),
  ackTroubles: fc.array(anyTrouble, { maxLength: 10 }),
  acts: fc.array(anyAct, { minLength: 3, maxLength: 14 }),
  poison: fc.uniqueArray(fc.nat(300), { maxLength: MOST_POISON }),
  code: fc.constantFrom(6, 12, 13, 15),
  counting: fc.constantFrom<((place: number) => number | undefined)[]>(
    (place) => place,
    (place) => place + 1,
    () => undefined,
  ),
});

type Script = typeof anyScript extends fc.Arbitrary<infer T> ? T : never;

async function lived(told: Script): Promise<void> {
  const { isAcknowledging, isPrompt, troubles, ackTroubles, poison, code, counting } = told;
  const bad = new Set<number>(poison);
  let ids: readonly string[] = [];
  const hec = await HecReceiver.start({
    tokens: { [TOKEN]: { hasAcknowledgement: isAcknowledging } },
    tls,
    isPrompt,
    trouble: (n) => troubles[n],
    ackTrouble: (n) => ackTroubles[n],
    refuses: ({ fields }) => (bad.has(ids.indexOf(String(fields?.["id"]))) ? code : undefined),
    numbered: counting,
  });
  const sink = {
    kind: "splunk",
    host: "127.0.0.1",
    port: hec.port,
    tls: { ca: authority.certificate },
    acknowledgement: isAcknowledging,
  };
  const options = {
    firstWaitMs: 0,
    maxUnconfirmedMs: 10,
    confirmIdleMs: 5,
    sendTimeoutMs: 300,
    abortGraceMs: 50,
  };
  const run = await DeliveryRun.open({ sink, credentials: { token: TOKEN }, options });
  ids = run.ids;
  const broken: string[] = [];
  run.onReport = ({ progress }) => {
    const has = new Set(hecIds(hec.indexed));
    const aside = new Set(progress.setAside.map(({ index }) => index));
    for (let index = 0; index < progress.acknowledged; index += 1) {
      if (!has.has(ids[index] ?? "") && !aside.has(index)) broken.push(`${index} is not there`);
    }
    for (const index of aside) if (!bad.has(index)) broken.push(`${index} is set aside`);
  };
  try {
    await run.begin();
    for (const one of told.acts) await act(one, run, hec);
    hec.isStuck = false;
    // What it takes in the end shows that what it has refused is not its own fault.
    bad.delete(run.ledger.size);
    await run.record(1);
    const { progress } = await run.all();
    const good = ids.filter((_id, index) => !bad.has(index));
    expect(broken).toEqual([]);
    expect([...new Set(hecIds(hec.arrived))]).toEqual(good);
    expect(new Set(hecIds(hec.indexed))).toEqual(new Set(good));
    expect(progress.setAsideCount).toBe(ids.length - good.length);
    expect(progress.setAside.map(({ eventId }) => eventId)).toEqual(
      ids.filter((_id, index) => bad.has(index)),
    );
  } finally {
    await run.close();
    await hec.close();
  }
}

async function act(
  one: { readonly kind: string; readonly count?: number },
  run: DeliveryRun,
  hec: HecReceiver,
): Promise<void> {
  if (one.kind === "record") await run.record(one.count ?? 1);
  if (one.kind === "restart") await run.restart();
  if (one.kind === "forget") hec.forget();
  if (one.kind === "stall") hec.isStuck = !hec.isStuck;
  if (one.kind === "rest") await new Promise((resolve) => setTimeout(resolve, 10));
  if (one.kind !== "die") return;
  await hec.die();
  await hec.begin();
}

it("whatever the collector does, nothing is lost and nothing counts that has not arrived", async () => {
  await fc.assert(fc.asyncProperty(anyScript, lived), { numRuns: RUNS });
}, 300_000);
