/** Accounts by the twelve digits that AWS's names call them. */
import { accountNumber } from "../../audit/render/cloudtrail-arn.ts";
import type { IdentityReader } from "../../identity/store.ts";

export async function accountNumbered(
  number: string,
  identity: IdentityReader,
): Promise<string | undefined> {
  return (await identity.accounts()).find(({ id }) => accountNumber(id) === number)?.id;
}
