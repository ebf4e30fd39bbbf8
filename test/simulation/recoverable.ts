/**
 * What clients of DSV do with what can be had back, at random, for the simulation: users, encryption keys and policy
 * documents, deleted for good or for a while; and that each of them is what the trail alone says, whatever failed.
 */
import { expect } from "vitest";
import {
  createPolicyDocument,
  type WrittenDocument,
} from "../../src/app/documents/policy-documents.ts";
import { updatePolicyDocument } from "../../src/app/documents/change-document.ts";
import {
  deletePolicyDocument,
  restorePolicyDocument,
} from "../../src/app/documents/remove-document.ts";
import { decrypt, encrypt, rotateData } from "../../src/app/encryption/data.ts";
import { createKey, deleteKey, restoreKey } from "../../src/app/encryption/keys.ts";
import { createKnownUser } from "../../src/app/identity/known-users.ts";
import { deleteKnownUser, restoreUser } from "../../src/app/identity/restore-user.ts";
import { endRemoval } from "../../src/app/items/end-removal.ts";
import { createSecret } from "../../src/app/secrets/create-secret.ts";
import { restoreSecret } from "../../src/app/secrets/restore-secret.ts";
import { rollBackSecret } from "../../src/app/secrets/roll-back-secret.ts";
import { scheduleDeletion } from "../../src/app/secrets/schedule-deletion.ts";
import { updateSecret } from "../../src/app/secrets/update-secret.ts";
import type { Stores } from "../../src/app/secrets/testing/replicas.ts";
import { PLACE } from "../../src/app/testing/test-app.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { materialOwner } from "../../src/encryption/key.ts";
import { RECOVERY_MS } from "../../src/items/item.ts";
import { utf8 } from "../../src/kernel/bytes.ts";
import { Sensitive } from "../../src/kernel/sensitive.ts";
import type { Chance } from "./staged-secrets.ts";

/** One of each kind is enough: more of it comes about. */
const PATH = "oak";
const MEMBERS = ["elm", "ash"];
const plaintext = new Sensitive(utf8("the plain text"));

/** How often it has come about: a simulation without it proves nothing. */
export const metRecoverable = { asides: 0, back: 0, gone: 0, rotated: 0, decrypted: 0 };

/** One operation, on something that may be there. */
export async function operateRecoverable(chance: Chance): Promise<unknown> {
  const perform = <I extends object, S, O extends object>(
    operation: Parameters<typeof chance.perform<I, S, O>>[0],
    input: I,
  ) => chance.perform(operation, input, PLACE);
  const path = PATH;
  const userName = `${path}@example.net`;
  const isForced = chance.random() < 0.1;
  if (chance.random() < 0.3) return operateSecret(chance, path, isForced);
  switch (Math.floor(chance.random() * 11)) {
    case 0:
      return perform(createKnownUser, { email: userName, name: path });
    case 1:
      return perform(deleteKnownUser, { userName, force: isForced });
    case 2:
      return perform(restoreUser, { userName });
    case 3:
      return perform(createKey, { path });
    case 4:
      return perform(deleteKey, { path, force: isForced });
    case 5:
      return perform(restoreKey, { path });
    case 6:
    case 7: {
      const encrypted = await perform(encrypt, { path, plaintext });
      if (!encrypted) return undefined;
      const { ciphertext } = encrypted;
      await decrypted(chance, { path, ciphertext });
      const rotated = await perform(rotateData, { path, ciphertext });
      return rotated && decrypted(chance, { path, ciphertext: rotated.ciphertext });
    }
    case 8: {
      const input = { ...document(path), fromVersion: undefined };
      return perform(chance.random() < 0.5 ? createPolicyDocument : updatePolicyDocument, input);
    }
    case 9:
      return perform(deletePolicyDocument, { path, force: isForced });
    default:
      return perform(restorePolicyDocument, { path });
  }
}

/** A secret of DSV's. What the trail says of it is held against it beside those of AWS's clients. */
function operateSecret(chance: Chance, path: string, isForced: boolean): Promise<unknown> {
  const name = `dsv/${path}`;
  const called = { secretId: name, called: [{ name, suffix: null }] };
  const data = new Sensitive({ [oneOf(MEMBERS, chance)]: chance.random() });
  const { perform } = chance;
  switch (Math.floor(chance.random() * 6)) {
    case 0: {
      const typed = { secretType: "kv", secretGroupId: "default", byNameAlone: true } as const;
      return perform(createSecret, { name, ...typed, payload: { kind: "kv", data } }, PLACE);
    }
    case 1:
    case 2:
      return perform(updateSecret, { ...called, members: { data, replacesAll: isForced } }, PLACE);
    case 3:
      return perform(rollBackSecret, { ...called, version: 0 }, PLACE);
    case 4: {
      const how = isForced ? { force: true } : { recoveryMs: RECOVERY_MS };
      return perform(scheduleDeletion, { ...called, ...how }, PLACE);
    }
    default:
      return perform(restoreSecret, called, PLACE);
  }
}

