/**
 * Rotations by a rotator that fails as it likes, while others change the secret: random sequences against what has to be
 * true of a secret whatever happens.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stagesOf, versionAt } from "../../secrets/stages.ts";
import { openTestApp, PLACE, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import { Schedule } from "../schedule.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { beginRotation } from "./begin-rotation.ts";
import { cancelRotation } from "./cancel-rotation.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { getValue } from "./get-value.ts";
import { putValue } from "./put-value.ts";
import { instanceOf } from "./find.ts";
import { rotatorJobs } from "./rotation-job.ts";
import { RotatorFault, type HookRotator, type HookStep } from "./rotators.ts";
import { setVersionStage } from "./set-version-stage.ts";

const MINUTE_MS = 60_000;
const CALLED = { secretId: "db", called: [{ name: "db", suffix: null }] } as const;

/** What the hook does when it is called: the step, nothing, the step without anybody hearing of it, or the worst. */
type Behaviour = "done" | "failed" | "lost" | "crash" | "final";
type Act =
  | { readonly kind: "rotate" | "test" | "cancel" | "unlabel" }
  | { readonly kind: "put"; readonly value: string }
  | { readonly kind: "time"; readonly minutes: number }
  | { readonly kind: "behave"; readonly next: readonly Behaviour[] };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("rotate", "test", "cancel", "unlabel") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("put"), value: fc.stringMatching(/^[a-z]{4}$/) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("time"), minutes: fc.integer({ min: 0, max: 30 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("behave"),
      next: fc.array(fc.constantFrom<Behaviour[]>("done", "failed", "lost", "crash", "final"), {
        maxLength: 5,
      }),
    }),
  },
);

class World {
  readonly #app: TestApp;
  readonly #schedule: Schedule;
  #tokens = 0;
  behaviours: Behaviour[] = [];
  /** The value that was last made the current one, by whomever. */
  current = "first";
  cancelled = 0;

  constructor(app: TestApp) {
    this.#app = app;
    const { state, performer, clock } = app;
    this.#schedule = new Schedule({
      jobs: rotatorJobs({ state, performer }),
      clock,
      onError: () => {},
    });
  }

  #token(): string {
    return `token-${String((this.#tokens += 1)).padStart(32, "0")}`;
  }

  async act(what: Act): Promise<void> {
    const app = this.#app;
    switch (what.kind) {
      case "rotate":
      case "test":
        await app.perform(beginRotation, SCHEDULE, {
          ...CALLED,
          clientRequestToken: this.#token(),
          rotationLambdaARN: "hook",
          rotationRules: { scheduleExpression: "rate(4 hours)" },
          rotateImmediately: what.kind === "rotate",
        });
        break;
      case "cancel":
        this.cancelled += (await this.underWay()) ? 1 : 0;
        await app.perform(cancelRotation, SCHEDULE, CALLED);
        break;
      case "put":
        await this.put(this.#token(), what.value, undefined);
        this.current = what.value;
        break;
      case "unlabel": {
        const { version } = await this.pending();
        if (!version) break;
        const move = { versionStage: "AWSPENDING", removeFromVersionId: version.id };
        await app.perform(setVersionStage, SCHEDULE, { ...CALLED, ...move });
        break;
      }
      case "time":
        app.clock.advance(what.minutes * MINUTE_MS);
        break;
      case "behave":
        this.behaviours = [...what.next];
        break;
    }
    await this.pass();
  }

  async pass(): Promise<void> {
    await this.#schedule.pass();
    await this.#schedule.settled();
  }

  async put(token: string, value: string, stages: readonly string[] | undefined): Promise<void> {
    await this.#app.done(putValue, SCHEDULE, {
      ...CALLED,
      clientRequestToken: token,
      value: new Sensitive(value),
      versionStages: stages,
    });
  }

  readonly hook: HookRotator = {
    kind: "hook",
    take: async (step) => {
      const behaviour = this.behaviours.shift() ?? "done";
      if (behaviour === "failed" || behaviour === "final") {
        throw new RotatorFault("It does not.", { isFinal: behaviour === "final" });
      }
      await this.#take(step);
      if (behaviour === "lost") throw new RotatorFault("Nobody heard.", { isFinal: false });
      if (behaviour === "crash") throw new Error("as if the process had ended here");
    },
  };

  /** As AWS's templates do, again and again if need be. */
  async #take({ step, token }: HookStep): Promise<void> {
    const { secret } = await this.pending();
    const { state } = this.#app;
    const version = await state.read((view) => view.secrets.version(secret, { versionId: token }));
    if (!version) throw new RotatorFault("There is no such version.", { isFinal: false });
    if (step === "createSecret" && !version.hasPayload) {
      await this.put(token, `made by ${token}`, ["AWSPENDING"]);
    }
    if (step !== "finishSecret" || secret.currentVersion === version.number) return;
    const current = await state.read((view) => view.secrets.version(secret, { alias: "current" }));
    await this.#app.done(setVersionStage, SCHEDULE, {
      ...CALLED,
      versionStage: "AWSCURRENT",
      moveToVersionId: token,
      removeFromVersionId: current?.id,
    });
    this.current = `made by ${token}`;
  }

  pending() {
    return this.#app.state.read(async ({ secrets }) => {
      const [secret] = await secrets.secretsCalled(instanceOf(PLACE), "db");
      if (!secret) throw new Error("the secret is there");
      const version = await secrets.version(secret, { stage: "AWSPENDING" });
      return { secret, version };
    });
  }

  async underWay() {
    const { secret } = await this.pending();
    return this.#app.state.read(({ secrets }) => secrets.rotation(secret.id));
  }
}

