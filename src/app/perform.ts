/**
 * The only road in. Every operation, by whichever wire, passes `perform`: identify, decode, locate, authorise, run,
 * record, answer. No answer leaves it before its event is durable, and nothing else writes events.
 */
import { catalogue, type OperationName, type OperationOfKind } from "../audit/catalogue.ts";
import { describe, type Ending, type TargetRef } from "../audit/describe.ts";
import type { EventDraft } from "../audit/event.ts";
import { refusalStatus } from "../audit/reason.ts";
import type { Recorded, Trail } from "../audit/trail.ts";
import type { Clock } from "../kernel/clock.ts";
import { invariant, Outage, Refusal } from "../kernel/errors.ts";
import type { TimeOrderedIds } from "../kernel/ids.ts";
import { assertStanding, authorize, identify, locate, rightsOf } from "./admission.ts";
import type { Call } from "./call.ts";
import { initiatorOf } from "./initiator.ts";
import { judge, partsWithin, scopeWithin } from "./judgement/judge.ts";
import { drainOutbox } from "./outbox.ts";
import type {
  ChangeOperation,
  Consequence,
  Context,
  Located,
  Operation,
  Steps,
} from "./operation.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Quotas } from "./quotas.ts";
import { followChanges } from "./secrets/sync-replicas.ts";
import type { State, View } from "./state.ts";
import { calledIn } from "./what-was-called.ts";

/** How an operation ended, with where it stands in the ledger. By then its events are durable. */
export type Performed<Output> =
  | { readonly kind: "done"; readonly output: Output; readonly recorded: Recorded }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly recorded: Recorded };

export interface PerformerPorts {
  readonly state: State;
  readonly trail: Trail;
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  readonly ids: TimeOrderedIds;
  /** None, if nothing else is said. */
  readonly quotas?: Quotas;
}

/**
 * What is known of an operation so far; a refusal at any step is recorded with as much as this. The input is part of
 * it only once the caller may do this.
 */
interface Attempt {
  operation: OperationName;
  call: Call;
  input: object;
  target: TargetRef;
}

/** What was done, or that a change has to be made of it. */
type Ran<Output> =
  | {
      /** A refusal that was returned: what was done stays. */
      readonly output: Output | Refusal;
      readonly drafts: readonly EventDraft[];
      readonly instead?: undefined;
    }
  | { readonly instead: NonNullable<Located<unknown>["instead"]> };

/** An operation that may be done, and what it has said besides so far. */
interface Admitted<Subject, Store extends View> {
  readonly context: Context<Store>;
  readonly located: Located<Subject>;
  readonly consequences: readonly Consequence[];
}

export class Performer {
  readonly #ports: PerformerPorts;
  /** Events of changes that are on their way to the ledger. */
  readonly #recording = new Set<Promise<unknown>>();
  /** A committed change whose event did not become durable: the outbox has it. */
  #hasUnrecorded = false;
  #draining: Promise<void> | undefined;

  constructor(ports: PerformerPorts) {
    this.#ports = ports;
  }

