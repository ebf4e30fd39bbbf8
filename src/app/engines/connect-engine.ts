/**
 * An engine's connection: that it was opened, with the engine's key to show for it, and that it is over. Whoever fails to
 * show a key is recorded with the engine that was tried, and hears no more than that.
 */
import { operatorPlace, type Place } from "../../audit/crn.ts";
import { accountPlace, instancePlace } from "../../identity/account.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import { ENGINE, type ConnectionEnd, type Engine } from "../../engines/engine.ts";
import { isProof } from "../../engines/engine-key.ts";
import type { Item } from "../../items/item.ts";
import { isUuid } from "../../kernel/ids.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Identity } from "../call.ts";
import { changeOperation, type Located } from "../operation.ts";
import type { State, Transaction, View } from "../state.ts";
import { SERVICE } from "./pools.ts";

export interface ConnectEngineInput {
  /** Its name, or its id. Not recorded as it is: it may be anything that somebody typed. */
  readonly called: string;
  /** Where a name is looked for; an id is known everywhere. */
  readonly account: string | undefined;
  /** What this server has asked to be signed, on this connection alone. */
  readonly nonce: string;
  readonly proof: Sensitive<string>;
}

export interface ConnectedEngine {
  readonly engine: Item<Engine>;
  readonly place: Place;
}

type Attempt = { readonly refusal: Refusal } | (ConnectedEngine & { readonly refusal: null });

export const connectEngine = changeOperation<ConnectEngineInput, Attempt, ConnectedEngine>({
  name: "engine.connect",
  forAnyone: true,
  async locate(input, { store, call, capabilities }) {
    const engine = await engineCalled(input, store);
    if (!engine) return failed("unknown-engine", unproven(), null);
    const known = { engine, place: await placeOf(engine.account, store) };
    const { nonce, proof } = input;
    const { publicKey } = engine.content;
    const holder = { engine: engine.id, server: capabilities.engines.serverName };
    if (!isProof(proof, { ...holder, publicKey, nonce })) {
      return failed("wrong-key", unproven(), known);
    }
    const { allowedIpAddresses } = await store.identity.settings(engine.account);
    if (!isAddressAllowed(allowedIpAddresses, call.host.address)) {
      const sentence = "The account does not allow calls from this address.";
      return failed("address", new Refusal("forbidden", sentence, { reason: "address" }), known);
    }
    return {
      target: targetOf(known),
      resource: null,
      subject: { ...known, refusal: null },
      caller: callerOf(engine),
      facts: { name: engine.name },
    };
  },
  async run(_input, { subject }, context) {
    if (subject.refusal) return subject.refusal;
    const { engine, place } = subject;
    await writeDown(engine, context.now, context.store);
    return { engine, place };
  },
});

export interface DisconnectEngineInput {
  readonly id: string;
  readonly name: string;
  /** Where it was connected. */
  readonly place: Place;
  readonly because: ConnectionEnd;
}

/** By the server, whoever ended it. The engine may have been deleted by now. */
export const disconnectEngine = changeOperation<
  DisconnectEngineInput,
  Item<Engine> | undefined,
  object
>({
  name: "engine.disconnect",
  async locate({ id, name, place }, { store, call }) {
    return {
      target: { place, kind: ENGINE.name, id, name },
      resource: { service: SERVICE, place },
      subject: await store.items.item(ENGINE, call.place.account, id),
    };
  },
  async run(_input, { subject: engine }, { caller, store, capabilities }) {
    invariant(caller.kind === "internal", "connections are ended by the server alone");
    const heardAt = engine && capabilities.engines.lastHeard(engine.id);
    if (engine && heardAt !== undefined) await writeDown(engine, heardAt, store);
    return {};
  },
});

/** Writes down when engines were last heard of; no event tells of each sign of life. */
export async function keepHeartbeats(
  state: Pick<State, "transact">,
  heard: readonly { readonly engine: string; readonly account: string; readonly at: number }[],
): Promise<void> {
  if (heard.length === 0) return;
  await state.transact(async (store) => {
    for (const { engine: id, account, at } of heard) {
      const engine = await store.items.item(ENGINE, account, id);
      if (engine) await writeDown(engine, at, store);
    }
  });
}

/** Whether there is still such an engine. */
export function isStanding(
  { account, id }: Item<Engine>,
  state: Pick<State, "read">,
): Promise<boolean> {
  return state.read(async ({ items }) => (await items.item(ENGINE, account, id)) !== undefined);
}

/** No new version: nobody has changed anything of it. */
async function writeDown(
  engine: Item<Engine>,
  heardAt: number,
  { items }: Pick<Transaction, "items">,
): Promise<void> {
  if (engine.content.heardAt === heardAt) return;
  await items.putItem({ ...engine, content: { ...engine.content, heardAt } });
}

async function engineCalled(
  { called, account }: ConnectEngineInput,
  { items, identity }: View,
): Promise<Item<Engine> | undefined> {
  const named = account === undefined ? undefined : await items.itemNamed(ENGINE, account, called);
  if (named || !isUuid(called)) return named;
  for (const { id } of await identity.accounts()) {
    const found = await items.item(ENGINE, id, called.toLowerCase());
    if (found) return found;
  }
  return undefined;
}

/** Where calls about engines are: in the account's first instance, if it has one. */
async function placeOf(account: string, { identity }: View): Promise<Place> {
  const [first] = await identity.instances(account);
  return first ? instancePlace(first) : accountPlace(account);
}

function targetOf({ engine: { kind, id, name }, place }: ConnectedEngine) {
  return { place, kind, id, name };
}

/** Recorded with the engine that was tried, in its account; of one that there is not, in the operator's own stream. */
function failed(fault: string, refusal: Refusal, known: ConnectedEngine | null): Located<Attempt> {
  return {
    target: known ? targetOf(known) : { place: operatorPlace(), kind: "", id: "", name: "" },
    resource: null,
    subject: { refusal },
    caller: { kind: "anonymous", refusal },
    facts: { fault, ...(known ? { name: known.engine.name } : {}) },
  };
}

/** The same for an engine that there is not: whether there is one is nobody's business without its key. */
function unproven(): Refusal {
  return new Refusal("unauthenticated", "The engine has not shown its key.", {
    reason: "engine-key",
  });
}

function callerOf({ id, name, account }: Item<Engine>): Identity {
  return {
    kind: "identity",
    id: `Engine-${id}`,
    name,
    account,
    typeURI: "service/security/client/certificateid",
    credentialType: "certificate",
    credentialId: id,
  };
}
