/**
 * JSON of which every part counts: a key that stands twice in an object, of which most readers see the last, is refused;
 * so is depth without end.
 */
import type { Refusal } from "../../kernel/errors.ts";

export interface JsonBounds {
  readonly maxDepth: number;
  readonly malformed: (sentence: string) => Refusal;
}

export function parseJson(text: string, { maxDepth, malformed }: JsonBounds): unknown {
  const flaw = flawOf(text, maxDepth);
  if (flaw !== undefined) throw malformed(flaw);
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("The policy is not valid JSON.");
  }
}

/** Of texts that are no JSON it may find none: the parser will. */
function flawOf(text: string, maxDepth: number): string | undefined {
  const keys: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "{" || char === "[") {
      if (keys.push(new Set()) > maxDepth) return `A policy nests at most ${maxDepth} deep.`;
    } else if (char === "}" || char === "]") {
      keys.pop();
    } else if (char === '"') {
      const end = endOfText(text, i);
      if (isFollowedByColon(text, end)) {
        const key = unescaped(text.slice(i, end));
        const known = keys.at(-1);
        if (known?.has(key)) return "An element of the policy stands twice in the same place.";
        known?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** After the closing quote, or the end of what there is. */
function endOfText(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return Math.min(i + 1, text.length);
}

function isFollowedByColon(text: string, from: number): boolean {
  let i = from;
  while (i < text.length && " \t\r\n".includes(text.charAt(i))) i++;
  return text[i] === ":";
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}
