/** Whose an IAM id is, under the name that records of DSV have for it. */
import { principalName } from "../../audit/render/dsv.ts";
import type { View } from "../state.ts";
import { initiatorTypeOf, nameOf } from "./caller.ts";

/** `users:bob`; whoever is no more goes by the id. Empty for what nobody has made. */
export async function namedById(
  account: string,
  iamId: string,
  { identity }: Pick<View, "identity">,
): Promise<string> {
  if (iamId === "") return "";
  const principal = await identity.principal(account, iamId);
  const name = principal ? nameOf(principal) : "";
  return principalName({ id: iamId, name, typeURI: initiatorTypeOf(iamId) });
}
