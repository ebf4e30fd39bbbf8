/**
 * What goes with a user who was deleted and can no longer be had back: the key that the second factor is sealed with, and
 * the home.
 */
import type { Item } from "../../items/item.ts";
import type { Context } from "../operation.ts";
import { removeHome } from "../secrets/remove-home.ts";
import type { Transaction } from "../state.ts";
import { forgetKey } from "./second-factor.ts";

export async function endUser(
  { account, id: iamId }: Item<object>,
  context: Context<Transaction>,
): Promise<void> {
  await forgetKey({ account, iamId }, context);
  await removeHome({ account, iamId }, context);
}
