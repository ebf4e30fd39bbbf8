/** A strict reader of OCSF events: no attribute but the schema's, each of its type, and every sum as it has to be. */
import { isIP } from "node:net";
import { ocsfObjects, ocsfSchema, type OcsfClass, type OcsfShape } from "./ocsf-schema.ts";

type Json = Readonly<Record<string, unknown>>;

const OTHER = 99;

const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string" && value !== "",
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  email: (value) => typeof value === "string" && /^[^@]+@[^@]+/.test(value),
  ip: (value) => typeof value === "string" && isIP(value) !== 0,
  json: (value) => isObject(value),
};

/** What is wrong with it, in sentences; nothing if it is an event of OCSF 1.8.0. */
export function faultsOfOcsf(event: Json): readonly string[] {
  const schema = ocsfSchema[Number(event["class_uid"])];
  if (!schema) return ["class_uid is no class of ours"];
  return [...faultsOfShape(event, schema, ""), ...faultsOfSums(event, schema)];
}

function faultsOfShape(object: Json, shape: OcsfShape, at: string): readonly string[] {
  const { attributes, atLeastOne = [], enums = {} } = shape;
  const missing = Object.entries(attributes)
    .filter(([name, type]) => type.endsWith("!") && object[name] === undefined)
    .map(([name]) => `${at}${name} is missing`);
  const closed = Object.entries(enums)
    .filter(([name, allowed]) => name in object && !allowed.includes(object[name] as never))
    .map(([name]) => `${at}${name} is not on its list`);
  const lacks = atLeastOne.length > 0 && !atLeastOne.some((name) => object[name] !== undefined);
  return [
    ...missing,
    ...closed,
    ...(lacks ? [`${at || "event "}has none of ${atLeastOne.join()}`] : []),
    ...Object.entries(object).flatMap(([name, value]) => {
      const type = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (type === undefined) return [`${at}${name} is no attribute of it`];
      return faultsOfValue(value, type.replace(/!$/, ""), `${at}${name}`);
    }),
  ];
}

function faultsOfValue(value: unknown, type: string, at: string): readonly string[] {
  if (type.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${at} is no array`];
    return value.flatMap((item, index) =>
      faultsOfValue(item, type.slice(0, -2), `${at}[${index}]`),
    );
  }
  if (!type.startsWith("@")) return checks[type]?.(value) ? [] : [`${at} is no ${type}`];
  const shape = ocsfObjects[type.slice(1)];
  if (!shape) throw new Error(`the schema has no object ${type}`);
  return isObject(value) ? faultsOfShape(value, shape, `${at}.`) : [`${at} is no object`];
}

/** Numbers and names that follow from each other. */
function faultsOfSums(event: Json, schema: OcsfClass): readonly string[] {
  const [category, categoryName] = schema.category;
  const activity = Number(event["activity_id"]);
  const caption = activity === OTHER ? "Other" : schema.activities[activity];
  const expected: Readonly<Record<string, unknown>> = {
    category_uid: category,
    category_name: categoryName,
    class_name: schema.name,
    type_uid: Number(event["class_uid"]) * 100 + activity,
    type_name: `${schema.name}: ${caption}`,
    ...(activity === OTHER ? {} : { activity_name: caption }),
  };
  return [
    ...(caption === undefined ? ["activity_id is none of its class"] : []),
    ...Object.entries(expected)
      .filter(([name, value]) => name in event && event[name] !== value)
      .map(([name]) => `${name} does not follow`),
  ];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
