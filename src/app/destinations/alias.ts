/** Destinations that are another name for one. */
import { namedBy } from "../../delivery/aliases.ts";
import type { SinkSettings } from "../../delivery/sink.ts";
import { aliasSettings } from "../../delivery/sinks/alias/config.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { DESTINATION } from "./destination.ts";

/** Refuses to make another name for what there is not, in the field by which the wire knows it. */
export async function assertNamed(
  settings: SinkSettings,
  { store, call, capabilities }: Context<View>,
  field = "crn",
): Promise<void> {
  const alias = aliasSettings.safeParse(settings).data;
  if (!alias) return;
  const { account } = call.place;
  const own = (await store.items.allItems(DESTINATION, account)).map(({ id, content }) => ({
    id,
    selection: { ...EVERYTHING, account },
    isAlias: aliasSettings.safeParse(content.sink).success,
  }));
  const pinned = capabilities.deliveries.pinned.map((one) => ({ ...one, isAlias: false }));
  const named = namedBy(alias.crn, account, [...pinned, ...own]);
  if (named && !named.isAlias) return;
  const sentence = `The field ${field} is the CRN of another target of the account, or one under which the operator has pinned a destination.`;
  throw new Refusal("invalid_request", sentence, { field });
}

const EVERYTHING = { includesOperators: false, filter: "", routing: null };
