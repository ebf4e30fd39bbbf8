/** The configuration of an account: permissions that hold beside every policy document, and how long logins last. */
import {
  CONFIG,
  CONFIG_NAME,
  MAX_REFRESH_TOKEN_TTL_HOURS,
  type AccountConfig,
  type Permission,
} from "../../identity/documents/document.ts";
import { recordedPermissions } from "../../identity/documents/recorded.ts";
import type { ProviderType } from "../../identity/identity-provider.ts";
import { revised, type Item, type ItemVersion } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { placeOf } from "../identity/find.ts";
import { targetOf } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { assertNewest } from "./change-document.ts";
import { defaultConfig } from "./default-config.ts";
import { noSuchVersion, SERVICE } from "./find.ts";

type ConfigItem = Item<AccountConfig>;

/** A provider that people of the account log in with. */
export interface Authentication {
  readonly name: string;
  readonly type: ProviderType;
}

export interface ShownConfig {
  readonly item: ConfigItem;
  /** Of the version that was asked for. */
  readonly at: ItemVersion<AccountConfig>;
  readonly tenantName: string;
  readonly authentication: readonly Authentication[];
  /** As it holds: the account's own, where the configuration says nothing. */
  readonly refreshTokenTTLHours: number;
  readonly version: number;
}

export const readConfig = readOperation<object, ConfigItem, ShownConfig>({
  name: "config.read",
  locate: (_input, context) => locateConfig(context),
  run: (_input, { subject: item }, context) => shown(item, newestOf(item), context),
});

export interface ConfigVersionInput {
  readonly version: number;
}

export const readConfigVersion = readOperation<ConfigVersionInput, ConfigItem, ShownConfig>({
  name: "config.version.read",
  locate: (_input, context) => locateConfig(context),
  async run({ version }, { subject: item }, context) {
    const { account, id } = item;
    const kept = await context.store.items.itemVersion(CONFIG, account, { id, version });
    const at = kept ?? (version === item.version ? newestOf(item) : undefined);
    if (!at) throw noSuchVersion();
    return shown(item, at, context);
  },
});

export interface WriteConfigInput {
  readonly permissionDocument: readonly Permission[];
  /** Left as it is, if nothing is said. */
  readonly refreshTokenTTLHours?: number | undefined;
  /** What it was written from, which has to be the newest unless it is to be overwritten. */
  readonly fromVersion?: number | undefined;
  readonly overwrite: boolean;
  /** What is shown with it, and is changed elsewhere: refused if it is not what there is. */
  readonly tenantName?: string | undefined;
  readonly authentication?: readonly string[] | undefined;
}

/**
 * Holds from the moment on in which it is committed, for everybody but the owner of the account, whom it keeps from
 * neither configuration nor policy documents.
 */
export const writeConfig = changeOperation<WriteConfigInput, ConfigItem, ShownConfig>({
  name: "config.write",
  async locate({ permissionDocument }, context) {
    const located = await locateConfig(context);
    const previous = recordedPermissions(located.subject.content.permissionDocument);
    return {
      ...located,
      facts: { permissions: recordedPermissions(permissionDocument), previous },
    };
  },
  async run(input, { subject: item }, context) {
    const { overwrite, fromVersion, permissionDocument } = input;
    if (!overwrite && fromVersion === undefined) throw versionMissing(item);
    if (!overwrite) assertNewest(item.version, fromVersion);
    await assertUntouched(input, context);
    const { refreshTokenTTLHours = item.content.refreshTokenTTLHours } = input;
    assertHours(refreshTokenTTLHours);
    const { items } = context.store;
    // What was never written becomes the version that it was shown as.
    if (!(await items.item(CONFIG, item.account, item.id))) await items.putItem(item);
    const content = { permissionDocument, refreshTokenTTLHours };
    const after = revised(item, { content }, handOf(context));
    await items.putItem(after);
    return shown(after, newestOf(after), context);
  },
});

async function locateConfig({ store, call }: Context<View>): Promise<Located<ConfigItem>> {
  const place = placeOf(call);
  const kept = await store.items.itemNamed(CONFIG, place.account, CONFIG_NAME);
  const item = kept ?? (await defaultConfig(place.account, store));
  return { target: targetOf(item, place), resource: { service: SERVICE, place }, subject: item };
}

function newestOf({ version, content, modifiedAt, modifiedBy }: ConfigItem) {
  return { version, content, at: modifiedAt, by: modifiedBy };
}

async function shown(
  item: ConfigItem,
  at: ItemVersion<AccountConfig>,
  { store }: Context<View>,
): Promise<ShownConfig> {
  const { account } = item;
  const { refreshTokenLifetimeS } = await store.identity.settings(account);
  const ofAccount = Math.ceil(refreshTokenLifetimeS / 3_600);
  return {
    item,
    at,
    tenantName: (await store.identity.account(account))?.name ?? account,
    authentication: await authenticationOf(account, store),
    refreshTokenTTLHours: at.content.refreshTokenTTLHours || ofAccount,
    version: at.version,
  };
}

async function authenticationOf(
  account: string,
  { logins }: Pick<View, "logins">,
): Promise<readonly Authentication[]> {
  const providers = await logins.identityProviders(account);
  return providers.map(({ name, type }) => ({ name, type }));
}

async function assertUntouched(
  { tenantName, authentication }: WriteConfigInput,
  { store, call }: Context<View>,
): Promise<void> {
  const { account } = call.place;
  if (tenantName !== undefined && tenantName !== (await store.identity.account(account))?.name) {
    throw elsewhere("tenantName", "The name of the account is not changed by its configuration.");
  }
  if (authentication === undefined) return;
  const there = (await authenticationOf(account, store)).map(({ name }) => name);
  const isSame = new Set(there).symmetricDifference(new Set(authentication)).size === 0;
  if (isSame) return;
  throw elsewhere("settings", "Authentication providers are changed under config/auth.");
}

function assertHours(hours: number): void {
  if (Number.isInteger(hours) && hours >= 0 && hours <= MAX_REFRESH_TOKEN_TTL_HOURS) return;
  const sentence = `refreshTokenTTLHours is a number up to ${MAX_REFRESH_TOKEN_TTL_HOURS}; 0 leaves it to the account's settings.`;
  throw elsewhere("refreshTokenTTLHours", sentence);
}

function elsewhere(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}

function versionMissing({ version }: ConfigItem): Refusal {
  const sentence = `The configuration says no version that it was written from, which is ${version} by now; or let it be overwritten.`;
  return new Refusal("conflict", sentence, { reason: "version-conflict" });
}