/** What comes out is what went in, or nothing does. */
async function decrypted(
  { perform }: Chance,
  input: { readonly path: string; readonly ciphertext: Sensitive<Uint8Array> },
): Promise<void> {
  const output = await perform(decrypt, input, PLACE);
  if (!output) return;
  expect(output.plaintext.reveal()).toEqual(Buffer.from(plaintext.reveal()));
  metRecoverable.decrypted += 1;
}

function document(path: string): WrittenDocument {
  const subjects = ["users:nobody@example.net"];
  const resources = [path];
  const permission = { id: "one", description: "", subjects, resources, actions: ["read"] };
  return { path, permissionDocument: [{ ...permission, effect: "allow", conditions: {} }] };
}

/** Whatever can be had back no longer: each ends by an operation of its own, as the schedule has it. */
export async function endRemovals(
  { perform }: Chance,
  { state }: Stores,
  now: number,
): Promise<void> {
  const due = await state.read(({ items }) => items.dueItems(now, 10));
  const place = { account: PLACE.account, region: "global", instance: null };
  for (const { kind, id } of due) await perform(endRemoval, { kind, id }, place);
}

/** What the trail says of one of them. */
interface Told {
  readonly kind: string;
  readonly name: string;
  version: number;
  standing: "there" | "aside" | "gone";
}

/** Everything of these kinds that there is, and the material of keys, is as the events say, and nothing else is. */
export function checkRecoverable(events: readonly AuditEvent[], { database }: Stores): void {
  const told = toldBy(events);
  const all = [...told].map(([id, one]) => ({ id, ...one }));
  const items = all.filter(({ kind, standing }) => kind !== USER_KIND && standing !== "gone");
  const stored = database.all(
    `SELECT id, version, removed_at FROM items WHERE kind IN ('encryption-key', 'policy-document')`,
  );
  const shown = stored.map(({ id, version, removed_at: at }) => [id, version, at !== null]);
  const expected = items.map(({ id, version, standing }) => [id, version, standing === "aside"]);
  expect(new Set(shown.map(String))).toEqual(new Set(expected.map(String)));

  const keys = all.filter(({ kind }) => kind === "encryption-key");
  const owners = keys.flatMap(({ id, version, standing }) =>
    standing === "gone"
      ? []
      : Array.from({ length: version + 1 }, (_, number) => materialOwner(id, number)),
  );
  const kept = database
    .all("SELECT owner FROM data_keys")
    .map((row) => String(row["owner"]))
    .filter((owner) => told.has(owner.split(":")[0] ?? ""));
  expect(new Set(kept)).toEqual(new Set(owners));

  const users = all.filter(({ kind, name }) => kind === USER_KIND && name.endsWith(".net"));
  const idsOf = (standing: Told["standing"]) =>
    new Set(users.filter((user) => user.standing === standing).map(({ id }) => id));
  const rows = database.all("SELECT iam_id FROM users WHERE email LIKE '%.net'");
  expect(new Set(rows.map((row) => row["iam_id"]))).toEqual(idsOf("there"));
  const aside = database.all("SELECT id FROM items WHERE kind = ? AND removed_at > 0", USER_KIND);
  expect(new Set(aside.map((row) => row["id"]))).toEqual(idsOf("aside"));
}

const USER_KIND = "user";

function toldBy(events: readonly AuditEvent[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const event of events) {
    const { outcome, operation, target } = event;
    const [kind = "", verb = ""] = operation.split(".");
    if (outcome !== "success") continue;
    const id = target.id.split(":").at(-1) ?? "";
    if (verb === "create" && KINDS.has(kind)) {
      // Whoever takes a name leaves nobody to come back under it.
      for (const one of told.values()) if (one.name === target.name) take(one, kind);
      told.set(id, { kind, name: target.name, version: 0, standing: "there" });
    }
    const one = told.get(id);
    if (one) tell(one, event);
  }
  return told;
}

const KINDS: ReadonlySet<string> = new Set([USER_KIND, "encryption-key", "policy-document"]);

function take(one: Told, kind: string): void {
  if (kind === USER_KIND && one.kind === kind && one.standing === "aside") one.standing = "gone";
}

function tell(one: Told, { operation, requestData, responseData }: AuditEvent): void {
  const verb = operation.split(".")[1];
  if (operation === "policy-document.update") one.version = Number(responseData["version"]);
  if (operation === "data.rotate") {
    metRecoverable.rotated += Number(responseData["keyRotated"]);
    one.version = Number(responseData["endingVersion"]);
  }
  if (verb === "delete") one.standing = requestData["force"] === true ? "gone" : "aside";
  if (verb === "restore") one.standing = "there";
  if (operation === "removal.end") one.standing = "gone";
  metRecoverable.asides += Number(verb === "delete" && one.standing === "aside");
  metRecoverable.back += Number(verb === "restore");
  metRecoverable.gone += Number(operation === "removal.end");
}

function oneOf(names: readonly string[], { random }: Chance): string {
  return names[Math.floor(random() * names.length)] ?? "";
}
