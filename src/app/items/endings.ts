/** What goes with an item when the time in which it could be had back is over, by its kind; most have nothing more. */
import { ENCRYPTION_KEY } from "../../encryption/key.ts";
import { CLIENT } from "../../identity/client.ts";
import { PROVIDER } from "../../identity/provider-history.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import { USER } from "../../identity/removed-user.ts";
import { actingIdOf } from "../../identity/service-id.ts";
import { actingProfileOf } from "../../identity/trusted-profile.ts";
import type { Item } from "../../items/item.ts";
import { destroyMaterial } from "../encryption/material.ts";
import { endProvider } from "../federation/remove-provider.ts";
import { endUser } from "../identity/end-user.ts";
import type { Context } from "../operation.ts";
import { removeHome } from "../secrets/remove-home.ts";
import type { Transaction } from "../state.ts";

export type Ending = (item: Item<object>, context: Context<Transaction>) => Promise<void>;

export const endings: Readonly<Record<string, Ending>> = {
  [ENCRYPTION_KEY.name]: destroyMaterial,
  [USER.name]: endUser,
  [PROFILE.name]: ({ account, id }, context) =>
    removeHome({ account, iamId: actingProfileOf(id) }, context),
  [CLIENT.name]: ({ account, id }, context) =>
    removeHome({ account, iamId: actingIdOf(id) }, context),
  [PROVIDER.name]: endProvider,
};
