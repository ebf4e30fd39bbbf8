/** Another name for an instance. Its id, its region and its CRN stay for as long as there is one. */
import type { Instance } from "../../identity/account.ts";
import { checkedName } from "../../identity/text.ts";
import { changeOperation } from "../operation.ts";
import type { Change } from "../secrets/changes.ts";
import { locateInstance, targetOf, viewOf, type InstanceView } from "./find.ts";

export interface RenameInstanceInput {
  readonly id: string;
  readonly name: string;
  /** The names of the fields, for the record. */
  readonly changes: readonly string[];
}

/** The input of a renaming: the dialects' way to make it. */
export function renameInstanceInput(id: string, name: string): RenameInstanceInput {
  return { id, name, changes: ["name"] };
}

export interface RenamedInstance extends InstanceView {
  readonly changes: readonly Change[];
}

export const renameInstance = changeOperation<RenameInstanceInput, Instance, RenamedInstance>({
  name: "instance.update",

  async locate(input, context) {
    const name = checkedName(input.name);
    const located = await locateInstance(input, context);
    return { ...located, becomes: targetOf(located.subject, name) };
  },

  async run(input, { subject: instance }, { store }) {
    const renamed = { ...instance, name: checkedName(input.name) };
    await store.identity.putInstance(renamed);
    const change = { field: "name", initialValue: instance.name, newValue: renamed.name };
    return { ...viewOf(renamed), changes: [change] };
  },
});
