/** The regions of an installation at its start: IBM's or those of a file, held against the instances that there are. */
import { readFileSync } from "node:fs";
import type { State } from "../app/state.ts";
import { ConfigError, type ServeConfig } from "../config.ts";
import type { Instance } from "../identity/account.ts";
import { Regions, RegionsError } from "../identity/region.ts";

type RegionsConfig = Pick<ServeConfig, "regionsFile" | "region">;

/**
 * Throws a ConfigError that says what to change where the file is of no use, where an instance is in a region that does
 * not take any, and, before the first start, where `--region` is such a region.
 */
export async function openRegions(config: RegionsConfig, state: State): Promise<Regions> {
  const regions = config.regionsFile === null ? Regions.default : readRegions(config.regionsFile);
  const accounts = await state.read(({ identity }) => identity.accounts());
  if (accounts.length === 0) {
    assertOpen(regions, config.region, `--region says ${config.region}`);
  }
  for (const { id } of accounts) {
    const instances = await state.read(({ identity }) => identity.instances(id));
    for (const instance of instances) assertOpen(regions, instance.region, nameOf(instance));
  }
  return regions;
}

function readRegions(file: string): Regions {
  try {
    return Regions.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const problem = cause instanceof RegionsError ? cause.message : "it cannot be read";
    throw new ConfigError(`The file of regions ${file} is of no use: ${problem}.`, { cause });
  }
}

function nameOf({ id, region }: Instance): string {
  return `The instance ${id} is in the region ${region}`;
}

function assertOpen(regions: Regions, id: string, what: string): void {
  const region = regions.find(id);
  if (region?.events) return;
  const why = region
    ? 'which sends no activity tracking events: let it have "events": true'
    : "which is no region of this installation: add it";
  throw new ConfigError(`${what}, ${why} in the file of --regions.`);
}
