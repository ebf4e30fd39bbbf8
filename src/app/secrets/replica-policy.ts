/**
 * The policy of a secret as its replicas have it, as with AWS: who may do what with it is said once, for every region it is
 * in. What the policy says of the secret in its own region, it says of the replica in the replica's.
 */

interface Regions {
  readonly from: string;
  readonly to: string;
}

const OF_STATEMENTS: ReadonlySet<string> = new Set(["Resource", "NotResource", "Condition"]);

/** The text as it is where no region stands in it; and what cannot be read, which denies everywhere. */
export function policyElsewhere(text: string | null, { from, to }: Regions): string | null {
  const region = new RegExp(`^(arn:[^:]*:secretsmanager:)${from}:`);
  if (text === null || !text.includes(`:${from}:`)) return text;
  try {
    return JSON.stringify(JSON.parse(text, inStatement));
  } catch {
    return text;
  }

  function inStatement(name: string, value: unknown): unknown {
    return OF_STATEMENTS.has(name) ? moved(value) : value;
  }

  function moved(value: unknown): unknown {
    if (typeof value === "string") return value.replace(region, `$1${to}:`);
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one)]));
  }
}
