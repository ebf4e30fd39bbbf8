/**
 * Destinations that are another name for one: they have a selection, a place in the log and a delivery of their own, and
 * the receiver of the one that they name, with what we are known by there.
 */
import { parseCrn } from "../audit/crn.ts";
import type { Definition } from "./definition.ts";
import { aliasSettings } from "./sinks/alias/config.ts";

/** Of a destination in a CRN: `crn:v1:bluemix:public:atracker:eu-de:a/<account>::target:<id>`. */
const SERVICE = "atracker";
const TARGET = "target";

/** What names nothing stays as it is: it goes nowhere, and says so. */
export function withoutAliases(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.map((one) => withoutAlias(one, definitions));
}

export function withoutAlias(definition: Definition, all: readonly Definition[]): Definition {
  const crn = crnOf(definition);
  if (crn === undefined) return definition;
  const named = namedBy(crn, definition.selection.account, all);
  // An alias of an alias could lead round and round.
  if (!named || crnOf(named) !== undefined) return definition;
  const { sink, credentials, isPinned, isWaiting, problem } = named;
  const hindered = { ...(isWaiting && { isWaiting }), ...(problem && { problem }) };
  return { ...definition, sink, credentials, isPinned, ...hindered };
}

/**
 * One that the operator has pinned under this CRN, for everybody or for this account, which is the operator's leave to use
 * it; or another one of the account itself.
 */
export function namedBy<Named extends Pick<Definition, "id" | "crn" | "selection">>(
  crn: string,
  account: string | null,
  all: readonly Named[],
): Named | undefined {
  const isTheirs = ({ selection }: Named): boolean =>
    selection.account === null || selection.account === account;
  const pinned = all.find((one) => one.crn === crn && isTheirs(one));
  if (pinned) return pinned;
  const parsed = parseCrn(crn);
  if (parsed?.service !== SERVICE || parsed.kind !== TARGET) return undefined;
  if (parsed.account !== account) return undefined;
  return all.find(({ id, selection }) => id === parsed.id && selection.account === account);
}

function crnOf({ sink }: Definition): string | undefined {
  return aliasSettings.safeParse(sink).data?.crn;
}
