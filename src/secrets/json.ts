/** JSON given by callers: bounded before anything recurses into it. */
import { Refusal } from "../kernel/errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const MAX_JSON_DEPTH = 32;

export interface JsonLimits {
  /** As the refusal names it. */
  readonly field: string;
  readonly maxBytes: number;
}

/** Refuses what nests deeper than MAX_JSON_DEPTH or is longer than its limit as JSON. */
export function checkJson(value: JsonObject, { field, maxBytes }: JsonLimits): void {
  // Depth first: measuring the length recurses as deep as the value does.
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new Refusal("invalid_request", `This nests at most ${MAX_JSON_DEPTH} levels deep.`, {
      field,
    });
  }
  if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) {
    throw new Refusal("invalid_request", `This has at most ${maxBytes} bytes as JSON.`, { field });
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(item, levels - 1));
}
