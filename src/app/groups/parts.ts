/** Calls that ask for several things at once, each of which is done or refused by itself. */
import { Refusal } from "../../kernel/errors.ts";

/** How one part ended. */
export type Ending<Output extends object> = Output | Refusal;

/** A refusal of one part is its ending, and no reason to undo the others: it must not have changed anything. */
export async function ended<Output extends object>(
  part: () => Promise<Output>,
): Promise<Ending<Output>> {
  try {
    return await part();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export function assertPartsPerCall(
  parts: readonly unknown[],
  { field, max }: { readonly field: string; readonly max: number },
): void {
  if (parts.length > 0 && parts.length <= max) return;
  const sentence = `\`${field}\` must have between 1 and ${max} items.`;
  throw new Refusal("invalid_request", sentence, { field });
}
