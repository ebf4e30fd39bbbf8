/** Has the log's checkpoints cosigned by the configured witnesses, and serves what they cosigned. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../config.ts";
import type { Clock, Millis } from "../kernel/clock.ts";
import type { SignedCheckpoint } from "../ledger/checkpoint.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { COSIGNED_FILE, Cosigners, type WitnessOutcome } from "../ledger/witness-client.ts";
import { parsePolicy, PolicyError } from "../ledger/witness-policy.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import type { WriteLog } from "./log.ts";

/** How often the newest checkpoint is shown to the witnesses that have not cosigned it. */
export const ASK_INTERVAL_MS = 1_000;
/** A cosigned checkpoint is served in place of a newer, bare one for this long. */
export const COSIGNED_MAX_AGE_MS = 10_000;

export interface Witnessing {
  /** What `/log/checkpoint` shows: cosigned if the witnesses keep up, else the newest. */
  checkpoint(): SignedCheckpoint;
  /** The newest cosigned one, for receipts. */
  cosigned(): SignedCheckpoint | undefined;
  /** Asks all of them now, and resolves to a cosigned one of at least that size; undefined when no witness answers in time. */
  cosign(size: number): Promise<SignedCheckpoint | undefined>;
  /** Asks all of them once more and waits for the answers. */
  stop(): Promise<void>;
}

interface WitnessingConfig {
  readonly policyFile: string | null;
  /** Where the ledger lies: what was cosigned is kept with it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: WriteLog;
}

export function startWitnessing(ledger: Ledger, config: WitnessingConfig): Witnessing {
  const { policyFile } = config;
  if (policyFile === null) {
    return {
      checkpoint: () => ledger.checkpoint(),
      cosigned: () => undefined,
      cosign: async () => undefined,
      stop: async () => {},
    };
  }
  return new AskingWitnesses(ledger, { ...config, policyFile });
}

class AskingWitnesses implements Witnessing {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #log: WriteLog;
  readonly #folder: string;
  readonly #cosigners: Cosigners;
  readonly #timer: NodeJS.Timeout;
  readonly #complaints = new Map<string, string>();
  #asking: Promise<void> | undefined;
  /** What the file of the last cosigned checkpoint holds. */
  #kept: string | undefined;
  #cosignedAt: Millis = 0;

  constructor(ledger: Ledger, config: WitnessingConfig & { readonly policyFile: string }) {
    this.#ledger = ledger;
    this.#clock = config.clock;
    this.#log = config.log;
    this.#folder = config.folder;
    this.#cosigners = new Cosigners({
      witnesses: endpointsOf(config.policyFile),
      consistencyProof: (size1, size2) => ledger.consistencyProof(size1, size2),
      onOutcome: (outcome) => this.#heard(outcome),
    });
    this.#timer = setInterval(() => void this.#ask("due"), ASK_INTERVAL_MS).unref();
  }

  checkpoint(): SignedCheckpoint {
    const newest = this.#ledger.checkpoint();
    const { latest } = this.#cosigners;
    const isFresh = this.#clock.now() - this.#cosignedAt <= COSIGNED_MAX_AGE_MS;
    return latest && (latest.size === newest.size || isFresh) ? latest : newest;
  }

  cosigned(): SignedCheckpoint | undefined {
    return this.#cosigners.latest;
  }

  async cosign(size: number): Promise<SignedCheckpoint | undefined> {
    await this.#ledger.publish();
    // The one under way may be of a head before.
    await this.#asking;
    await this.#ask("all");
    const { latest } = this.#cosigners;
    return latest && latest.size >= size ? latest : undefined;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
    await this.#ask("all");
  }

  #ask(whom: "all" | "due"): Promise<void> {
    this.#asking ??= this.#askNow(whom).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askNow(whom: "all" | "due"): Promise<void> {
    const checkpoint = this.#ledger.checkpoint();
    if (checkpoint.size === 0) return;
    try {
      // Also of a head that stands still: it may lack the cosignature of a witness that was away.
      const { text } = await this.#cosigners.collect(checkpoint, whom);
      if (text === checkpoint.text || text === this.#kept) return;
      await replacePrivateFile(join(this.#folder, COSIGNED_FILE), text);
      this.#kept = text;
    } catch (error) {
      this.#log({ level: "warn", message: "The witnesses could not be asked.", error });
    }
  }

  /** Each witness's trouble is told once, and so is its end. */
  #heard(outcome: WitnessOutcome): void {
    if (outcome.kind === "cosigned") this.#cosignedAt = this.#clock.now();
    if (outcome.kind === "busy") return;
    const before = this.#complaints.get(outcome.witness);
    if (before === outcome.kind) return;
    this.#complaints.set(outcome.witness, outcome.kind);
    if (outcome.kind !== "cosigned") {
      this.#log({
        level: "warn",
        message: `Witness ${outcome.witness} does not cosign: ${outcome.kind}.`,
      });
    } else if (before !== undefined) {
      this.#log({ level: "info", message: `Witness ${outcome.witness} cosigns again.` });
    }
  }
}

function endpointsOf(policyFile: string): { readonly vkey: string; readonly url: string }[] {
  try {
    const policy = parsePolicy(readFileSync(policyFile, "utf8"));
    const endpoints = policy.witnesses.flatMap(({ vkey, url }) =>
      url === undefined ? [] : [{ vkey, url }],
    );
    if (endpoints.length > 0) return endpoints;
  } catch (cause) {
    const problem = cause instanceof PolicyError ? cause.message : "it cannot be read";
    throw new ConfigError(`The witness policy ${policyFile} is of no use: ${problem}.`, { cause });
  }
  throw new ConfigError(`The witness policy ${policyFile} names no witness with a URL.`);
}
