/** The account of a call. */
import type { Account } from "../../identity/account.ts";
import { invariant } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { inAccount } from "./find.ts";

export const readAccount = readOperation<object, Account, Account>({
  name: "account.read",
  async locate(_input, { call, store }) {
    const account = await store.identity.account(call.place.account);
    invariant(account !== undefined, "whoever calls is of an account");
    const { id, name } = account;
    return inAccount("account.read", call, {
      target: { kind: "account", id, name },
      subject: account,
    });
  },
  run: async (_input, { subject: account }) => account,
});
