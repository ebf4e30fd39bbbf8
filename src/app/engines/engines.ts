/** Engines: made with a key of their own, read with when they were last heard of, listed, deleted. */
import {
  checkedEngineName,
  ENGINE,
  MAX_ENGINES_PER_ACCOUNT,
  POOL,
  type Engine,
} from "../../engines/engine.ts";
import { keyFileText, newEngineKeys, type EngineKeys } from "../../engines/engine-key.ts";
import { newItem, type Item, type ItemQuery } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Capabilities } from "../capabilities.ts";
import { assertRoom } from "../identity/find.ts";
import { locateItem } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation } from "../operation.ts";
import { inAll, made, SERVICE } from "./pools.ts";

/** An engine, and when it was last heard of as of now. */
export interface SeenEngine {
  readonly engine: Item<Engine>;
  readonly heardAt: Millis | null;
  readonly isConnected: boolean;
}

export interface CreateEngineInput {
  readonly name: string;
  readonly poolName: string;
  /** Found out on the way. */
  readonly keys?: EngineKeys;
}

export interface CreatedEngine {
  readonly id: string;
  readonly engine: Item<Engine>;
  /** Given out here, and never again: what an engine's key file holds. */
  readonly privateKey: Sensitive<string>;
}

export const createEngine = changeOperation<CreateEngineInput, Item<Engine>, CreatedEngine>({
  name: "engine.create",
  async locate({ name, poolName, keys }, context) {
    const { call } = context;
    const { account } = call.place;
    const content: Engine = {
      poolName: checkedEngineName(poolName, "poolName"),
      publicKey: keys?.publicKey ?? "",
      heardAt: null,
    };
    const item = { account, name: checkedEngineName(name), content };
    return made(newItem(ENGINE, item, handOf(context)), call);
  },
  async work(input) {
    return { ...input, keys: newEngineKeys() };
  },
  async run({ keys }, { subject: engine }, { store, capabilities }) {
    invariant(keys !== undefined, "the keys of an engine are made before it is");
    const { account, name, content } = engine;
    if (!(await store.items.itemNamed(POOL, account, content.poolName))) {
      throw new Refusal("precondition_failed", "There is no such pool.", {
        reason: "unknown-pool",
      });
    }
    if (await store.items.itemNamed(ENGINE, account, name)) {
      throw new Refusal("conflict", "an engine with this name already exists");
    }
    const { totalCount } = await store.items.items(ENGINE, account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_ENGINES_PER_ACCOUNT, "engines in an account");
    await store.items.putItem(engine);
    const holder = { engine: engine.id, server: capabilities.engines.serverName };
    return { id: engine.id, engine, privateKey: keyFileText(holder, keys.privateKey) };
  },
});

export interface EngineInput {
  readonly name: string;
}

export const readEngine = readOperation<EngineInput, Item<Engine>, SeenEngine>({
  name: "engine.read",
  locate: ({ name }, context) => locateItem({ kind: ENGINE, service: SERVICE, name }, context),
  async run(_input, { subject }, { capabilities }) {
    return seen(subject, capabilities);
  },
});

export interface ListEnginesInput extends ItemQuery {
  /** Only those in this pool. */
  readonly poolName?: string | undefined;
}

export interface ListedEngines {
  readonly engines: readonly SeenEngine[];
  readonly totalCount: number;
}

export const listEngines = readOperation<ListEnginesInput, null, ListedEngines>({
  name: "engine.list",
  async locate(_input, { call }) {
    return inAll(call);
  },
  async run({ poolName, offset, limit, ...query }, _located, { store, call, capabilities }) {
    // There are a few hundred at most, and pools are part of what they are.
    const all = { ...query, offset: 0, limit: MAX_ENGINES_PER_ACCOUNT };
    const { items } = await store.items.items(ENGINE, call.place.account, all);
    const found = items.filter(
      ({ content }) => poolName === undefined || content.poolName === poolName,
    );
    const part = found.slice(offset, offset + limit).map((one) => seen(one, capabilities));
    return { engines: part, totalCount: found.length };
  },
});

export interface DeleteEngineInput extends EngineInput {
  /** There is no way back in any case. */
  readonly force?: boolean | undefined;
}

/** Its key is worth nothing from then on, and its connection is ended once this is recorded. */
export const deleteEngine = changeOperation<DeleteEngineInput, Item<Engine>, object>({
  name: "engine.delete",
  locate: ({ name }, context) => locateItem({ kind: ENGINE, service: SERVICE, name }, context),
  async run(_input, { subject: engine }, { store }) {
    await store.items.deleteItem(engine);
    return {};
  },
});

function seen(engine: Item<Engine>, { engines }: Pick<Capabilities, "engines">): SeenEngine {
  const heardAt = engines.lastHeard(engine.id) ?? engine.content.heardAt;
  return { engine, heardAt, isConnected: engines.of(engine.id) !== undefined };
}
