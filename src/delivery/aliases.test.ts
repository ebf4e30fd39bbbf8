import { describe, expect, it } from "vitest";
import { withoutAliases } from "./aliases.ts";
import type { Definition } from "./definition.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const OTHERS = "fedcba9876543210fedcba9876543210";
const ID = "0b5571f7-21e6-42b7-91c5-3f5ac9793a46";
const LOGS = "crn:v1:bluemix:public:logs:eu-de:a/0123456789abcdef0123456789abcdef:guid::";

function definition(id: string, changes: Partial<Definition> = {}): Definition {
  return {
    id,
    name: id,
    sink: { kind: "json" },
    credentials: { token: `of-${id}` },
    selection: { account: ACCOUNT, includesOperators: false, filter: "", routing: null },
    isPaused: false,
    isPinned: false,
    maxBacklog: null,
    start: { id, index: 0 },
    ...changes,
  };
}

const everybodys = { account: null, includesOperators: true, filter: "", routing: null };
const routed = { account: ACCOUNT, includesOperators: false, filter: "x", routing: null };

function alias(crn: string): Definition {
  const sink = { kind: "alias", crn };
  return definition("alias", { sink, credentials: {}, selection: routed, name: "another-name" });
}

/** What becomes of an alias beside others. */
function resolved(crn: string, others: readonly Definition[]): Definition | undefined {
  return withoutAliases([...others, alias(crn)]).find(({ id }) => id === "alias");
}

const ofTarget = (account: string, id = ID) =>
  `crn:v1:bluemix:public:atracker:eu-de:a/${account}::target:${id}`;

describe("a destination that is another name for one", () => {
  it("has the receiver and the credentials of that one, and everything else of its own", () => {
    const found = resolved(ofTarget(ACCOUNT), [definition(ID)]);
    expect(found).toEqual({
      ...alias(ofTarget(ACCOUNT)),
      sink: { kind: "json" },
      credentials: { token: `of-${ID}` },
    });
  });

  it("reaches what the operator has pinned under that CRN, where only the operator's may be", () => {
    const pinned = definition("pinned:logs", { isPinned: true, crn: LOGS, selection: everybodys });
    expect(resolved(LOGS, [pinned])).toMatchObject({
      id: "alias",
      isPinned: true,
      credentials: { token: "of-pinned:logs" },
      selection: routed,
    });
  });

  it("goes nowhere when nothing is called so, or it is none of the account's", () => {
    const unresolved = alias(LOGS);
    const pinned = definition("pinned:logs", { isPinned: true, selection: everybodys });
    expect(resolved(LOGS, [pinned])).toEqual(unresolved);
    const theirs = { ...everybodys, account: OTHERS };
    expect(resolved(LOGS, [{ ...pinned, crn: LOGS, selection: theirs }])).toEqual(unresolved);
    const other = definition(ID, { selection: theirs });
    expect(resolved(ofTarget(OTHERS), [other])).toEqual(alias(ofTarget(OTHERS)));
    expect(resolved(ofTarget(ACCOUNT), [other])).toEqual(alias(ofTarget(ACCOUNT)));
    expect(resolved(ofTarget(ACCOUNT, "alias"), [])).toEqual(alias(ofTarget(ACCOUNT, "alias")));
  });

  it("waits as long as that one waits for its credentials", () => {
    const waiting = definition(ID, { isWaiting: true, credentials: {} });
    expect(resolved(ofTarget(ACCOUNT), [waiting])?.isWaiting).toBe(true);
  });
});
