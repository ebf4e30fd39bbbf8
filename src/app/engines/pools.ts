/** Pools of engines: made, read, listed, deleted once they are empty. */
import {
  checkedEngineName,
  ENGINE,
  MAX_ENGINES_PER_ACCOUNT,
  MAX_POOLS_PER_ACCOUNT,
  POOL,
  type Pool,
} from "../../engines/engine.ts";
import { newItem, type Item, type ItemQuery, type ListedItems } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { assertRoom } from "../identity/find.ts";
import { locateItem } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation, type Located } from "../operation.ts";
import type { View } from "../state.ts";

/** Engines and pools are of the account, in its instance. */
export const SERVICE = "secrets-manager";

export interface PoolInput {
  readonly name: string;
}

export const createPool = changeOperation<PoolInput, Item<Pool>, Item<Pool>>({
  name: "pool.create",
  async locate({ name }, context) {
    const { call } = context;
    const { account } = call.place;
    const content = { account, name: checkedEngineName(name), content: {} };
    return made(newItem(POOL, content, handOf(context)), call);
  },
  async run(_input, { subject: pool }, { store }) {
    const { account, name } = pool;
    if (await store.items.itemNamed(POOL, account, name)) {
      throw new Refusal("conflict", "a pool with this name already exists");
    }
    const { totalCount } = await store.items.items(POOL, account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_POOLS_PER_ACCOUNT, "pools in an account");
    await store.items.putItem(pool);
    return pool;
  },
});

export const readPool = readOperation<PoolInput, Item<Pool>, Item<Pool>>({
  name: "pool.read",
  locate: ({ name }, context) => locateItem({ kind: POOL, service: SERVICE, name }, context),
  async run(_input, { subject }) {
    return subject;
  },
});

export const listPools = readOperation<ItemQuery, null, ListedItems<Pool>>({
  name: "pool.list",
  async locate(_input, { call }) {
    return inAll(call);
  },
  async run(input, _located, { store, call }) {
    return store.items.items(POOL, call.place.account, input);
  },
});

export interface DeletePoolInput extends PoolInput {
  /** There is no way back in any case, and engines are nobody's to lose by the way. */
  readonly force?: boolean | undefined;
}

/** Refused, with force or without, while there are engines in the pool. */
export const deletePool = changeOperation<DeletePoolInput, Item<Pool>, object>({
  name: "pool.delete",
  locate: ({ name }, context) => locateItem({ kind: POOL, service: SERVICE, name }, context),
  async run(_input, { subject: pool }, { store }) {
    const engines = await enginesIn(pool, store);
    if (engines > 0) {
      const sentence = `The pool has ${engines === 1 ? "an engine" : `${engines} engines`} in it: delete them first.`;
      throw new Refusal("conflict", sentence, { reason: "pool-in-use" });
    }
    await store.items.deleteItem(pool);
    return {};
  },
});

async function enginesIn({ account, name }: Item<Pool>, { items }: View): Promise<number> {
  const all = await items.items(ENGINE, account, { offset: 0, limit: MAX_ENGINES_PER_ACCOUNT });
  return all.items.filter(({ content }) => content.poolName === name).length;
}

/** What is being made. */
export function made<Content extends object>(
  item: Item<Content>,
  { place }: Call,
): Located<Item<Content>> {
  const { kind, id, name } = item;
  return {
    target: { place, kind, id, name },
    resource: { service: SERVICE, place },
    subject: item,
  };
}

/** For a list of all there are. */
export function inAll({ place }: Call): Located<null> {
  return {
    target: { place, kind: "", id: "", name: "" },
    resource: { service: SERVICE, place },
    subject: null,
  };
}
