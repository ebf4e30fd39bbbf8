/** Public access: whether everyone in the account has what its group for public access has. Nobody from outside ever does. */
import { PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import type { AccountSettings } from "../../identity/account-settings.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import type { Millis } from "../../kernel/clock.ts";
import { inAccount, placeOf, type About } from "../identity/find.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { removePolicies } from "../identity/removal.ts";
import { changeOperation, readOperation } from "../operation.ts";

/** By the name that the record has for it. */
export interface GroupSettings {
  readonly account: string;
  readonly public_access_enabled: boolean;
  /** When any setting of the account was changed last; 0 if none ever was. */
  readonly modifiedAt: Millis;
}

export interface ReadGroupSettingsInput {
  readonly accountId?: string | undefined;
}

export const readGroupSettings = readOperation<ReadGroupSettingsInput, null, GroupSettings>({
  name: "access-group-settings.read",
  async locate({ accountId }, { call }) {
    assertOwnAccount(accountId, call);
    return inAccount("access-group-settings.read", call, settingsOf(call.place.account));
  },
  async run(_input, _located, { store, call }) {
    return shown(await store.identity.settings(placeOf(call).account));
  },
});

export interface UpdateGroupSettingsInput extends ReadGroupSettingsInput {
  readonly public_access_enabled: boolean;
}

/**
 * Takes effect with everyone's next call. Once public access is switched off, the policies of its group are deleted, as
 * with IBM, each recorded: switching it on again gives nothing that nobody remembers having given.
 */
export const updateGroupSettings = changeOperation<UpdateGroupSettingsInput, null, GroupSettings>({
  name: "access-group-settings.update",
  async locate({ accountId }, { call }) {
    assertOwnAccount(accountId, call);
    return inAccount("access-group-settings.update", call, settingsOf(call.place.account));
  },
  async run({ public_access_enabled: publicAccess }, _located, context) {
    const { store, call, now } = context;
    const { account } = placeOf(call);
    const settings = await store.identity.settings(account);
    const next = { ...settings, publicAccess, entityTag: newEntityTag(), modifiedAt: now };
    await store.identity.putSettings(next);
    if (settings.publicAccess && !publicAccess) {
      await removePolicies(account, PUBLIC_ACCESS_GROUP, context);
    }
    return shown(next);
  },
});

function settingsOf(account: string): About<null> {
  return { target: { kind: "settings", id: account, name: "" }, subject: null };
}

function shown({ account, publicAccess, modifiedAt }: AccountSettings): GroupSettings {
  return { account, public_access_enabled: publicAccess, modifiedAt };
}
