/**
 * Trust policies (C2SP tlog-policy): which logs a verifier knows, which witnesses, and how many of those must have
 * cosigned a checkpoint before it is believed.
 *
 *     log       audit.example.com/log+33d7b496+AeHTu4Q3hEIM…
 *     witness   laptop  witness.example/laptop+8d66cf3f+BGqV…
 *     witness   ci      witness.example/ci+2a8e1f00+BPo1…
 *     group     both    all laptop ci
 *     quorum    both
 */
import { parseCheckpointText } from "./checkpoint.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import { cosignatureTime, cosignatureVerifier } from "./cosignature.ts";
import type { UnixSeconds } from "./cosignature.ts";
import { NoteError, ed25519Verifier, openNote } from "./note.ts";
import type { NoteSignature, NoteVerifier } from "./note.ts";
import { KeyError, parseVkey } from "./vkey.ts";
import { toHex } from "../kernel/bytes.ts";

/** C2SP asks for at least 32 of each; a policy is read by people, so many more is a mistake. */
export const MAX_POLICY_LINES = 1_000;

export class PolicyError extends Error {
  override readonly name = "PolicyError";
  /** Counted from one; 0 when the fault is of the whole file. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(line > 0 ? `line ${line}: ${message}` : message);
    this.line = line;
  }
}

export interface PolicyKey {
  readonly vkey: string;
  readonly url: string | undefined;
}

export interface PolicyWitness extends PolicyKey {
  readonly kind: "witness";
  /** The name the policy gives it, which may differ from its key's. */
  readonly name: string;
}

export interface PolicyGroup {
  readonly kind: "group";
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly PolicyMember[];
}

export type PolicyMember = PolicyWitness | PolicyGroup;

export interface Policy {
  readonly logs: readonly PolicyKey[];
  readonly witnesses: readonly PolicyWitness[];
  /** Undefined for `quorum none`: the log's own signature suffices. */
  readonly quorum: PolicyMember | undefined;
}

export interface WitnessedBy {
  readonly name: string;
  readonly time: UnixSeconds;
}

export interface VerifiedCheckpoint extends SignedCheckpoint {
  readonly logVkey: string;
  /** The policy's witnesses whose cosignatures verified, by the policy's names for them. */
  readonly witnessedBy: readonly WitnessedBy[];
}

/** The policy of someone who knows a log's key and no witness. */
export function policyOfLog(logVkey: string): Policy {
  ed25519Verifier(logVkey);
  return { logs: [{ vkey: logVkey, url: undefined }], witnesses: [], quorum: undefined };
}

/** The policy, for that log if it names none: C2SP lets a policy leave the log to its user. */
export function withLog(policy: Policy, logVkey: string): Policy {
  return policy.logs.length > 0 ? policy : { ...policy, logs: policyOfLog(logVkey).logs };
}

/**
 * Opens a checkpoint by a policy: signed by one of its logs under that log's origin, cosigned by its quorum, and with
 * no failing signature by any key the policy names. Throws NoteError.
 */
export function verifyCheckpoint(note: string, policy: Policy): VerifiedCheckpoint {
  const logs = policy.logs.map(({ vkey }) => ({ vkey, verifier: ed25519Verifier(vkey) }));
  const witnesses = policy.witnesses.map((w) => ({
    name: w.name,
    verifier: cosignatureVerifier(w.vkey),
  }));
  const opened = openNote(
    note,
    [...logs, ...witnesses].map((known) => known.verifier),
  );
  const head = parseCheckpointText(opened.text);
  const log = logs.find(
    ({ verifier }) => verifier.name === head.origin && signatureOf(verifier, opened.verified),
  );
  if (log === undefined) {
    throw new NoteError("unverified", `no log the policy knows has signed as "${head.origin}"`);
  }
  const witnessedBy = witnesses.flatMap(({ name, verifier }) => {
    const payload = signatureOf(verifier, opened.verified)?.signature;
    const time = payload && cosignatureTime(payload);
    return time === undefined ? [] : [{ name, time }];
  });
  const names = new Set(witnessedBy.map((w) => w.name));
  if (policy.quorum !== undefined && !isWitnessed(policy.quorum, names)) {
    const by = [...names].join(", ") || "none of its witnesses";
    throw new NoteError("unverified", `quorum "${policy.quorum.name}" not met: cosigned by ${by}`);
  }
  return { ...head, text: note, logVkey: log.vkey, witnessedBy };
}

/** Whether the witnesses named suffice for a member of the policy. */
export function isWitnessed(member: PolicyMember, cosigned: ReadonlySet<string>): boolean {
  if (member.kind === "witness") return cosigned.has(member.name);
  return member.members.filter((m) => isWitnessed(m, cosigned)).length >= member.threshold;
}

