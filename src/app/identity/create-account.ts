/** An account with its first instance: what every identity, policy and secret belongs to. */
import { newAccountId, type Account, type Instance } from "../../identity/account.ts";
import { checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { changeOperation } from "../operation.ts";
import { inAccount } from "./find.ts";

export interface CreateAccountInput {
  readonly name: string;
  /** Of its instance: a name in IBM's form, such as `us-south`. */
  readonly region: string;
}

export interface CreatedAccount {
  readonly id: string;
  readonly instanceId: string;
}

interface NewAccount {
  readonly account: Account;
  readonly instance: Instance;
}

const REGION = /^[a-z]{2,8}(-[a-z0-9]{1,16}){0,3}$/;

/** Done by the server itself at the first start: no role gives it. The first event of an account is this one. */
export const createAccount = changeOperation<CreateAccountInput, NewAccount, CreatedAccount>({
  name: "account.create",
  async locate({ name, region }, { call, now }) {
    if (!REGION.test(region)) {
      throw new Refusal("invalid_request", "`region` is no name of a region.", { field: "region" });
    }
    const account: Account = {
      id: newAccountId(),
      name: checkedName(name),
      createdAt: now,
      isHandedOver: false,
    };
    const instance: Instance = {
      id: randomId(),
      account: account.id,
      region,
      name: "secrets",
      createdAt: now,
    };
    const inItself = { ...call, place: { ...call.place, account: account.id } };
    const target = { kind: "account", id: account.id, name: account.name } as const;
    return inAccount("account.create", inItself, { target, subject: { account, instance } });
  },
  async run(_input, { subject: { account, instance } }, { store }) {
    await store.identity.putAccount(account);
    await store.identity.putInstance(instance);
    return { id: account.id, instanceId: instance.id };
  },
});
