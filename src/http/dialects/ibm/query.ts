/** Query strings of lists: whole numbers, comma lists, sort fields. Whatever is not known is refused. */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../kernel/errors.ts";
import { unknownField } from "../../json.ts";
import type { Sort } from "../../../secrets/paging.ts";

/** Items of one comma list; IBM's own bounds are 201 groups and 30 labels. */
export const MAX_LIST_ITEMS = 1_000;
export const MIN_SEARCH_CHARS = 2;
export const MAX_SEARCH_CHARS = 128;

/** A query string of which only some parameters are known, each at most once. */
export class Query<Known extends string> {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(request: Pick<FastifyRequest, "query">, known: readonly Known[]) {
    this.#values = request.query as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(this.#values)) {
      // A filter that is misspelt and passed over would show more than was asked for.
      if (!(known as readonly string[]).includes(name))
        throw unknownField("The query has a parameter", known);
    }
  }

  text(name: Known): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw invalid(name, "is given more than once");
    return value;
  }

  whole(name: Known): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw invalid(name, "must be a whole number");
    return Number(text);
  }

  flag(name: Known): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text !== "true" && text !== "false") throw invalid(name, "must be true or false");
    return text === "true";
  }

  /** `a,b`; a list of nothing is as if it were not there. */
  list(name: Known): readonly string[] | undefined {
    const items = this.text(name)
      ?.split(",")
      .filter((item) => item !== "");
    if (!items?.length) return undefined;
    if (items.length > MAX_LIST_ITEMS) throw invalid(name, `has more than ${MAX_LIST_ITEMS} items`);
    return items;
  }

  oneOf<Value extends string>(name: Known, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = values.find((one) => one === text);
    if (value === undefined) throw invalid(name, `must be one of ${values.join(", ")}`);
    return value;
  }

  search(name: Known): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text.length < MIN_SEARCH_CHARS || text.length > MAX_SEARCH_CHARS) {
      throw invalid(name, `must have ${MIN_SEARCH_CHARS} to ${MAX_SEARCH_CHARS} characters`);
    }
    return text;
  }

  /** `name` or `-name`, by the wire's names of the fields. */
  sort<Field extends string>(
    name: Known,
    fields: Readonly<Record<string, Field>>,
  ): Sort<Field> | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const descending = text.startsWith("-");
    const wireName = descending ? text.slice(1) : text;
    const field = Object.hasOwn(fields, wireName) ? fields[wireName] : undefined;
    if (field === undefined) {
      throw invalid(name, `must be one of ${Object.keys(fields).join(", ")}, with or without a -`);
    }
    return descending ? `-${field}` : field;
  }
}

function invalid(name: string, what: string): Refusal {
  return new Refusal("invalid_request", `The query parameter ${name} ${what}.`, { field: name });
}
