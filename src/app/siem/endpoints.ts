/**
 * Endpoints of SIEM servers: registered, read, listed, changed, deleted. To be registered means today that one is checked,
 * kept and shown: nothing is sent to it yet, and nobody asks whether it is there. `failed` and `failedEvents` are what
 * the sending will say, and so false and 0.
 */
import { POOL } from "../../engines/engine.ts";
import { newItem, revised, type Item, type ItemQuery, type ListedItems } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { assertRoom } from "../identity/find.ts";
import { locateItem } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import {
  checkedSettings,
  checkedSiemName,
  MAX_SIEM_ENDPOINTS_PER_ACCOUNT,
  SIEM,
  type Protocol,
  type SiemEndpoint,
  type SiemSettings,
} from "./endpoint.ts";
import { checkedToken, forgetToken, sealToken } from "./siem-token.ts";

/** IBM's service for where events are sent. */
const SERVICE = "atracker";

export interface CreateSiemInput extends SiemSettings {
  readonly name: string;
  readonly token: Sensitive<string>;
}

export type CreatedSiem = { readonly id: string; readonly endpoint: Item<SiemEndpoint> };

export const createSiem = changeOperation<CreateSiemInput, Item<SiemEndpoint>, CreatedSiem>({
  name: "destination.create",
  async locate({ name: given, token, ...settings }, context) {
    const { place } = context.call;
    const name = checkedSiemName(given);
    const content = { ...checkedSettings(settings), sealedToken: "" };
    checkedToken(token);
    const item = newItem(SIEM, { account: place.account, name, content }, handOf(context));
    return {
      target: { place, kind: SIEM.name, id: item.id, name },
      resource: { service: SERVICE, place },
      subject: item,
    };
  },
  async run({ token }, { subject }, context) {
    const { items } = context.store;
    const { account, name } = subject;
    if (await items.itemNamed(SIEM, account, name)) {
      throw new Refusal("conflict", "a SIEM endpoint with this name already exists");
    }
    const { totalCount } = await items.items(SIEM, account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_SIEM_ENDPOINTS_PER_ACCOUNT, "SIEM endpoints in an account");
    await assertPool(subject.content, context);
    const sealedToken = await sealToken(subject, token, context);
    const endpoint = { ...subject, content: { ...subject.content, sealedToken } };
    await items.putItem(endpoint);
    return { id: endpoint.id, endpoint };
  },
});

export interface SiemInput {
  readonly name: string;
}

const locate = ({ name }: SiemInput, context: Context<View>) =>
  locateItem({ kind: SIEM, service: SERVICE, name }, context);

export const readSiem = readOperation<SiemInput, Item<SiemEndpoint>, Item<SiemEndpoint>>({
  name: "destination.read",
  locate,
  async run(_input, { subject }) {
    return subject;
  },
});

export const listSiem = readOperation<ItemQuery, null, ListedItems<SiemEndpoint>>({
  name: "destination.list",
  async locate(_input, { call: { place } }) {
    return {
      target: { place, kind: "", id: "", name: "" },
      resource: { service: SERVICE, place },
      subject: null,
    };
  },
  async run(input, _located, { store, call }) {
    return store.items.items(SIEM, call.place.account, input);
  },
});

export interface UpdateSiemInput extends SiemInput, SiemSettings {
  /** Left out, the token stays what it is. */
  readonly token?: Sensitive<string> | undefined;
}

/**
 * Everything but the name, and the token where none is given, is what is given now. Who changes an endpoint need not know
 * its token, and is not to have it sent to another server, or in the open: there it is to be given anew.
 */
export const updateSiem = changeOperation<UpdateSiemInput, Item<SiemEndpoint>, Item<SiemEndpoint>>({
  name: "destination.update",
  locate,
  async run({ name: _name, token, ...given }, { subject: before }, context) {
    const settings = checkedSettings(given);
    await assertPool(settings, context);
    if (!token && isElsewhere(settings, before.content)) {
      const sentence = "The auth is given anew with another host or port, or less protection.";
      throw new Refusal("invalid_request", sentence, { field: "auth" });
    }
    const sealedToken = token
      ? await sealToken(before, checkedToken(token), context)
      : before.content.sealedToken;
    const after = revised(before, { content: { ...settings, sealedToken } }, handOf(context));
    await context.store.items.putItem(after);
    return after;
  },
});

/** With its token, which opens no more wherever a copy of it may be. */
export const deleteSiem = changeOperation<SiemInput, Item<SiemEndpoint>, object>({
  name: "destination.delete",
  locate,
  async run(_input, { subject }, context) {
    await context.store.items.deleteItem(subject);
    await forgetToken(subject, context);
    return {};
  },
});

const PROTECTED: ReadonlySet<Protocol> = new Set(["tls", "https"]);

function isElsewhere(now: SiemSettings, before: SiemSettings): boolean {
  const isBarer = PROTECTED.has(before.protocol) && !PROTECTED.has(now.protocol);
  const isUnchecked = now.allowSelfSigned && !before.allowSelfSigned;
  return now.host !== before.host || now.port !== before.port || isBarer || isUnchecked;
}

async function assertPool(
  { pool }: SiemSettings,
  { store, call }: Context<Transaction>,
): Promise<void> {
  if (pool === "" || (await store.items.itemNamed(POOL, call.place.account, pool))) return;
  throw new Refusal("precondition_failed", "There is no such pool.", { reason: "unknown-pool" });
}
