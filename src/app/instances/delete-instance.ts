/** The end of an instance that has nothing in it any more. Its events stay, and are found by its CRN. */
import type { Instance } from "../../identity/account.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Contents } from "../../secrets/contents.ts";
import { changeOperation } from "../operation.ts";
import { locateInstance } from "./find.ts";
import type { InstanceInput } from "./read-instances.ts";

export const deleteInstance = changeOperation<
  InstanceInput,
  Instance,
  Readonly<Record<string, never>>
>({
  name: "instance.delete",

  locate: locateInstance,

  /** Policies on it are left: an id is never given twice, so they give nothing. */
  async run(_input, { subject: { id, account } }, { store }) {
    assertEmpty(await store.secrets.contentsOf({ account, instance: id }));
    await store.identity.deleteInstance(id);
    return {};
  },
});

const names: Readonly<Record<keyof Contents, readonly [one: string, several: string]>> = {
  secrets: ["secret", "secrets"],
  secretGroups: ["secret group", "secret groups"],
  configurations: ["configuration", "configurations"],
  leases: [
    "minted credential that has not been taken back",
    "minted credentials that have not been taken back",
  ],
  registrations: ["registration for notifications", "registrations for notifications"],
};

function assertEmpty(contents: Contents): void {
  const kinds = Object.keys(names) as readonly (keyof Contents)[];
  const left = kinds.filter((kind) => contents[kind] > 0);
  if (left.length === 0) return;
  const list = left.map((kind) => {
    const [one, several] = names[kind];
    return contents[kind] === 1 ? `1 ${one}` : `${contents[kind]} ${several}`;
  });
  const sentence = `The instance still has ${list.join(", ")}. Delete what is in it first.`;
  throw new Refusal("conflict", sentence, Object.fromEntries(left.map((k) => [k, contents[k]])));
}
