/** Lists the names of the secrets below a path. */
import type { Place } from "../../audit/crn.ts";
import type { Instance } from "../../secrets/secret.ts";
import { pageOf } from "../../secrets/paging.ts";
import { readOperation } from "../operation.ts";
import { wholeOf } from "./find.ts";
import { locatedInRegion } from "./list-described.ts";
import { groupsWithin } from "./scope.ts";

export interface ListPathsInput {
  /** Parts joined by slashes; empty for all there are. */
  readonly path: string;
  readonly limit?: number | undefined;
}

export interface ListPathsOutput {
  readonly names: readonly string[];
  readonly totalCount: number;
  readonly place: Place;
}

export const DEFAULT_PATHS_LISTED = 1_000;

export const listPaths = readOperation<ListPathsInput, Instance | null, ListPathsOutput>({
  name: "secret.paths.list",

  locate: async ({ path }, context) => {
    const { place } = context.call;
    const target = { place, kind: "secret", id: "", name: path };
    return { ...locatedInRegion(context), target };
  },

  async run({ path, limit }, located, context) {
    const { subject: at, inPart: _inPart, ...whole } = located;
    const { store, call, scope, judge } = context;
    const page = pageOf({ limit }, DEFAULT_PATHS_LISTED);
    if (at === null) return { names: [], totalCount: 0, place: call.place };
    // Who may list this path as a whole is not held to the groups that roles give.
    const isHeld = judge({ permission: "secret.paths.list", located: whole, input: {} });
    const groups = isHeld ? groupsWithin(scope(wholeOf(call.place)), undefined) : undefined;
    const namePrefix = path === "" ? undefined : `${path}/`;
    const query = { page, sort: "name", groups, namePrefix } as const;
    const { items, totalCount } = await store.secrets.secrets(at, query);
    return { names: items.map(({ secret }) => secret.name), totalCount, place: call.place };
  },
});
