/**
 * Matches patterns in memory: an automaton whose states are followed all at once (Thompson 1968), so the time is
 * at most states × characters whatever the pattern. Typed patterns run on the server's own thread; a backtracking
 * engine there would let one query stop it.
 */
import type { CodeRange, Pattern } from "./pattern.ts";

/** States of one automaton; repetitions are unrolled, so `(a{100}){100}` has too many. */
export const MAX_PATTERN_STATES = 1_000;

/** A state either consumes a character that `accepts` takes, or stands for the states it splits into. */
interface State {
  readonly accepts: ((code: number) => boolean) | undefined;
  readonly next: number[];
}

/** How many states a pattern unrolls to; Infinity-safe and cheap, so it can be asked before building. */
export function stateCount(pattern: Pattern): number {
  switch (pattern.kind) {
    case "sequence":
    case "choice":
      return pattern.of.reduce((sum, part) => sum + stateCount(part) + 1, 1);
    case "repeat": {
      const copies = pattern.max === Infinity ? pattern.min + 1 : pattern.max;
      return copies * (stateCount(pattern.of) + 1) + 1;
    }
    case "char":
    case "class":
    case "any":
    default:
      return 1;
  }
}

/** A test for whole texts. The pattern must have at most MAX_PATTERN_STATES states. */
export function compilePattern(pattern: Pattern): (text: string) => boolean {
  const states: State[] = [{ accepts: undefined, next: [] }];
  const start = build(states, { pattern, next: 0 });
  return (text) => run(states, start, text);
}

interface Part {
  readonly pattern: Pattern;
  /** The state to go on to after it. */
  readonly next: number;
}

/** Adds the states of a part, from its end to its beginning, and returns its first. State 0 is the final one. */
function build(states: State[], { pattern, next }: Part): number {
  switch (pattern.kind) {
    case "sequence":
      return pattern.of.reduceRight(
        (after, of) => build(states, { pattern: of, next: after }),
        next,
      );
    case "choice":
      return add(states, {
        accepts: undefined,
        next: pattern.of.map((of) => build(states, { pattern: of, next })),
      });
    case "repeat":
      return buildRepeat(states, { pattern, next });
    case "char": {
      const { code } = pattern;
      return add(states, { accepts: (read) => read === code, next: [next] });
    }
    case "class": {
      const { ranges, negated } = pattern;
      return add(states, { accepts: (read) => inRanges(read, ranges) !== negated, next: [next] });
    }
    case "any":
    default:
      return add(states, { accepts: () => true, next: [next] });
  }
}

function buildRepeat(
  states: State[],
  { pattern, next }: Part & { readonly pattern: Extract<Pattern, { kind: "repeat" }> },
): number {
  const { of, min, max } = pattern;
  let first = next;
  if (max === Infinity) {
    const loop: State = { accepts: undefined, next: [] };
    first = add(states, loop);
    loop.next.push(build(states, { pattern: of, next: first }), next);
  } else {
    for (let copy = min; copy < max; copy++) {
      const once = build(states, { pattern: of, next: first });
      first = add(states, { accepts: undefined, next: [once, next] });
    }
  }
  for (let copy = 0; copy < min; copy++) first = build(states, { pattern: of, next: first });
  return first;
}

function add(states: State[], state: State): number {
  return states.push(state) - 1;
}

function inRanges(code: number, ranges: readonly CodeRange[]): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last);
}

function run(states: readonly State[], start: number, text: string): boolean {
  let current = new Set<number>();
  enter(states, current, start);
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const following = new Set<number>();
    for (const at of current) {
      const state = states[at];
      if (state?.accepts?.(code) !== true) continue;
      for (const next of state.next) enter(states, following, next);
    }
    if (following.size === 0) return false;
    current = following;
  }
  return current.has(0);
}

/** Adds a state and all that it stands for; the set also keeps empty loops from going round forever. */
function enter(states: readonly State[], into: Set<number>, start: number): void {
  const pending = [start];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (into.has(at)) continue;
    into.add(at);
    const state = states[at];
    if (state?.accepts === undefined) pending.push(...(state?.next ?? []));
  }
}
