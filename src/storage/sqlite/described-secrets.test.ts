/** Pages of secrets, against all of them filtered and sorted in memory. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../../app/call.ts";
import { createSecret } from "../../app/secrets/create-secret.ts";
import { arbitrary } from "../../app/secrets/testing/inputs.ts";
import { openTestApp, PLACE, type TestApp } from "../../app/testing/test-app.ts";
import {
  FILTER_KEYS,
  hasWords,
  termOf,
  wordsIn,
  type Condition,
  type DescribedQuery,
} from "../../secrets/secret-filter.ts";
import type { Position } from "../../secrets/paging.ts";
import type { Secret } from "../../secrets/secret.ts";

const AT = { account: PLACE.account, instance: PLACE.instance };
const RUNS = 300;

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const TEXTS = ["prod", "Prod", "prod/db", "dbServer", "a b", "x", "", "dev-mail", "the main db"];

async function makeSecrets(): Promise<readonly Secret[]> {
  const secrets: Secret[] = [];
  for (const [i, text] of TEXTS.entries()) {
    // Some of one moment, and some names that others begin with.
    app.clock.advance(i % 2);
    const name = `${text.replaceAll(" ", "_") || "empty"}${i % 3}`;
    const { id } = await app.done(createSecret, manager, arbitrary(name));
    await app.state.transact(async ({ secrets: store }) => {
      const secret = await store.secret(AT, id);
      if (!secret) throw new Error("it was made");
      const tags: Record<string, string> =
        i % 4 === 0 ? {} : { [TEXTS[(i + 3) % 9] || "k"]: TEXTS[(i + 5) % 9] ?? "", x: `v"${i}` };
      const made: Secret = {
        ...secret,
        description: i % 5 === 0 ? null : `${TEXTS[(i + 1) % 9]} ${TEXTS[(i + 2) % 9]}`,
        tags,
        replicaOf: i === 3 ? { secretId: "elsewhere", region: "eu-de" } : null,
        deletion: i === 7 ? { requestedAt: 1, dueAt: 2 } : null,
        updatedAt: secret.updatedAt + ((i * 5) % 7),
      };
      await store.updateSecret(made);
      secrets.push(made);
    });
  }
  return secrets;
}

function holds({ key, values }: Condition, secret: Secret): boolean {
  return values.map(termOf).some(({ text, isNegated }) => isTrue(key, text, secret) !== isNegated);
}

function isTrue(key: Condition["key"], text: string, secret: Secret): boolean {
  const { name, description, tags, replicaOf } = secret;
  const words = wordsIn(text);
  switch (key) {
    case "name":
      return name.startsWith(text);
    case "description":
      return hasWords(description ?? "", words);
    case "tag-key":
      return Object.keys(tags).some((tag) => tag.startsWith(text));
    case "tag-value":
      return Object.values(tags).some((tag) => tag.startsWith(text));
    case "primary-region":
      return replicaOf?.region.startsWith(text) ?? false;
    case "owning-service":
      return false;
    case "all":
      return [name, description ?? "", ...Object.entries(tags).flat()].some((one) =>
        hasWords(one, words),
      );
  }
}

const text = fc.oneof(
  fc.constantFrom(...TEXTS, "pro", "D", "ser", "main the", "eu", "v", "-"),
  fc.stringMatching(/^[a-dA-D /]{0,3}$/),
);
const condition: fc.Arbitrary<Condition> = fc.record({
  key: fc.constantFrom(...FILTER_KEYS),
  values: fc.array(
    fc.tuple(fc.boolean(), text).map(([isNegated, one]) => (isNegated ? `!${one}` : one)),
    { minLength: 1, maxLength: 3 },
  ),
});
const query = fc.record({
  conditions: fc.array(condition, { maxLength: 3 }),
  includesDeleted: fc.boolean(),
  sort: fc.constantFrom("createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name"),
  limit: fc.integer({ min: 1, max: 4 }),
});

type Asked = Pick<DescribedQuery, "conditions" | "includesDeleted" | "limit"> & {
  readonly sort: "createdAt" | "-createdAt" | "updatedAt" | "-updatedAt" | "name" | "-name";
};

async function pages(asked: Asked): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: Position | undefined;
  for (;;) {
    const from = { ...asked, after, region: PLACE.region };
    const page = await app.state.read(({ secrets }) => secrets.describedSecrets(AT, from));
    ids.push(...page.map(({ secret }) => secret.id));
    if (page.length < asked.limit) return ids;
    after = page.at(-1)?.position;
  }
}

function expected(all: readonly Secret[], { sort, conditions, includesDeleted }: Asked): string[] {
  const isDescending = sort.startsWith("-");
  const field = (isDescending ? sort.slice(1) : sort) as "createdAt" | "updatedAt" | "name";
  const ordered = all
    .filter((secret) => includesDeleted || !secret.deletion)
    .filter((secret) => conditions.every((one) => holds(one, secret)))
    .toSorted((a, b) => compared(a[field], b[field]) || compared(a.id, b.id));
  return (isDescending ? ordered.toReversed() : ordered).map(({ id }) => id);
}

function compared(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}

describe("pages of described secrets", () => {
  it("are together what the filters leave, in order, whatever the size of a page", async () => {
    const all = await makeSecrets();
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        expect(await pages(asked)).toEqual(expected(all, asked));
      }),
      { numRuns: RUNS },
    );
  });

  it("are found by an index, as far as they are asked for in an order that has one", () => {
    const plans: string[] = [];
    for (const order of ["created_at", "name"]) {
      const rows = app.database.all(
        `EXPLAIN QUERY PLAN SELECT s.id FROM secrets s WHERE s.account = 'a' AND s.instance = 'i'
         AND s.deletion_due_at IS NULL AND (s.${order}, s.id) > ('x', 'y') ORDER BY s.${order}, s.id LIMIT 10`,
      );
      plans.push(rows.map((row) => String(row["detail"])).join("; "));
    }
    expect(plans[0]).toContain("secrets_by_creation");
    for (const plan of plans) expect(plan).not.toContain("SCAN");
  });
});
