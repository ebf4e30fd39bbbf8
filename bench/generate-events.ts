/**
 * Believable audit events in any number: the catalogue's operations in the proportions of a busy installation,
 * a hundred thousand secrets and twenty thousand identities of which few do most, a few in a hundred refused.
 * The same seed gives the same lines, so figures from two machines are about the same data.
 */
import { catalogue, operationNames, serviceOf } from "../src/audit/catalogue.ts";
import type { OperationName, Row } from "../src/audit/catalogue.ts";
import { crn } from "../src/audit/crn.ts";
import { encodeEvent } from "../src/audit/event.ts";
import type { EventDraft, Initiator } from "../src/audit/event.ts";
import { toRfc3339 } from "../src/kernel/clock.ts";
import type { Millis } from "../src/kernel/clock.ts";
import type { EventId } from "../src/kernel/ids.ts";

export const TARGETS = 100_000;
export const INITIATORS = 20_000;

/** Reads of secrets are most of what happens; the rest follow in the catalogue's order, each rarer than the last. */
const FREQUENT: readonly OperationName[] = ["secret.read", "secret.list", "secret.metadata.read"];
const OPERATIONS = [...FREQUENT, ...operationNames.filter((name) => !FREQUENT.includes(name))];
const FAILURES = [
  { status: 403, phrase: "Forbidden", sentence: "The role does not allow this operation" },
  { status: 404, phrase: "Not Found", sentence: "There is no such secret" },
  { status: 401, phrase: "Unauthorized", sentence: "The token has expired" },
  { status: 412, phrase: "Precondition Failed", sentence: "The secret is locked" },
] as const;
const AGENTS = [
  "secrets-manager-node-sdk/2.1.0 (lang=node.js; os=linux)",
  "terraform-provider-ibm/1.71.0",
  "aws-cli/2.22.4 md/awscrt#0.22.0 ua/2.0 os/linux#6.1",
  "curl/8.5.0",
  "Not Set",
  "IBM Cloud CLI",
];
const WORDS = [
  "db",
  "api",
  "tls",
  "queue",
  "cache",
  "ldap",
  "smtp",
  "payments",
  "search",
  "backup",
];
const STAGES = ["prod", "staging", "dev", "test"];

export interface GeneratorOptions {
  readonly seed: number;
  readonly from: Millis;
  /** Mean time between two events. */
  readonly stepMs: number;
}

interface Known {
  readonly id: string;
  readonly name: string;
  readonly versionId: string;
  count: number;
}

export class EventGenerator {
  readonly targets: readonly Known[];
  readonly initiators: readonly (Known & { readonly initiator: Initiator })[];
  readonly #random: () => number;
  readonly #stepMs: number;
  readonly #place: { readonly account: string; readonly region: string; readonly instance: string };
  #now: Millis;

  constructor({ seed, from, stepMs }: GeneratorOptions) {
    this.#random = mulberry32(seed);
    this.#now = from;
    this.#stepMs = stepMs;
    this.#place = {
      account: this.#uuid().replaceAll("-", ""),
      region: "us-south",
      instance: this.#uuid(),
    };
    this.targets = Array.from({ length: TARGETS }, (_, at) => ({
      id: this.#uuid(),
      name: `${this.#pick(WORDS)}-${this.#pick(STAGES)}-${at}`,
      versionId: this.#uuid(),
      count: 0,
    }));
    this.initiators = Array.from({ length: INITIATORS }, (_, at) => this.#initiator(at));
  }

  /** The next event's line, as it would stand in the ledger. */
  next(): Uint8Array {
    this.#now += Math.floor(-Math.log(1 - this.#random()) * this.#stepMs);
    const operation = OPERATIONS[this.#skewed(OPERATIONS.length, 12)] ?? "secret.read";
    const target = this.targets[this.#skewed(TARGETS, 2)] as Known;
    const by = this.initiators[this.#skewed(INITIATORS, 2)] as (typeof this.initiators)[number];
    target.count += 1;
    by.count += 1;
    const counters = { target: target.count, initiator: by.count };
    return encodeEvent(this.#draft(operation, { target, initiator: by.initiator }), counters);
  }

  #draft(
    operation: OperationName,
    { target, initiator }: { readonly target: Known; readonly initiator: Initiator },
  ): EventDraft {
    const row: Row = catalogue[operation];
    const service = serviceOf(row.action);
    const [, object = "", verb = ""] = row.action.split(".");
    const failure = this.#random() < 0.04 ? FAILURES[this.#skewed(FAILURES.length, 2)] : undefined;
    const requestId = this.#uuid();
    return {
      id: this.#timeOrderedId(),
      eventTime: toRfc3339(this.#now),
      operation,
      action: row.action,
      outcome: failure === undefined ? "success" : "failure",
      severity: failure === undefined ? row.severity : "critical",
      message: `Secrets Manager: ${verb} ${object} ${target.name}${failure === undefined ? "" : " -failure"}`,
      reason:
        failure === undefined
          ? {
              reasonCode: row.kind === "read" ? 200 : 201,
              reasonType: row.kind === "read" ? "OK" : "Created",
            }
          : {
              reasonCode: failure.status,
              reasonType: failure.phrase,
              reasonForFailure: failure.sentence,
            },
      initiator,
      target: {
        id: crn(service, this.#place, { kind: "secret", id: target.id }),
        name: target.name,
        typeURI: `${service}/${object.replaceAll("-", "/")}`,
      },
      requestData: { id: target.id, secretType: "arbitrary" },
      responseData: failure === undefined ? { id: target.id, versionId: target.versionId } : {},
      correlationId: this.#random() < 0.5 ? requestId : this.#uuid(),
      requestId,
      dataEvent: row.dataEvent,
      logSourceCRN: crn(service, this.#place),
      account: this.#place.account,
      region: this.#place.region,
      instance: this.#place.instance,
      dialect: this.#random() < 0.7 ? "ibm" : "aws",
    };
  }

  #initiator(at: number): Known & { readonly initiator: Initiator } {
    const isUser = this.#random() < 0.2;
    const id = isUser
      ? `IBMid-${this.#uuid().slice(0, 8).toUpperCase()}`
      : `iam-ServiceId-${this.#uuid()}`;
    const name = isUser ? `user${at}@example.com` : `${this.#pick(WORDS)}-deployer-${at}`;
    const initiator: Initiator = {
      id,
      name,
      typeURI: isUser ? "service/security/account/user" : "service/security/account/serviceid",
      credential: { type: isUser ? "token" : "apikey" },
      host: {
        address: `10.${at % 16}.${(at >> 4) % 256}.${(at >> 3) % 256}`,
        addressType: "IPv4",
        agent: this.#pick(AGENTS),
      },
    };
    return { id, name, versionId: "", count: 0, initiator };
  }

  /** A number below `length`; the greater the skew, the more often a small one. */
  #skewed(length: number, skew: number): number {
    return Math.floor(length * this.#random() ** skew);
  }

  #pick(from: readonly string[]): string {
    return from[this.#skewed(from.length, 1)] ?? "";
  }

  #uuid(): string {
    const hex = this.#hex(8) + this.#hex(8) + this.#hex(8) + this.#hex(8);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  #timeOrderedId(): EventId {
    const time = this.#now.toString(16).padStart(12, "0");
    const tail = this.#hex(8) + this.#hex(8) + this.#hex(2);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-b${tail.slice(3, 6)}-${tail.slice(6, 18)}` as EventId;
  }

  #hex(digits: number): string {
    return Math.floor(this.#random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  }
}

/** A small seeded generator: 32 bits of state, good enough for choosing test data and for nothing else. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
