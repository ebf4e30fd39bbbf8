/** Tells what can happen here and what it is called in each vocabulary: for tools that build queries and alarms. */
import { catalogue, type OperationName, type Row } from "../../audit/catalogue.ts";
import { Refusal } from "../../kernel/errors.ts";
import { rolesAllowing, type RoleName } from "../../identity/roles.ts";
import { readOperation } from "../operation.ts";
import { trailLocation } from "./whole-trail.ts";

export interface CatalogueEntry {
  readonly operation: OperationName;
  readonly row: Row;
  readonly roles: readonly RoleName[];
}

export interface ReadCatalogue {
  readonly entries: readonly CatalogueEntry[];
}

/** Any identity may: it is the same in every installation and tells nothing of this one. */
export const readCatalogue = readOperation<object, undefined, ReadCatalogue>({
  name: "catalogue.read",
  async locate(_input, { call, caller }) {
    if (caller.kind === "anonymous") {
      throw new Refusal("unauthenticated", "The request carries no credential.");
    }
    const { target } = trailLocation(call, null);
    return { target: { ...target, name: "catalogue" }, resource: null, subject: undefined };
  },
  async run() {
    const rows = Object.entries(catalogue) as [OperationName, Row][];
    return {
      entries: rows.map(([operation, row]) => ({
        operation,
        row,
        roles: rolesAllowing(operation),
      })),
    };
  },
});
