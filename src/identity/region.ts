/** The regions that an installation knows: IBM's and AWS's by default, or those of a file that its operator keeps. */
import { Refusal } from "../kernel/errors.ts";
import { DEFAULT_REGIONS } from "./default-regions.ts";
import { MAX_NAME_CHARS } from "./text.ts";

export interface Region {
  /** As it stands in CRNs and host names: `eu-de`. */
  readonly id: string;
  readonly name: string;
  readonly geography: string;
  /** Whether activity tracking events are sent in it. One that sends none takes no instance. */
  readonly events: boolean;
}

export const MAX_REGIONS = 100;
export const MAX_REGIONS_CHARS = 64 * 1024;

/** Letters, and parts of letters and digits after dashes: a label of a host name, and never a UUID. */
const REGION_ID = /^[a-z]{2,8}(-[a-z0-9]{1,16}){0,3}$/;

/** Where identities are: no instance is in it. */
const NO_REGION = "global";

/** The file is not of the form. The message says where, and what is expected there. */
export class RegionsError extends Error {
  override readonly name = "RegionsError";
}

export class Regions {
  static readonly default: Regions = new Regions(DEFAULT_REGIONS);

  /** In the order of the file. */
  readonly all: readonly Region[];
  readonly #byId: ReadonlyMap<string, Region>;

  private constructor(all: readonly Region[]) {
    this.all = all;
    this.#byId = new Map(all.map((region) => [region.id, region]));
  }

  /**
   * Reads `[{"id":"eu-de","name":"Frankfurt","geography":"Europe","events":true}, …]`, strictly. Throws a RegionsError
   * for anything else, for an id that stands there twice, and where no region sends events.
   */
  static parse(text: string): Regions {
    if (text.length > MAX_REGIONS_CHARS) {
      throw new RegionsError(`it is longer than ${MAX_REGIONS_CHARS} characters`);
    }
    const list = listIn(text);
    const all = list.map(regionIn);
    const twice = all.find(({ id }, i) => all.findIndex((other) => other.id === id) !== i);
    if (twice) throw new RegionsError(`the region ${twice.id} stands in it twice`);
    if (!all.some(({ events }) => events)) {
      throw new RegionsError("no region in it has `events` true, so there could be no instance");
    }
    return new Regions(all);
  }

  find(id: string): Region | undefined {
    return this.#byId.get(id);
  }

  /** The region of this id; refuses one that there is not, by the names of those that take instances. */
  named(id: string): Region {
    const found = this.find(id);
    if (found) return found;
    const open = this.all.filter(({ events }) => events).map((region) => region.id);
    const sentence = `\`region\` is no region of this installation that takes instances: those are ${open.join(", ")}.`;
    throw new Refusal("invalid_request", sentence, { field: "region" });
  }
}

/**
 * Nothing may happen here unrecorded, so where no events are sent there is nothing to happen: a region that sends none
 * takes no instance.
 */
export function assertTakesInstances({ id, events }: Region): void {
  if (events) return;
  const sentence =
    `The region ${id} sends no activity tracking events, and nothing may happen unrecorded: it takes no instance. ` +
    "Whoever runs the server can let it send them by the file of --regions.";
  throw new Refusal("conflict", sentence, { field: "region" });
}

function listIn(text: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RegionsError("it is not JSON", { cause });
  }
  if (!Array.isArray(parsed)) throw new RegionsError("it is no JSON array of regions");
  if (parsed.length > MAX_REGIONS) {
    throw new RegionsError(`it has more than ${MAX_REGIONS} regions`);
  }
  return parsed as readonly unknown[];
}

const FIELDS: readonly string[] = ["id", "name", "geography", "events"];

function regionIn(item: unknown, i: number): Region {
  const where = `region ${i + 1}`;
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw new RegionsError(`${where} is no object`);
  }
  const { id, name, geography, events } = item as Readonly<Record<string, unknown>>;
  if (Object.keys(item).some((field) => !FIELDS.includes(field))) {
    throw new RegionsError(`${where} has a field besides ${FIELDS.join(", ")}`);
  }
  if (typeof id !== "string" || !REGION_ID.test(id) || id === NO_REGION) {
    throw new RegionsError(`\`id\` of ${where} is no name of a region, such as us-south`);
  }
  if (typeof events !== "boolean") {
    throw new RegionsError(`\`events\` of ${where} (${id}) is neither true nor false`);
  }
  return {
    id,
    name: textIn(name, `\`name\` of ${where} (${id})`),
    geography: textIn(geography, `\`geography\` of ${where} (${id})`),
    events,
  };
}

function textIn(value: unknown, what: string): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME_CHARS) {
    return value;
  }
  throw new RegionsError(`${what} is no text of 1 to ${MAX_NAME_CHARS} characters`);
}
