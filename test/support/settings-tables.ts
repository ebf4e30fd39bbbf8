/** The settings of destinations, as the page on them has them: drawn from the schemas that settings are held to. */
import { z } from "zod";
import { FORMS } from "../../src/delivery/form.ts";

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Setting {
  readonly schema: Schema;
  readonly isNeeded: boolean;
  /** The variants that have it, by what tells them apart; empty where all have it. */
  readonly of: readonly string[];
}

/** More of a closed set than that are not named one by one. */
const MAX_NAMED = 12;

/**
 * `| \`name\` | values | default |`, in the order of the schema, without the kind; the page says in a further cell what each
 * is for.
 */
export function settingsRows(schema: z.ZodType): readonly string[] {
  const json = z.toJSONSchema(checkedLast(schema), {
    io: "input",
    unrepresentable: "any",
  }) as Schema;
  const settings = [...settingsOf(json)].filter(([, found]) => !isKind(found));
  return settings.map(([name, found]) => {
    const of = found[0]?.of ?? [];
    const values = unique(found.map((one) => valuesOf(one.schema)));
    const defaults = unique(found.map(defaultOf));
    const where = of.length === 0 ? "" : ` (${of.map(code).join(", ")})`;
    const usual = defaults.length === 1 ? defaults[0] : "differs";
    return `| \`${name}\` | ${values.join(", ")}${where} | ${usual} |`;
  });
}

/** Where one schema hands on to another, the other is the one that says what there may be. */
function checkedLast(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodReadonly) return checkedLast(schema.unwrap() as z.ZodType);
  if (!(schema instanceof z.ZodPipe) || schema.out instanceof z.ZodTransform) return schema;
  return checkedLast(schema.out as z.ZodType);
}

/** The same constant in every variant: what chose the schema. */
function isKind(found: readonly Setting[]): boolean {
  const [first] = found;
  return (
    first?.schema.const !== undefined &&
    found.every(({ schema }) => schema.const === first.schema.const)
  );
}

function settingsOf(json: Schema): ReadonlyMap<string, readonly Setting[]> {
  const variants = json.oneOf ?? json.anyOf ?? [json];
  const names = new Set(variants.flatMap(({ properties = {} }) => Object.keys(properties)));
  return new Map(
    [...names].map((name) => {
      const having = variants.filter(({ properties = {} }) => name in properties);
      const of = having.length === variants.length ? [] : having.map(nameOf);
      const found = having.map(({ properties = {}, required = [] }) => ({
        schema: properties[name] ?? {},
        isNeeded: required.includes(name),
        of,
      }));
      return [name, found];
    }),
  );
}

/** Of a variant: the constant that tells it apart, which is not the kind of them all. */
function nameOf({ properties = {} }: Schema): string {
  const told = Object.entries(properties).filter(([, one]) => one.const !== undefined);
  const [, own] = told.find(([name]) => name !== "kind") ?? told[0] ?? [];
  return String(own?.const);
}

function valuesOf(schema: Schema): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return enumOf(schema.enum);
  if (options) {
    const isObject = options.every(({ type }) => type === "object");
    return isObject ? "see below" : unique(options.map(valuesOf)).join(" or ");
  }
  if (schema.type === "boolean") return "`true`, `false`";
  if (schema.type === "integer") return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === "array") return `list: ${valuesOf(schema.items ?? {})}`;
  return schema.type === "object" ? "see below" : "text";
}

function enumOf(values: readonly unknown[]): string {
  const isForms = FORMS.every((form) => values.includes(form));
  const own = values.filter((value) => !(isForms && FORMS.some((form) => form === value)));
  if (own.length > MAX_NAMED) return "a name";
  return [...own.map(code), ...(isForms ? ["a form"] : [])].join(", ");
}

function defaultOf({ schema, isNeeded }: Setting): string {
  const { default: usual } = schema;
  if (usual === undefined) return isNeeded ? "needed" : "none";
  if (usual === "" || (Array.isArray(usual) && usual.length === 0)) return "empty";
  if (typeof usual !== "object" || usual === null) return code(usual);
  return "kind" in usual ? code(usual.kind) : code(JSON.stringify(usual));
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