  /**
   * Performs one operation for one caller. A refusal, of whatever step, is recorded and returned. Throws an Outage
   * when the trail or the state cannot be written (then nothing was done, or what was done has its event in the
   * outbox), and whatever a bug throws; a bug is recorded as a failure first.
   */
  async perform<Input extends object, Subject, Output extends object>(
    operation: Operation<Input, Subject, Output>,
    call: Call,
    decode: () => Input,
  ): Promise<Performed<Output>> {
    this.#ports.trail.assertRecordable();
    this.#ports.capabilities.deliveries.assertRoom(operation.name, call.place.account);
    if (this.#hasUnrecorded) await this.#recordOutbox();
    const attempt: Attempt = {
      operation: operation.name,
      call,
      input: {},
      target: mentionedTarget(operation.name, call),
    };
    const ran = await this.#attempt(attempt, () => this.#run(operation, attempt, decode));
    if (ran instanceof Refusal) return this.#refused(attempt, ran);
    const { output } = ran;
    const recorded = firstOf(await ran.recorded);
    return output instanceof Refusal
      ? { kind: "refused", refusal: output, recorded }
      : { kind: "done", output, recorded };
  }

  /** Records a request that no operation fits, or that could not be read at all, and refuses it. */
  async reject(
    call: Call,
    refusal: Refusal,
    input: { readonly method: string },
  ): Promise<Performed<never>> {
    this.#ports.trail.assertRecordable();
    const operation = "request.reject";
    this.#ports.capabilities.deliveries.assertRoom(operation, call.place.account);
    const target = mentionedTarget(operation, call);
    return this.#refused({ operation, call, input, target }, refusal);
  }

  /** Records something the server did or found of its own accord: it started, it stops, a receiver does not answer. */
  async notice(
    operation: OperationOfKind<"notice">,
    call: Call,
    { ending, ...facts }: Readonly<Record<string, unknown>> & { readonly ending?: Ending },
  ): Promise<Recorded> {
    const target = mentionedTarget(operation, call);
    const attempt = { operation, call, input: facts, target };
    const draft = this.#describe(attempt, ending ?? { kind: "success", output: facts });
    return firstOf(await this.#ports.trail.record([draft]));
  }

  /** Runs the steps; a refusal is returned, and anything else that is thrown is recorded on its way out. */
  async #attempt<T>(attempt: Attempt, steps: () => Promise<T>): Promise<T | Refusal> {
    try {
      return await steps();
    } catch (error) {
      if (error instanceof Refusal) return error;
      const [status, sentence] =
        error instanceof Outage ? [503, "a store is out of service"] : [500, "internal error"];
      await this.#ports.trail.record([
        this.#describe(attempt, { kind: "failure", status, sentence }),
      ]);
      throw error;
    }
  }

  async #refused(attempt: Attempt, refusal: Refusal): Promise<Performed<never>> {
    const ending = refusedAs(refusal);
    const known = refusal.code === "invalid_request" ? withoutInput(attempt) : attempt;
    const recorded = await this.#ports.trail.record([this.#describe(known, ending)]);
    return { kind: "refused", refusal, recorded: firstOf(recorded) };
  }

  /**
   * Resolves once a change is committed, or a read has its output, with the recording under way: the caller waits
   * for `recorded` outside the steps, so that a trail that fails now is an Outage and not one more event.
   */
  async #run<Input extends object, Subject, Output extends object>(
    operation: Operation<Input, Subject, Output>,
    attempt: Attempt,
    decode: () => Input,
  ): Promise<Recording<Output>> {
    identify(attempt.call.caller, operation);
    this.#ports.quotas?.spend(operation.name, attempt.call);
    if (attempt.call.nowhere) throw attempt.call.nowhere;
    const prepared = await this.#prepared(operation, attempt, decode());
    const input = operation.work ? await this.#worked(operation, attempt, prepared) : prepared;
    if (operation.kind === "change") return this.#change(operation, attempt, input);
    const ran = await this.#ports.state.read((view) =>
      this.#steps(operation, attempt, { input, store: view }),
    );
    if (ran.instead) {
      // Of the same input and output by what `Located` says of it.
      const change = ran.instead as unknown as ChangeOperation<Input, Subject, Output>;
      return this.#change(change, attempt, input);
    }
    return { output: ran.output, recorded: this.#ports.trail.record(ran.drafts) };
  }

  /** For a caller who may do the operation: what must not hold a transaction open, or leaves this server. */
  async #worked<Input extends object, Subject, Output extends object>(
    operation: Operation<Input, Subject, Output>,
    attempt: Attempt,
    input: Input,
  ): Promise<Input> {
    return this.#ports.state.read(async (view) => {
      const steps = operation as Steps<Input, Subject, Output, View> & {
        readonly name: OperationName;
      };
      const store = view;
      const { context, located, consequences } = await this.#admit(steps, attempt, {
        input,
        store,
      });
      if (operation.reachesOut?.(input, located.subject)) {
        await this.#ports.trail.record([this.#describe(attempt, { kind: "pending" })]);
      }
      const worked = (await operation.work?.(input, located.subject, context)) ?? input;
      invariant(consequences.length === 0, "nothing follows from what has not been done yet");
      return worked;
    });
  }

  async #prepared<Input extends object, Subject, Output extends object>(
    operation: Operation<Input, Subject, Output>,
    { call }: Attempt,
    input: Input,
  ): Promise<Input> {
    if (!operation.prepare) return input;
    const { state, clock, capabilities } = this.#ports;
    const now = clock.now();
    return state.read(
      (view) =>
        operation.prepare?.(input, { view, call, now, capabilities }) ?? Promise.resolve(input),
    );
  }

  async #change<Input extends object, Subject, Output extends object>(
    operation: ChangeOperation<Input, Subject, Output>,
    attempt: Attempt,
    input: Input,
  ): Promise<Recording<Output>> {
    const { state, trail } = this.#ports;
    let recorded: Promise<readonly Recorded[]> | undefined;
    const ran = await state.transact(
      async (tx) => {
        // What was undone is no change of this one's.
        tx.secrets.takeChanged();
        await assertStanding(attempt.call, tx);
        const result = await this.#steps(operation, attempt, { input, store: tx, followChanges });
        invariant(!result.instead, "a change is not another one's read");
        await tx.enqueue(result.drafts, trail.size);
        return result;
      },
      // In the turn of the commit, so that events enter the ledger in the order of their commits.
      (result) => {
        const promise = trail.record(result.drafts);
        recorded = promise;
        promise.then(
          () => state.settle(result.drafts.map((draft) => draft.id)),
          // The events stay in the outbox: the next call, or the next start, records them before anything else. The
          // caller hears of it below.
          () => (this.#hasUnrecorded = true),
        );
        this.#recording.add(promise);
        void promise.finally(() => this.#recording.delete(promise)).catch(() => undefined);
      },
    );
    invariant(recorded !== undefined, "a committed change is being recorded");
    return { output: ran.output, recorded };
  }

  /** Records what committed changes have left in the outbox, while no other change can commit. */
  #recordOutbox(): Promise<void> {
    const { state, trail } = this.#ports;
    this.#draining ??= state
      .transact(async () => {
        // Events on their way are in the outbox too: they have to have arrived, or failed, to be told apart.
        await Promise.allSettled(this.#recording);
        await drainOutbox(state, trail);
        this.#hasUnrecorded = false;
      })
      .finally(() => (this.#draining = undefined));
    return this.#draining;
  }

  /** Locate, authorise, run: within one view or transaction. */
  async #steps<Input extends object, Subject, Output extends object, Store extends View>(
    operation: Steps<Input, Subject, Output, Store> & { readonly name: OperationName },
    attempt: Attempt,
    at: {
      readonly input: Input;
      readonly store: Store;
      /** Of a change: what has to be done after any of them. */
      readonly followChanges?: (context: Context<Store>) => Promise<void>;
    },
  ): Promise<Ran<Output>> {
    const { context, located, consequences } = await this.#admit(operation, attempt, at);
    if (located.instead) return { instead: located.instead };
    const output = await operation.run(at.input, located, context);
    await at.followChanges?.(context);
    if (located.becomes && !(output instanceof Refusal)) attempt.target = located.becomes;
    const whole = located.byParts ? [] : [this.#describe(attempt, endedBy(output))];
    return { output, drafts: [...whole, ...consequences.map((one) => this.#part(one, attempt))] };
  }

  /** Locate and authorise. */
  async #admit<Input extends object, Subject, Output extends object, Store extends View>(
    operation: Steps<Input, Subject, Output, Store> & { readonly name: OperationName },
    attempt: Attempt,
    { input, store }: { readonly input: Input; readonly store: Store },
  ): Promise<Admitted<Subject, Store>> {
    const { call } = attempt;
    const now = this.#ports.clock.now();
    const rights = await rightsOf(call, store, now);
    const consequences: Consequence[] = [];
    const context: Context<Store> = {
      store,
      call,
      caller: call.caller,
      now,
      capabilities: this.#ports.capabilities,
      scope: (resource) => scopeWithin(attempt.operation, resource, { call, rights }),
      parts: () => partsWithin(operation.name, { call, rights }),
      judge: (judged) => judge(judged, { call, rights, now }),
      also: (consequence) => consequences.push(consequence),
    };
    const located = await locate(operation, input, context).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === "not_found") attempt.input = calledIn(input);
      throw error;
    });
    attempt.operation = located.operation ?? operation.name;
    attempt.target = located.target;
    if (located.caller) attempt.call = { ...call, caller: located.caller };
    await authorize(operation, located, { input, context });
    // Of a caller who may not do this, what was sent is nothing to keep: nobody has looked at it yet.
    attempt.input = located.facts ? { ...input, ...located.facts } : input;
    if (located.refusal) throw located.refusal;
    const isChange = catalogue[attempt.operation].kind === "change";
    if (isChange && located.changeRefusal) throw located.changeRefusal;
    return { context, located, consequences };
  }

  #part(consequence: Consequence, { call }: Attempt): EventDraft {
    const { caller = call.caller, output } = consequence;
    return this.#describe({ ...consequence, call: { ...call, caller } }, endedBy(output));
  }

  #describe(attempt: Attempt, ending: Ending): EventDraft {
    const { call, operation, target, input } = attempt;
    return describe({
      // The id's own time is the event's, so that a look-up by id knows when to look.
      ...this.#ports.ids.stamped(),
      operation,
      initiator: initiatorOf(call, target.place.account),
      target,
      input,
      ending,
      dialect: call.dialect,
      requestId: call.requestId,
      correlationId: call.correlationId,
    });
  }
}

