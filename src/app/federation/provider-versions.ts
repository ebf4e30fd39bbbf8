/** Earlier versions of identity providers: read, and gone back to. */
import { PROVIDER, type ShownProvider } from "../../identity/provider-history.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import {
  assertNameFree,
  known,
  locateProvider,
  type FoundProvider,
  type KnownProvider,
  type WhichProvider,
} from "./find-provider.ts";
import { storeProvider } from "./store-provider.ts";

export interface ProviderVersionInput extends WhichProvider {
  readonly version: number;
}

/** As it was. */
export const readProviderVersion = readOperation<
  ProviderVersionInput,
  FoundProvider,
  KnownProvider
>({
  name: "identity-provider.version.read",
  async locate(input, context) {
    return locateProvider("identity-provider.version.read", input, context);
  },
  async run({ version: number }, { subject }, context) {
    const { provider, item } = subject;
    const version = await versionOf(subject, number, context);
    const { revision } = known(provider, item);
    if (!version) return known(provider, revision);
    const { content, at, by } = version;
    const was = { ...provider, ...content.shown };
    return known(was, { ...revision, version: number, modifiedAt: at, modifiedBy: by });
  },
});

/** As a new version. The client's secret is part of none: it stays what it is, where the issuer is the same. */
export const rollBackProvider = changeOperation<
  ProviderVersionInput,
  FoundProvider,
  KnownProvider & { readonly version: number }
>({
  name: "identity-provider.rollback",
  async locate(input, context) {
    return locateProvider("identity-provider.rollback", input, context);
  },
  async run({ version: number }, { subject }, context) {
    const { provider: before } = subject;
    const version = await versionOf(subject, number, context);
    const shown: ShownProvider = version?.content.shown ?? before;
    const after = { ...before, ...shown, realm: before.realm, modifiedAt: context.now };
    if (after.name !== before.name) await assertNameFree(after, context.store);
    const stored = await storeProvider({ before, after }, context);
    return { ...stored, version: stored.revision.version };
  },
});

/** Undefined for the only version of one that none is kept of yet. */
async function versionOf(
  { provider: { account, id }, item }: FoundProvider,
  version: number,
  { store }: Context<View>,
) {
  const kept = await store.items.itemVersion(PROVIDER, account, { id, version });
  if (kept || (version === 0 && !item)) return kept;
  throw new Refusal("not_found", "There is no such version.");
}
