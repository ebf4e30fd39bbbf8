/** What an account says of its routing as a whole. IBM's event routing, "settings". */
import type { Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation, readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import {
  DESTINATION,
  ROUTE,
  ROUTING_SETTINGS,
  SETTINGS_NAME,
  type RoutingSettings,
} from "./destination.ts";
import { SERVICE } from "./find.ts";
import {
  assertRegions,
  assertTargets,
  GLOBAL,
  MAX_DEFAULT_TARGETS,
  unroutedAmong,
} from "./route-rules.ts";
import { NOTHING_SAID, routingChanged } from "./routing-changed.ts";

export interface ShownRoutingSettings {
  readonly settings: RoutingSettings;
  /** Of the places in which the account has anything, those whose events no route and no default sends anywhere. */
  readonly unrouted: readonly string[];
  /** Default targets that are no more. */
  readonly missing: readonly string[];
}

type Subject = Item<RoutingSettings> | undefined;

export const readRoutingSettings = readOperation<object, Subject, ShownRoutingSettings>({
  name: "routing-settings.read",
  locate: (_input, context) => locate(context),
  run: (_input, { subject }, context) => shown(subject?.content ?? NOTHING_SAID, context),
});

export const updateRoutingSettings = changeOperation<
  RoutingSettings,
  Subject,
  ShownRoutingSettings
>({
  name: "routing-settings.update",
  async locate(settings, context) {
    return { ...(await locate(context)), facts: recorded(settings) };
  },
  async run(given, _located, context) {
    const settings = { ...given };
    await assertSettings(settings, context);
    await routingChanged(context, settings);
    return shown(settings, context);
  },
});

/** As they stand, or as they are where nobody has said anything. */
export async function routingSettingsOf(
  account: string,
  { items }: Pick<View, "items">,
): Promise<RoutingSettings> {
  const found = await items.itemNamed(ROUTING_SETTINGS, account, SETTINGS_NAME);
  return found?.content ?? NOTHING_SAID;
}

async function locate({ store, call: { place } }: Context<View>): Promise<Located<Subject>> {
  return {
    target: { place, kind: ROUTING_SETTINGS.name, id: SETTINGS_NAME, name: "" },
    resource: { service: SERVICE, place },
    subject: await store.items.itemNamed(ROUTING_SETTINGS, place.account, SETTINGS_NAME),
  };
}

async function assertSettings(settings: RoutingSettings, context: Context<View>): Promise<void> {
  const { defaultTargets, permittedTargetRegions } = settings;
  const { metadataRegionPrimary: primary, metadataRegionBackup: backup } = settings;
  await assertTargets(
    defaultTargets,
    { field: "default_targets", max: MAX_DEFAULT_TARGETS },
    context,
  );
  assertRegions(permittedTargetRegions, "permitted_target_regions", context);
  if (primary !== "") assertRegions([primary], "metadata_region_primary", context);
  if (backup !== "") assertRegions([backup], "metadata_region_backup", context);
  if (backup !== "" && backup === primary) {
    const sentence = "The metadata_region_backup is another one than metadata_region_primary.";
    throw new Refusal("invalid_request", sentence, { field: "metadata_region_backup" });
  }
  if (settings.isPrivateOnly) {
    const sentence =
      "The field private_api_endpoint_only must be false: this installation has one endpoint, and who reaches it is a matter of the network.";
    throw new Refusal("invalid_request", sentence, { field: "private_api_endpoint_only" });
  }
}

async function shown(
  settings: RoutingSettings,
  { store, call }: Context<View>,
): Promise<ShownRoutingSettings> {
  const { account } = call.place;
  const { items, identity } = store;
  const routes = await items.allItems(ROUTE, account);
  const there = new Set((await items.allItems(DESTINATION, account)).map(({ id }) => id));
  const isThere = (id: string): boolean => there.has(id);
  const regions = (await identity.instances(account)).map(({ region }) => region);
  const unrouted = unroutedAmong([...new Set([GLOBAL, ...regions])], {
    routes: routes.map(({ content }) => content),
    settings,
    isThere,
  });
  const missing = settings.defaultTargets.filter((id) => !isThere(id));
  return { settings, unrouted, missing };
}

/** By IBM's names of the fields. */
function recorded(settings: RoutingSettings): object {
  return {
    default_targets: settings.defaultTargets,
    permitted_target_regions: settings.permittedTargetRegions,
    metadata_region_primary: settings.metadataRegionPrimary,
    metadata_region_backup: settings.metadataRegionBackup,
    private_api_endpoint_only: settings.isPrivateOnly,
  };
}