/** Parses a policy file. Throws PolicyError naming the line. */
export function parsePolicy(text: string): Policy {
  return new PolicyParser().parse(text);
}

class PolicyParser {
  readonly #logs: PolicyKey[] = [];
  readonly #members = new Map<string, PolicyMember>();
  readonly #publicKeys = { log: new Set<string>(), witness: new Set<string>() };
  readonly #grouped = new Set<string>();
  #quorum: { readonly member: PolicyMember | undefined } | undefined;
  #line = 0;

  parse(text: string): Policy {
    const lines = text.split("\n");
    if (lines.length > MAX_POLICY_LINES) {
      throw new PolicyError(0, `a policy has at most ${MAX_POLICY_LINES} lines`);
    }
    for (const [index, line] of lines.entries()) {
      this.#line = index + 1;
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) {
        this.#fail("control characters other than tab are not allowed");
      }
      const words = line.split(/[ \t]+/).filter((word) => word !== "");
      if (words[0] !== undefined && !words[0].startsWith("#")) this.#take(words);
    }
    if (this.#quorum === undefined) throw new PolicyError(0, 'there is no "quorum" line');
    const witnesses = [...this.#members.values()].filter((m) => m.kind === "witness");
    return { logs: this.#logs, witnesses, quorum: this.#quorum.member };
  }

  #take([keyword = "", ...words]: readonly string[]): void {
    switch (keyword) {
      case "log":
        return this.#log(words);
      case "witness":
        return this.#witness(words);
      case "group":
        return this.#group(words);
      case "quorum":
        return this.#setQuorum(words);
      default:
        return this.#fail(`"${keyword}" is not log, witness, group or quorum`);
    }
  }

  #log(words: readonly string[]): void {
    const [vkey, url, ...rest] = words;
    if (vkey === undefined || rest.length > 0) this.#fail("a log is: log <vkey> [<url>]");
    this.#checkKey("log", vkey);
    this.#logs.push({ vkey, url });
  }

  #witness(words: readonly string[]): void {
    const [name, vkey, url, ...rest] = words;
    if (name === undefined || vkey === undefined || rest.length > 0) {
      this.#fail("a witness is: witness <name> <vkey> [<url>]");
    }
    this.#checkKey("witness", vkey);
    this.#define({ kind: "witness", name, vkey, url });
  }

  #group(words: readonly string[]): void {
    const [name, count, ...names] = words;
    if (name === undefined || count === undefined || names.length === 0) {
      this.#fail("a group is: group <name> <k|any|all> <members…>");
    }
    const members = names.map((member) => {
      if (this.#grouped.has(member)) this.#fail(`"${member}" is already a member of a group`);
      this.#grouped.add(member);
      return this.#lookUp(member);
    });
    const threshold = this.#threshold(count, members.length);
    this.#define({ kind: "group", name, threshold, members });
  }

  #threshold(count: string, members: number): number {
    if (count === "any") return 1;
    if (count === "all") return members;
    const threshold = /^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : 0;
    if (threshold < 1 || threshold > members) {
      this.#fail(`"${count}" is not any, all or a number from 1 to ${members}`);
    }
    return threshold;
  }

  #setQuorum(words: readonly string[]): void {
    const [name, ...rest] = words;
    if (name === undefined || rest.length > 0) this.#fail("a quorum is: quorum <name|none>");
    if (this.#quorum !== undefined) this.#fail("there is more than one quorum line");
    this.#quorum = { member: name === "none" ? undefined : this.#lookUp(name) };
  }

  #define(member: PolicyMember): void {
    if (member.name === "none") this.#fail('"none" is taken: it means no quorum');
    if (this.#members.has(member.name)) this.#fail(`"${member.name}" is defined twice`);
    this.#members.set(member.name, member);
  }

  #lookUp(name: string): PolicyMember {
    return this.#members.get(name) ?? this.#fail(`"${name}" is not defined above this line`);
  }

  // The same key under two names could meet a quorum of two alone, so keys are compared, not names.
  #checkKey(role: "log" | "witness", vkey: string): void {
    try {
      if (role === "log") ed25519Verifier(vkey);
      else cosignatureVerifier(vkey);
    } catch (error) {
      if (error instanceof KeyError) this.#fail(error.message);
      throw error;
    }
    const publicKey = toHex(parseVkey(vkey).publicKey);
    if (this.#publicKeys[role].has(publicKey)) this.#fail(`this ${role}'s key is listed twice`);
    this.#publicKeys[role].add(publicKey);
  }

  #fail(message: string): never {
    throw new PolicyError(this.#line, message);
  }
}

function signatureOf(
  verifier: NoteVerifier,
  signatures: readonly NoteSignature[],
): NoteSignature | undefined {
  return signatures.find((s) => s.name === verifier.name && s.keyId === verifier.keyId);
}
