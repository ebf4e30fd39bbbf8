/** Policies as they are kept, read: each text once, as long as it is asked for. */
import {
  readPolicy,
  type PolicyDocument,
  type PolicyKind,
} from "../../identity/statements/document.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Identity } from "../call.ts";

/** Texts that are remembered; the oldest goes for the newest, and is then read again. */
export const MAX_KNOWN_POLICIES = 2_000;

/** What is no policy any more, though it was kept as one: nothing is to be allowed by it. */
export type InForce = PolicyDocument | "unreadable";

const read: Readonly<Record<PolicyKind, Map<string, InForce>>> = {
  resource: new Map(),
  session: new Map(),
};

export function policyInForce(text: string, kind: PolicyKind): InForce {
  const known = read[kind].get(text);
  if (known) return known;
  const policy = readable(text, kind);
  const oldest = read[kind].keys().next().value;
  if (read[kind].size >= MAX_KNOWN_POLICIES && oldest !== undefined) read[kind].delete(oldest);
  read[kind].set(text, policy);
  return policy;
}

function readable(text: string, kind: PolicyKind): InForce {
  try {
    return readPolicy(text, kind);
  } catch (error) {
    if (error instanceof Refusal) return "unreadable";
    throw error;
  }
}

const NOTHING: PolicyDocument = { statements: [] };

/** What the caller's session may do at most; null where nothing bounds it. */
export function boundsOf({ bounds, signedBy }: Identity): InForce | null {
  if (bounds !== undefined) return policyInForce(bounds, "session");
  // Whoever somebody else's session was made for may do what its policy says, and it has none.
  return signedBy?.kind === "federated" ? NOTHING : null;
}
