/**
 * What identity costs on the way of a call: signing a token, knowing one again, deciding among a thousand policies of
 * one identity, its own or its access groups', looking the caller's credential and grants up, and a whole login: SQLite
 * on disk, the log in memory (what appending to the log on disk costs is `append.ts`). Ends with 1 when a promise is
 * missed.
 *
 *   node bench/tokens.ts [--rounds 5] [--policies 1000]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { IdentityApp, NOBODY } from "../src/app/identity/testing/identity-app.ts";
import { issueToken } from "../src/app/identity/issue-token.ts";
import { API_KEY_GRANT } from "../src/app/identity/login.ts";
import { openSession } from "../src/app/identity/open-session.ts";
import { openTestDatabase } from "../src/app/testing/assembly.ts";
import { newAccessGroupId } from "../src/identity/access-group.ts";
import { isAllowed, scopeOf, type Grant, type Resource } from "../src/identity/authorize.ts";
import type { Policy } from "../src/identity/policy.ts";
import type { TokenSubject, TokenTerms } from "../src/identity/token-claims.ts";
import { randomId } from "../src/kernel/ids.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    policies: { type: "string", default: "1000" },
  },
});
const ROUNDS = Number(options.rounds);
const POLICIES = Number(options.policies);
const GROUPS = 10;

/** What is promised, in µs; a login may take 500, which is 2,000 of them a second. */
const MAX_LOGIN_US = 500;
const MAX_KNOWN_TOKEN_US = 60;
const MAX_DECISION_US = 20;

const folder = mkdtempSync(join(tmpdir(), "keytrail-bench-"));
const database = openTestDatabase(join(folder, "state.db"));
const app = await IdentityApp.open({ database });

const { state, clock } = app.parts;
const { account, instance } = app.first;
const by = { createdAt: clock.now(), createdBy: "bench" };
const changed = { entityTag: "1-0", modifiedAt: clock.now(), modifiedBy: "bench" };
const { key } = await app.user("bench@example.com");
const { key: memberKey } = await app.user("member@example.com");
const credential = await state.read(({ identity }) => identity.credential(key.id));
if (!credential) throw new Error("the key has its owner");
const known: TokenSubject = { credential, profile: null };
await state.transact(async ({ identity, groups }) => {
  for (let n = 0; n < POLICIES; n++) await identity.putPolicy(policyOf(n, key.iamId));
  for (let g = 0; g < GROUPS; g++) {
    const id = newAccessGroupId();
    const of = { account: account.id, group: id, iamId: memberKey.iamId };
    await groups.putGroup({
      id,
      account: account.id,
      name: id,
      description: "",
      ...by,
      ...changed,
    });
    await groups.putMember({ ...of, kind: "user", rule: null, expiresAt: null, ...by });
    for (let n = g; n < POLICIES; n += GROUPS) await identity.putPolicy(policyOf(n, id));
  }
});

/** Each on a secret group of its own, so that a decision about another one has to look at all of them. */
function policyOf(n: number, subject: string): Policy {
  return {
    id: randomId(),
    account: account.id,
    subject,
    roles: ["SecretsReader"],
    resource: {
      service: "secrets-manager",
      region: instance.region,
      instance: instance.id,
      secretGroup: `group-${n}`,
    },
    description: "",
    state: "active",
    ...by,
    ...changed,
  };
}

/** The median over the rounds of the microseconds that one of the things done takes; the first round warms up. */
async function measure(
  name: string,
  {
    runs,
    each = 1,
    maxUs = Number.POSITIVE_INFINITY,
  }: { readonly runs: number; readonly each?: number; readonly maxUs?: number },
  work: () => unknown,
): Promise<void> {
  const figures: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const startedMs = performance.now();
    for (let run = 0; run < runs; run++) await work();
    if (round > 0) figures.push(((performance.now() - startedMs) * 1_000) / (runs * each));
  }
  const median = figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
  const rate = Math.round(1_000_000 / median).toLocaleString("en");
  const isMissed = median > maxUs;
  if (isMissed) process.exitCode = 1;
  const figure = `${median.toFixed(1).padStart(8)} µs ${rate.padStart(11)} /s`;
  console.log(`${name.padEnd(66)} ${figure}${isMissed ? `  missed: ${maxUs} µs` : ""}`);
}

