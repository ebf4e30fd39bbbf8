/** An application that is called in several regions of one account, and what one of them records by the server. */
import { expect } from "vitest";
import type { Place } from "../../../audit/crn.ts";
import type { AuditEvent } from "../../../audit/event.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Caller } from "../../call.ts";
import type { Operation } from "../../operation.ts";
import { openTestApp, PLACE, type TestApp } from "../../testing/test-app.ts";
import { createNamedSecret, type CreateNamedSecretInput } from "../create-named-secret.ts";
import type { CalledSecret } from "../find.ts";
import { putValue } from "../put-value.ts";
import { replicateSecret } from "../replicate-secret.ts";
import { comparedReplicas } from "./replicas.ts";

export const EAST = "us-east-1";
export const WEST = "us-west-2";

export const TO_WEST = {
  addReplicaRegions: [{ region: WEST }],
  forceOverwriteReplicaSecret: false,
} as const;

export function called(name: string): CalledSecret {
  return { secretId: name, called: [{ name, suffix: null }] };
}

/** With the value `one`, in the version `NAME-111…`. */
export function named(
  name: string,
  more: Partial<CreateNamedSecretInput> = {},
): CreateNamedSecretInput {
  return {
    name,
    clientRequestToken: versionId(name, 1),
    value: new Sensitive("one"),
    forceOverwriteReplicaSecret: false,
    ...more,
  };
}

export function versionId(name: string, n: number): string {
  return `${name}-`.padEnd(36, String(n));
}

export class TwoRegions {
  readonly app: TestApp;
  readonly manager: Caller;
  /** Events up to here are no longer asked for. */
  #seen = 0;

  private constructor(app: TestApp, manager: Caller) {
    this.app = app;
    this.manager = manager;
  }

  static async open(): Promise<TwoRegions> {
    const app = await openTestApp();
    return new TwoRegions(app, await app.callerWith(["Manager"]));
  }

  /** Whatever the test did: replicas are what their primaries are. */
  async close(): Promise<void> {
    for (const { replica, primary } of await comparedReplicas(this.app)) {
      expect(replica).toEqual(primary);
    }
    await this.app.close();
  }

  async placeIn(region: string): Promise<Place> {
    const { account } = PLACE;
    const all = await this.app.state.read(({ identity }) => identity.instances(account));
    const instance = all.find((one) => one.region === region)?.id ?? null;
    return { account, region, instance };
  }

  /** Performs in a region, and throws the refusal if there is one. */
  async done<I extends object, S, O extends object>(
    region: string,
    operation: Operation<I, S, O>,
    input: I,
  ): Promise<O> {
    const output = await this.#performed(region, { operation, input, caller: this.manager });
    if (output instanceof Refusal) throw output;
    return output;
  }

  /** Performs, and throws unless it was refused. */
  // oxlint-disable-next-line eslint/max-params -- the last of them is the exception
  async refused<I extends object, S, O extends object>(
    region: string,
    operation: Operation<I, S, O>,
    input: I,
    caller: Caller = this.manager,
  ): Promise<Refusal> {
    const output = await this.#performed(region, { operation, input, caller });
    if (output instanceof Refusal) return output;
    throw new Error("it was not refused");
  }

  /** A new value in the east: `value N`, in the version `NAME-NNN…`. */
  async put(name: string, n: number, versionStages?: readonly string[]): Promise<void> {
    const clientRequestToken = versionId(name, n);
    const value = new Sensitive(`value ${n}`);
    await this.done(EAST, putValue, { ...called(name), clientRequestToken, value, versionStages });
  }

  /** A secret of two versions in the east with a replica in the west; from then on events are new. */
  async replicated(name: string): Promise<void> {
    await this.done(EAST, createNamedSecret, named(name));
    await this.put(name, 2);
    await this.done(EAST, replicateSecret, { ...called(name), ...TO_WEST });
    this.forget();
  }

  forget(): void {
    this.#seen = this.app.events().length;
  }

  events(): readonly AuditEvent[] {
    return this.app.events().slice(this.#seen);
  }

  /** What the west has recorded of replication. */
  inWest(): readonly AuditEvent[] {
    return this.events().filter(
      ({ region, initiator }) => region === WEST && initiator.id === "keytrail-replication",
    );
  }

  /** The same, as operations with what they were asked for. */
  recorded(): readonly (readonly [operation: string, asked: object])[] {
    return this.inWest().map(({ operation, requestData }) => [operation, requestData]);
  }

  async #performed<I extends object, S, O extends object>(
    region: string,
    asked: { readonly operation: Operation<I, S, O>; readonly input: I; readonly caller: Caller },
  ): Promise<O | Refusal> {
    const { operation, input, caller } = asked;
    const call = this.app.call(caller, await this.placeIn(region));
    const performed = await this.app.performer.perform(operation, call, () => input);
    return performed.kind === "refused" ? performed.refusal : performed.output;
  }
}
