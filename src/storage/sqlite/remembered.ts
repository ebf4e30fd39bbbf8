/** Answers of a database, remembered for as long as nothing in it can have changed. */
import type { Database } from "./database.ts";

/** How many answers one memory holds; when it is full, all of them are forgotten and asked for again. */
export const MAX_HELD_ANSWERS = 10_000;

export class Remembered<Answer> {
  readonly #db: Database;
  readonly #isHeld: (answer: Answer) => boolean;
  readonly #answers = new Map<string, Answer>();
  #changes = -1;

  /** `isHeld` tells which answers are small enough to be kept in memory. */
  constructor(database: Database, isHeld: (answer: Answer) => boolean = () => true) {
    this.#db = database;
    this.#isHeld = isHeld;
  }

  /** Never older than the last change of the database that this process has made. Answers are shared: not to be changed. */
  get(key: string, ask: () => Answer): Answer {
    const { changes } = this.#db;
    if (changes !== this.#changes || this.#answers.size >= MAX_HELD_ANSWERS) {
      this.#answers.clear();
      this.#changes = changes;
    }
    const held = this.#answers.get(key);
    if (held !== undefined) return held;
    const answer = ask();
    if (answer !== undefined && this.#isHeld(answer)) this.#answers.set(key, answer);
    return answer;
  }
}
