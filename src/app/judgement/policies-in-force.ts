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
/** And their characters, each of which takes up to twenty bytes once it is read. */
export const MAX_KNOWN_CHARS = 4_000_000;

/** What is no policy any more, though it was kept as one: nothing is to be allowed by it. */
export type InForce = PolicyDocument | "unreadable";

interface Known {
  readonly policies: Map<string, InForce>;
  chars: number;
}

const read: Readonly<Record<PolicyKind, Known>> = {
  resource: { policies: new Map(), chars: 0 },
  session: { policies: new Map(), chars: 0 },
};

export function policyInForce(text: string, kind: PolicyKind): InForce {
  const known = read[kind];
  const held = known.policies.get(text);
  if (held) return held;
  const policy = readable(text, kind);
  known.policies.set(text, policy);
  known.chars += text.length;
  for (const oldest of known.policies.keys()) {
    if (known.policies.size <= MAX_KNOWN_POLICIES && known.chars <= MAX_KNOWN_CHARS) break;
    known.policies.delete(oldest);
    known.chars -= oldest.length;
  }
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
