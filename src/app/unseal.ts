/**
 * Unseals the vault at start: with the root key that this state was sealed by, or with a new one if
 * there is none.
 */
import { newRootKey, type RootKey, type RootKeySource } from "../secrets/root-key.ts";
import { checkOf, passesCheck, Vault, type RootKeyCheck } from "../secrets/vault.ts";
import type { State } from "./state.ts";

/**
 * Resolves to a vault that can open every value in the state, or to a sealed one that says what is
 * missing: the server then runs, records and answers all that needs no value. The first start makes
 * a root key and keeps it before anything is sealed by it. A rotation that a crash interrupted is
 * gone on with by the schedule.
 */
export async function unseal(state: State, source: RootKeySource): Promise<Vault> {
  const { check, inUse } = await state.read(async ({ secrets }) => ({
    check: await secrets.rootKeyCheck(),
    inUse: await secrets.rootKeysInUse(),
  }));
  let keys: readonly RootKey[] | undefined;
  try {
    keys = await source.load();
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be read";
    return Vault.sealed(`${capitalised(source.name)} gives no root key: ${reason}.`);
  }
  return check ? unsealed(check, { keys, inUse, source }) : firstUnsealed(state, source, keys);
}

interface Found {
  readonly keys: readonly RootKey[] | undefined;
  readonly inUse: readonly string[];
  readonly source: RootKeySource;
}

/**
 * The key in use is the one the state was sealed by last; the newest that is kept may be of an
 * unfinished rotation.
 */
function unsealed(check: RootKeyCheck, { keys, inUse, source }: Found): Vault {
  const needed = `This state was sealed by root key ${check.rootKeyId}`;
  if (!keys) return Vault.sealed(`${needed}, and ${source.name} is missing.`);
  const active = keys.find((root) => passesCheck(root, check));
  if (!active) {
    const held = keys.map((root) => root.id).join(", ");
    return Vault.sealed(`${needed}, and ${source.name} holds ${held} instead.`);
  }
  const missing = inUse.filter((id) => !keys.some((root) => root.id === id));
  if (missing.length > 0) {
    return Vault.sealed(
      `${needed} and, in part, still by ${missing.join(", ")}, which ${source.name} does not hold.`,
    );
  }
  return Vault.unsealed(
    active,
    keys.filter((root) => root !== active),
  );
}

async function firstUnsealed(
  state: State,
  source: RootKeySource,
  keys: readonly RootKey[] | undefined,
): Promise<Vault> {
  const root = keys?.[0] ?? newRootKey();
  if (!keys) {
    if (!source.save) return Vault.sealed(`${capitalised(source.name)} gives no root key.`);
    // A crash after this: the next start finds the key, and a state that nothing is sealed in yet.
    await source.save([root]);
  }
  await state.transact(({ secrets }) => secrets.setRootKeyCheck(checkOf(root)));
  return Vault.unsealed(root);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
