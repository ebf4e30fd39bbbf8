/** What the scenes of the demonstration share: the cast, the secrets, and time that passes between calls. */
import type { Actor, Reply } from "./actor.ts";

export interface StageClock {
  pass(byMs: number): void;
}

/** The same story each time: chance comes from a fixed seed (a linear congruential generator, Numerical Recipes). */
export class Chance {
  #state = 20_261_121;

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }
}

export interface Secrets {
  readonly paymentsDatabase: string;
  readonly paymentsGateway: string;
  readonly checkoutSession: string;
  readonly checkoutFlags: string;
}

export interface Stage {
  readonly clock: StageClock;
  readonly chance: Chance;
  readonly secrets: Secrets;
  /** The people: a security officer, a platform engineer, a developer. */
  readonly officer: Actor;
  readonly engineer: Actor;
  readonly developer: Actor;
  /** The services. */
  readonly payments: Actor;
  readonly checkout: Actor;
  readonly deployer: Actor;
  readonly deployerKeyId: string;
  readonly deployerIamId: string;
  /** Somebody who has found the deployer's key in a build log. */
  readonly intruder: Actor;
  readonly stranger: Actor;
}

/** Does one thing after a moment that is never the same. */
export async function soon(
  stage: Pick<Stage, "clock" | "chance">,
  act: () => Promise<Reply>,
): Promise<Reply> {
  stage.clock.pass(200 + Math.floor(stage.chance.next() * 3_800));
  return act();
}

/** Throws when the server did not do what the story needs of it: a demonstration that lies is worse than none. */
export function mustHave(reply: Reply, field: string): string {
  const value = reply.body[field];
  if (typeof value !== "string") {
    throw new Error(`the demonstration expected "${field}" and was answered ${reply.status}`);
  }
  return value;
}