/** A committed change, or a read's output, and the recording that its answer waits for. */
interface Recording<Output> {
  readonly output: Output | Refusal;
  readonly recorded: Promise<readonly Recorded[]>;
}

function endedBy(output: object): Ending {
  return output instanceof Refusal ? refusedAs(output) : { kind: "success", output };
}

function refusedAs({ code, message, details }: Refusal): Ending {
  const cause = typeof details["reason"] === "string" ? details["reason"] : undefined;
  return { kind: "failure", status: refusalStatus[code], sentence: message, code, cause };
}

/**
 * An input that is not valid is not what its fields say it is: a password may stand where a name belongs. Nothing of
 * it is recorded.
 */
function withoutInput(attempt: Attempt): Attempt {
  const isRejection = attempt.operation === "request.reject";
  const target = mentionedTarget(attempt.operation, attempt.call);
  return { ...attempt, input: isRejection ? attempt.input : {}, target };
}

/** The target of a call that has not been located: what its path names, or the place as a whole. */
function mentionedTarget(operation: OperationName, call: Call): TargetRef {
  const { place, about } = call;
  if (about) return { place, kind: about.kind, id: about.id, name: about.name ?? "" };
  return { place, kind: "", id: "", name: operation === "request.reject" ? "request" : "" };
}

function firstOf(recorded: readonly Recorded[]): Recorded {
  const first = recorded[0];
  invariant(first !== undefined, "an operation records at least one event");
  return first;
}
