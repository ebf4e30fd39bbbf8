/** What an account lets its identities do: read, and changed by those who administer it. */
import {
  changedSettings,
  SETTABLE,
  type AccountSettings,
  type SettingChanges,
} from "../../identity/account-settings.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import { assertEntityTag } from "../../identity/entity-tag.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { changeOperation, readOperation } from "../operation.ts";
import { inAccount, type Named } from "./find.ts";
import { historyOf, SETTINGS_CHANGES, type Past } from "./history.ts";
import { assertOwnAccount } from "./own-account.ts";

export interface ReadSettingsInput {
  /** Where the wire names one: it must be the caller's own. */
  readonly account?: string | undefined;
  readonly includeHistory?: boolean | undefined;
}

export interface ShownSettings {
  readonly settings: AccountSettings;
  readonly history?: readonly Past[];
}

export const readAccountSettings = readOperation<ReadSettingsInput, Named, ShownSettings>({
  name: "identity-settings.read",
  async locate({ account }, { call }) {
    assertOwnAccount(account, call);
    const target = settingsTarget(call);
    return inAccount("identity-settings.read", call, { target, subject: target });
  },
  async run({ includeHistory }, { subject: target }, context) {
    const settings = await context.store.identity.settings(target.id);
    if (!includeHistory) return { settings };
    return { settings, history: await historyOf(target, SETTINGS_CHANGES, context) };
  },
});

export interface UpdateSettingsInput {
  readonly account?: string | undefined;
  readonly changes: SettingChanges;
  /** The entity tag that the settings had when they were read, or `*`. */
  readonly ifMatch: string;
}

interface Update {
  readonly before: AccountSettings;
  readonly after: AccountSettings;
}

/** In force from the next call on, and the next login; recorded with the values before and after. */
export const updateAccountSettings = changeOperation<UpdateSettingsInput, Update, ShownSettings>({
  name: "identity-settings.update",
  async locate({ account, changes }, { store, call, now }) {
    assertOwnAccount(account, call);
    const before = await store.identity.settings(call.place.account);
    const after = changedSettings(before, changes, now);
    const facts = { changes: those(changes, after), previous: those(changes, before) };
    const subject = { before, after };
    const target = settingsTarget(call);
    return inAccount("identity-settings.update", call, { target, subject, facts });
  },
  async run({ ifMatch }, { subject: { before, after } }, { store, call }) {
    assertEntityTag(before, ifMatch);
    assertStillInside(after, call);
    await store.identity.putSettings(after);
    return { settings: after };
  },
});

function settingsTarget({ place: { account } }: Call): Named {
  return { kind: "settings", id: account, name: "" };
}

/** Of the settings, those that the changes speak of. */
function those(changes: SettingChanges, settings: AccountSettings): object {
  const names = SETTABLE.filter((name) => changes[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

/** Whoever shuts the door must not stand outside: nobody might be left who could open it again. */
function assertStillInside({ allowedIpAddresses }: AccountSettings, { caller, host }: Call): void {
  if (caller.kind !== "identity" || isAddressAllowed(allowedIpAddresses, host.address)) return;
  const sentence = "The allowed addresses leave out the one that this call comes from.";
  throw new Refusal("conflict", sentence);
}
