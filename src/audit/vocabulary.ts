/** The names that other vocabularies have for our operations, so that a search may use any of them. */
import { awsNamesOf, awsSourceOf } from "./aws-names.ts";
import { catalogue, operationNames, type OperationName } from "./catalogue.ts";
import type { Row } from "./catalogue/row.ts";

type NamesOf = (row: Row) => readonly string[];

/**
 * By field name in lower case. `action` is here for the names an operation had in earlier APIs: its events are found
 * by those as well as by today's. `path` and `method` are DSV's fields.
 */
const FIELDS: Readonly<Record<string, NamesOf>> = {
  action: (row) => [row.action, ...(row.alsoKnownAs ?? [])],
  eventname: awsNamesOf,
  eventsource: (row) => [awsSourceOf(row)],
  path: (row) => [row.dsv[0]],
  method: (row) => [row.dsv[1]],
};

/** The catalogue as search asks for it: see `Vocabulary` in `search/vocabulary.ts`. */
export const catalogueVocabulary = {
  operationsFor(
    field: string,
    test: (name: string) => boolean,
  ): readonly OperationName[] | undefined {
    const namesOf = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (namesOf === undefined) return undefined;
    return operationNames.filter((name) => namesOf(catalogue[name]).some(test));
  },
};
