/** Sealing and opening what a configuration keeps secret. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Configuration } from "../../secrets/configurations/configuration.ts";
import type { Binding, SealedValue, Vault } from "../../secrets/vault.ts";

type Owner = Pick<Configuration, "id" | "at" | "dataKey">;

export function sealKept(vault: Vault, owner: Owner, text: Sensitive<string>): SealedValue {
  return vault.seal(owner.dataKey, bindingOf(owner), utf8(text.reveal()));
}

/** Refuses while the vault is sealed. */
export function openKept(vault: Vault, configuration: Configuration): Sensitive<string> {
  const { dataKey, sealed } = configuration;
  invariant(sealed !== null, "a configuration of this type keeps something secret");
  return new Sensitive(fromUtf8(vault.open(dataKey, bindingOf(configuration), sealed)));
}

function bindingOf({ id, at }: Owner): Binding {
  return { purpose: "configuration", at, owner: id, part: "" };
}