async function holds(app: TestApp, world: World): Promise<void> {
  const { secret, version: pending } = await world.pending();
  const versions = await app.state.read(({ secrets }) => secrets.versions(secret));
  const numbers = new Set(versions.map(({ number }) => number));
  const labels = versions.flatMap(({ number }) => stagesOf(secret, number));
  // Each label is on one version, and that is one that there is.
  expect(new Set(labels).size).toBe(labels.length);
  for (const stage of ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]) {
    const at = versionAt(secret, stage);
    if (at !== 0) expect(numbers).toContain(at);
  }
  // The current value is the last one that anybody made that, and is there.
  const { payload } = await app.done(getValue, SCHEDULE, CALLED);
  expect(payload.kind === "arbitrary" && payload.payload.reveal()).toBe(world.current);
  const underWay = await world.underWay();
  if (underWay) expect(versions.map(({ id }) => id)).toContain(underWay.token);
  if (underWay && pending) expect(secret.rotator?.isEnabled).toBe(true);
  // What has begun ends once.
  const counted = (suffixes: readonly string[]) =>
    app
      .events()
      .filter(({ outcome }) => outcome === "success")
      .filter(({ operation }) =>
        suffixes.some(
          (one) =>
            operation === `secret.rotation.${one}` || operation === `secret.rotation-test.${one}`,
        ),
      ).length;
  const ended = counted(["succeed", "fail", "abandon"]) + world.cancelled;
  expect(counted(["start"]) - ended).toBe(underWay ? 1 : 0);
}

describe("a secret that is rotated", () => {
  it("has one current value at any time, and each rotation of it ends once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const found: { hook?: HookRotator } = {};
        const app = await openTestApp({ rotators: { find: () => found.hook } });
        try {
          await app.done(createNamedSecret, SCHEDULE, {
            name: "db",
            clientRequestToken: "0".repeat(32),
            value: new Sensitive("first"),
            forceOverwriteReplicaSecret: false,
          });
          const world = new World(app);
          found.hook = world.hook;
          for (const one of acts) {
            await world.act(one);
            await holds(app, world);
          }
          // Whatever happened, it comes to an end by itself, and the next one succeeds.
          world.behaviours = [];
          for (let i = 0; i < 4; i += 1) await world.act({ kind: "time", minutes: 20 });
          expect(await world.underWay()).toBeUndefined();
          await world.act({ kind: "rotate" });
          await holds(app, world);
          expect(app.events().map(({ operation }) => operation)).toContain(
            "secret.rotation.succeed",
          );
          expect(world.current).toMatch(/^made by /);
        } finally {
          await app.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