const terms: TokenTerms = {
  session: { id: randomId(), beganAt: clock.now(), isKept: false },
  clientId: "default",
  grantType: API_KEY_GRANT,
  now: clock.now(),
  lifetimeS: 3_600,
};
const token = (await app.tokens.issue(known, terms)).token.reveal();
const grantsOf = (iamId: string): Promise<readonly Grant[]> =>
  state.read(({ identity }) => identity.grantsOf(iamId, account.id, clock.now()));
const grants = await grantsOf(key.iamId);
const place = { account: account.id, region: instance.region, instance: instance.id };
const inGroup = (secretGroup: string): Resource => ({
  service: "secrets-manager",
  place,
  secretGroup,
});
const last = inGroup(`group-${POLICIES - 1}`);
const none = inGroup("another");

const SIGNED = 500;
const fresh: string[] = [];
for (let n = 0; n < SIGNED * (ROUNDS + 1); n++) {
  fresh.push((await app.tokens.issue(known, terms)).token.reveal());
}

await measure("a token is signed", { runs: SIGNED }, () => app.tokens.issue(known, terms));
await measure("a token is verified, the first time", { runs: SIGNED }, () =>
  app.tokens.verify(fresh.pop() ?? "", clock.now()),
);
await measure("a token is verified, after that", { runs: 5_000, maxUs: MAX_KNOWN_TOKEN_US }, () =>
  app.tokens.verify(token, clock.now()),
);
await measure("a bearer token becomes a caller", { runs: 5_000 }, () => app.authenticated(token));

const decision = { runs: 5_000, maxUs: MAX_DECISION_US };
await measure(`yes, by the last of ${POLICIES} policies`, decision, () =>
  isAllowed(grants, "secret.read", last),
);
await measure(`no, after all of ${POLICIES} policies`, decision, () =>
  isAllowed(grants, "secret.read", none),
);
await measure(`no, with the look-up of the ${POLICIES} policies`, decision, async () =>
  isAllowed(await grantsOf(key.iamId), "secret.read", none),
);
const ofGroups = `no, with the look-up of ${POLICIES} policies of ${GROUPS} access groups`;
await measure(ofGroups, decision, async () =>
  isAllowed(await grantsOf(memberKey.iamId), "secret.read", none),
);
let changes = 0;
await measure(
  "the same after a change of anybody's policies, with its commit",
  { runs: 20 },
  async () => {
    const policy = policyOf(++changes, app.first.administrator.iamId);
    await state.transact(({ identity }) => identity.putPolicy({ ...policy, id: "changing" }));
    return isAllowed(await grantsOf(memberKey.iamId), "secret.read", none);
  },
);
await measure(`in which groups, by ${POLICIES} policies`, { runs: 500 }, () =>
  scopeOf(grants, "secret.list", { service: "secrets-manager", place }),
);

const login = { client_id: "default", grant_type: API_KEY_GRANT, apiKey: key.value } as const;
const AT_ONCE = 64;
await measure("a login, one after the other", { runs: 200, maxUs: MAX_LOGIN_US }, () =>
  app.perform(issueToken, NOBODY, login),
);
await measure(`a login, ${AT_ONCE} at once`, { runs: 5, each: AT_ONCE }, () =>
  Promise.all(Array.from({ length: AT_ONCE }, () => app.perform(issueToken, NOBODY, login))),
);
await measure("a login that gives a refresh token", { runs: 200 }, () =>
  app.perform(openSession, NOBODY, { ...login, client_id: "bx" }),
);

await app.close();
rmSync(folder, { recursive: true });
