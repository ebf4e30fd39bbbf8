/**
 * Matches patterns in memory: an automaton whose states are followed all at once (Thompson 1968), so the time is
 * at most states × characters whatever the pattern. Typed patterns run on the server's own thread; a backtracking
 * engine there would let one query stop it.
 */
import type { CodeRange, Pattern } from "./pattern.ts";

/**
 * States of all patterns of one query together; repetitions are unrolled, so `(a{100}){100}` alone has too many. The
 * live tail runs its query on every event: 1,000 of the costliest states take 0.6 ms there for an event of usual size,
 * 5 ms for a value of the greatest length that is recorded, and 0.3 s for an entry of the greatest length.
 */
export const MAX_PATTERN_STATES = 1_000;

/** What a state does with a character; a number from 0 on is the one code point it takes. */
const SPLIT = -1;
const ANY = -2;
const CLASS = -3;
/** No state. */
const NONE = -1;
const FINAL = 0;

interface State {
  /** A code point, ANY, CLASS, or SPLIT for a state that stands for the one or two it leads to. */
  readonly takes: number;
  readonly ranges?: readonly CodeRange[];
  readonly negated?: boolean;
  next: number;
  other: number;
}

/**
 * How much work a pattern is on each character, at most: its states once it is unrolled, a class counted by its
 * ranges. Infinity-safe and cheap, so it can be asked before building.
 */
export function stateCount(pattern: Pattern): number {
  switch (pattern.kind) {
    case "sequence":
      return pattern.of.reduce((sum, part) => sum + stateCount(part), 1);
    case "choice":
      return pattern.of.reduce((sum, part) => sum + stateCount(part) + 1, 1);
    case "repeat": {
      const copies = pattern.max === Infinity ? pattern.min + 1 : pattern.max;
      return copies * (stateCount(pattern.of) + 1) + 1;
    }
    case "class":
      return Math.max(1, pattern.ranges.length);
    case "char":
    case "any":
    default:
      return 1;
  }
}

/** A test for whole texts. The pattern must have at most MAX_PATTERN_STATES states. */
export function compilePattern(pattern: Pattern): (text: string) => boolean {
  const states: State[] = [];
  add(states, { takes: SPLIT });
  const start = build(states, { pattern, next: FINAL });
  const automaton = new Automaton(states, start);
  return (text) => automaton.matches(text);
}

interface Part {
  readonly pattern: Pattern;
  /** The state to go on to after it. */
  readonly next: number;
}

/** Adds the states of a part, from its end to its beginning, and returns its first. */
function build(states: State[], { pattern, next }: Part): number {
  switch (pattern.kind) {
    case "sequence":
      return pattern.of.reduceRight(
        (after, of) => build(states, { pattern: of, next: after }),
        next,
      );
    case "choice":
      return pattern.of
        .map((of) => build(states, { pattern: of, next }))
        .reduceRight((other, first) => add(states, { takes: SPLIT, next: first, other }));
    case "repeat":
      return buildRepeat(states, { pattern, next });
    case "char":
      return add(states, { takes: pattern.code, next });
    case "class": {
      const { ranges, negated } = pattern;
      return add(states, { takes: CLASS, ranges, negated, next });
    }
    case "any":
    default:
      return add(states, { takes: ANY, next });
  }
}

function buildRepeat(
  states: State[],
  { pattern, next }: Part & { readonly pattern: Extract<Pattern, { kind: "repeat" }> },
): number {
  const { of, min, max } = pattern;
  let first = next;
  if (max === Infinity) {
    first = add(states, { takes: SPLIT, other: next });
    const again = build(states, { pattern: of, next: first });
    const loop = states[first];
    if (loop !== undefined) loop.next = again;
  } else {
    for (let copy = min; copy < max; copy++) {
      const once = build(states, { pattern: of, next: first });
      first = add(states, { takes: SPLIT, next: once, other: next });
    }
  }
  for (let copy = 0; copy < min; copy++) first = build(states, { pattern: of, next: first });
  return first;
}

function add(states: State[], state: Partial<State> & Pick<State, "takes">): number {
  return states.push({ next: NONE, other: NONE, ...state }) - 1;
}

/** The states in flat arrays, and room for those a text has reached: matching allocates nothing. */
class Automaton {
  readonly #start: number;
  readonly #takes: Int32Array;
  readonly #next: Int32Array;
  readonly #other: Int32Array;
  readonly #states: readonly State[];
  /** The step in which a state was last reached. */
  readonly #reachedIn: Float64Array;
  readonly #pending: Int32Array;
  #current: Int32Array;
  #following: Int32Array;
  #step = 0;

  constructor(states: readonly State[], start: number) {
    this.#states = states;
    this.#start = start;
    this.#takes = Int32Array.from(states, ({ takes }) => takes);
    this.#next = Int32Array.from(states, ({ next }) => next);
    this.#other = Int32Array.from(states, ({ other }) => other);
    this.#reachedIn = new Float64Array(states.length);
    // A state puts at most two in, and is looked into once in a step.
    this.#pending = new Int32Array(2 * states.length + 1);
    this.#current = new Int32Array(states.length);
    this.#following = new Int32Array(states.length);
  }

  matches(text: string): boolean {
    this.#step += 1;
    let count = this.#reach(this.#start, 0);
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) ?? 0;
      if (code > 0xffff) at++;
      count = this.#advance(code, count);
      if (count === 0 && this.#reachedIn[FINAL] !== this.#step) return false;
    }
    return this.#reachedIn[FINAL] === this.#step;
  }

  /** From the states reached to those that one character leads to; returns how many. */
  #advance(code: number, count: number): number {
    [this.#current, this.#following] = [this.#following, this.#current];
    this.#step += 1;
    const [from, takes, next] = [this.#current, this.#takes, this.#next];
    let reached = 0;
    for (let at = 0; at < count; at++) {
      const state = from[at] ?? FINAL;
      const wants = takes[state];
      if (wants === code || wants === ANY || (wants === CLASS && this.#isInClass(state, code))) {
        reached = this.#reach(next[state] ?? NONE, reached);
      }
    }
    return reached;
  }

  /** Adds a state, or those it stands for; each once in a step, so that empty loops do not go round forever. */
  #reach(start: number, count: number): number {
    const [pending, reachedIn, takes] = [this.#pending, this.#reachedIn, this.#takes];
    let waiting = 0;
    pending[waiting++] = start;
    while (waiting > 0) {
      const state = pending[--waiting] ?? NONE;
      if (state === NONE || reachedIn[state] === this.#step) continue;
      reachedIn[state] = this.#step;
      if (takes[state] === SPLIT) {
        pending[waiting++] = this.#other[state] ?? NONE;
        pending[waiting++] = this.#next[state] ?? NONE;
      } else {
        this.#following[count++] = state;
      }
    }
    return count;
  }

  #isInClass(state: number, code: number): boolean {
    const { ranges = [], negated = false } = this.#states[state] ?? {};
    return ranges.some(([first, last]) => code >= first && code <= last) !== negated;
  }
}
