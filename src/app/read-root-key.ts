/** Tells which root key seals, and how far a rotation has come; never anything of a key but its id. */
import { operatorPlace } from "../audit/crn.ts";
import { invariant, Refusal } from "../kernel/errors.ts";
import { readOperation } from "./operation.ts";

export interface RootKeyState {
  /** The key that the state names: the one in use, or the one a rotation is going over to. */
  readonly keyId: string;
  /** Data keys that are still sealed by another one; 0 when no rotation is under way. */
  readonly remaining: number;
}

export const readRootKey = readOperation<object, null, RootKeyState>({
  name: "root-key.read",

  async locate() {
    const place = operatorPlace();
    const target = { place, kind: "root-key", id: "", name: "root key" };
    return { target, resource: { service: "keytrail", place }, subject: null };
  },

  async run(_input, _located, { store, capabilities: { vault } }) {
    if (vault.status.kind === "sealed") throw new Refusal("sealed", "The vault is sealed.");
    const check = await store.secrets.rootKeyCheck();
    invariant(check !== undefined, "a vault was unsealed by its check");
    const { rootKeyId: keyId } = check;
    return { keyId, remaining: await store.secrets.countDataKeysNotUnder(keyId) };
  },
});
