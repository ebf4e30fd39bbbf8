/** An account with its first instance: what every identity, policy and secret belongs to. */
import { newAccountId, type Account, type Instance } from "../../identity/account.ts";
import { assertTakesInstances } from "../../identity/region.ts";
import { checkedName } from "../../identity/text.ts";
import { randomId } from "../../kernel/ids.ts";
import { targetOf, viewOf } from "../instances/find.ts";
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

/**
 * Done by the server itself at the first start: no role gives it. The first event of an account is this one, and the
 * second the making of its instance.
 */
export const createAccount = changeOperation<CreateAccountInput, NewAccount, CreatedAccount>({
  name: "account.create",
  async locate({ name, region: id }, { call, now, capabilities }) {
    const region = capabilities.regions.named(id);
    assertTakesInstances(region);
    const account: Account = {
      id: newAccountId(),
      name: checkedName(name),
      createdAt: now,
      isHandedOver: false,
    };
    const instance: Instance = {
      id: randomId(),
      account: account.id,
      region: region.id,
      name: "secrets",
      createdAt: now,
    };
    const inItself = { ...call, place: { ...call.place, account: account.id } };
    const target = { kind: "account", id: account.id, name: account.name } as const;
    return inAccount("account.create", inItself, { target, subject: { account, instance } });
  },
  async run(_input, { subject: { account, instance } }, { store, also }) {
    await store.identity.putAccount(account);
    await store.identity.putInstance(instance);
    const { name, region } = instance;
    // Here as of any other instance: its CRN finds its history from the beginning.
    also({
      operation: "instance.create",
      target: targetOf(instance),
      input: { name, region },
      output: viewOf(instance),
    });
    return { id: account.id, instanceId: instance.id };
  },
});
