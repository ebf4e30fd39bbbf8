/** The quotas of an installation, of operations that there are. */
import { Quotas } from "../app/quotas.ts";
import { operationNames } from "../audit/catalogue.ts";
import { ConfigError, type ServeConfig } from "../config.ts";
import type { Clock } from "../kernel/clock.ts";

export function openQuotas({ quotas }: Pick<ServeConfig, "quotas">, clock: Clock): Quotas {
  const known = quotas.map(({ operation, ...rate }) => {
    const name = operationNames.find((one) => one === operation);
    if (name) return { operation: name, ...rate };
    throw new ConfigError(
      "--quota names an operation that does not exist; docs/access.md has their names.",
    );
  });
  return new Quotas(known, clock);
}
