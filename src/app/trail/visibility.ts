/** Whose events a reader of the trail may see: every query, count, tail, export and receipt is cut to this. */
import { EVENT_FIELDS, SERVICE, type Field } from "../../search/fields.ts";
import { all, any, type Plan } from "../../search/plan.ts";
import type { Part } from "../../identity/authorize.ts";

const ACCOUNT = eventField("account");
const REGION = eventField("region");
const INSTANCE = eventField("instance");

/** The events of any of the parts; of no parts, nothing. */
export function visiblePlan(parts: readonly Part[]): Plan {
  return any(
    parts.map(({ account, service, region, instance }) =>
      all([
        ...exactly(ACCOUNT, account),
        ...exactly(SERVICE, service),
        ...exactly(REGION, region),
        ...exactly(INSTANCE, instance),
      ]),
    ),
  );
}

/** Ids are compared as they are written: two accounts may differ in letter case alone. */
function exactly(field: Field, text: string | undefined): Plan[] {
  if (text === undefined) return [];
  return [{ kind: "text", field, test: { kind: "equals", text, exactCase: true } }];
}

function eventField(name: string): Field {
  const found = EVENT_FIELDS.find((field) => field.name === name);
  if (found === undefined) throw new TypeError(`events have no field ${name}`);
  return found;
}
