/**
 * Staging labels against a model of them: every sequence of creations, new values and moved labels, by clients that ask
 * twice and clients that are behind, ends as the model says.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { describeSecret } from "./describe-secret.ts";
import { getValue } from "./get-value.ts";
import { putValue } from "./put-value.ts";
import { setVersionStage } from "./set-version-stage.ts";
import { revealed } from "./testing/inputs.ts";
import { updateSecret } from "./update-secret.ts";

type Step =
  | { readonly kind: "create"; readonly token: string; readonly value: string | undefined }
  | {
      readonly kind: "put";
      readonly token: string;
      readonly value: string;
      readonly stages: readonly string[] | undefined;
    }
  | { readonly kind: "update"; readonly token: string; readonly value: string | undefined }
  | {
      readonly kind: "move";
      readonly stage: string;
      readonly to: string | undefined;
      readonly from: string | undefined;
    };

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";

/** What AWS documents of labels, said once more and as plainly as it can be. */
class Model {
  isThere = false;
  readonly values = new Map<string, string>();
  /** Which version a label is on. */
  readonly at = new Map<string, string>();

  /** The refusal's code, or undefined when the step is done. */
  apply(step: Step): string | undefined {
    if (step.kind === "create") return this.#create(step);
    if (!this.isThere) return "not_found";
    if (step.kind === "put") return this.#give(step.token, step.value, step.stages ?? [CURRENT]);
    if (step.kind === "move") return this.#move(step);
    return step.value === undefined ? undefined : this.#give(step.token, step.value, [CURRENT]);
  }

  #create({ token, value }: Step & { readonly kind: "create" }): string | undefined {
    if (this.isThere) {
      return value !== undefined && this.values.get(token) === value ? undefined : "conflict";
    }
    this.isThere = true;
    return value === undefined ? undefined : this.#give(token, value, [CURRENT]);
  }

  #give(token: string, value: string, stages: readonly string[]): string | undefined {
    const known = this.values.get(token);
    if (known !== undefined) return known === value ? undefined : "conflict";
    const isFirst = !this.at.has(CURRENT);
    this.values.set(token, value);
    if (isFirst) this.#put(CURRENT, token);
    for (const stage of stages) if (stage !== CURRENT) this.#put(stage, token);
    if (stages.includes(CURRENT)) this.#put(CURRENT, token);
    return undefined;
  }

  #move({ stage, to, from }: Step & { readonly kind: "move" }): string | undefined {
    if (to !== undefined && !this.values.has(to)) return "not_found";
    if (from !== undefined && !this.values.has(from)) return "not_found";
    const holder = this.at.get(stage);
    if (from !== undefined && from !== holder) return "invalid_request";
    if (from === undefined && (holder === undefined ? to === undefined : to !== holder)) {
      return "invalid_request";
    }
    if (to === undefined && stage === CURRENT) return "invalid_request";
    if (to === undefined) this.at.delete(stage);
    else this.#put(stage, to);
    return undefined;
  }

  #put(stage: string, id: string): void {
    const current = this.at.get(CURRENT);
    if (stage === CURRENT && current !== undefined && current !== id)
      this.at.set(PREVIOUS, current);
    this.at.set(stage, id);
  }
}

const tokens = ["a", "b", "c", "d"].map((char) => char.repeat(32));
const token = fc.constantFrom(...tokens);
const value = fc.constantFrom("one", "two");
const stage = fc.constantFrom(CURRENT, PREVIOUS, "BLUE", "GREEN");
const steps = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    token,
    value: fc.option(value, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("put" as const),
    token,
    value,
    stages: fc.option(fc.uniqueArray(stage, { minLength: 1 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("update" as const),
    token,
    value: fc.option(value, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("move" as const),
    stage,
    to: fc.option(token, { nil: undefined }),
    from: fc.option(token, { nil: undefined }),
  }),
);

let app: TestApp;
let manager: Caller;
let made = 0;

beforeAll(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterAll(() => app.close());

const given = (text: string): Sensitive<string | Uint8Array> => new Sensitive(text);

async function apply(name: string, step: Step): Promise<string | undefined> {
  const which = { secretId: name, called: [{ name, suffix: null }] };
  const performed = await (() => {
    switch (step.kind) {
      case "create":
        return app.perform(createNamedSecret, manager, {
          name,
          clientRequestToken: step.token,
          value: step.value === undefined ? undefined : given(step.value),
          forceOverwriteReplicaSecret: false,
        });
      case "put":
        return app.perform(putValue, manager, {
          ...which,
          clientRequestToken: step.token,
          value: given(step.value),
          versionStages: step.stages,
        });
      case "update":
        return app.perform(updateSecret, manager, {
          ...which,
          clientRequestToken: step.token,
          giving:
            step.value === undefined ? undefined : { token: step.token, value: given(step.value) },
        });
      case "move":
        return app.perform(setVersionStage, manager, {
          ...which,
          versionStage: step.stage,
          moveToVersionId: step.to,
          removeFromVersionId: step.from,
        });
    }
  })();
  return performed.kind === "refused" ? performed.refusal.code : undefined;
}

/** What is there, by labels and by values. */
async function seen(name: string, ids: readonly string[]) {
  const which = { secretId: name, called: [{ name, suffix: null }] };
  const { labelled } = await app.done(describeSecret, manager, which);
  const at = labelled.flatMap(({ versionId, stages }) =>
    stages.map((label) => [label, versionId] as const),
  );
  const values = await Promise.all(
    ids.map(async (versionId) => {
      const { payload } = await app.done(getValue, manager, { ...which, versionId });
      return [versionId, revealed(payload)] as const;
    }),
  );
  return { at, values };
}

describe("staging labels", () => {
  it("are where the model has them, and every version keeps its value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 20 }), async (sequence) => {
        const name = `secret-${++made}`;
        const model = new Model();
        for (const step of sequence) {
          const before = app.events().length;
          expect([step, await apply(name, step)]).toEqual([step, model.apply(step)]);
          // Asked once or twice, done or refused: one event each.
          expect(app.events().length).toBe(before + 1);
          if (!model.isThere) continue;
          const { at, values } = await seen(name, [...model.values.keys()]);
          expect(Object.fromEntries(at)).toEqual(Object.fromEntries(model.at));
          expect(values).toEqual([...model.values]);
          const current = at.filter(([label]) => label === CURRENT);
          expect(current.length).toBe(model.values.size === 0 ? 0 : 1);
          expect(new Set(at.map(([label]) => label)).size).toBe(at.length);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
