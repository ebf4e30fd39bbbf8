/** The names that other vocabularies have for our operations, so that a search may use any of them. */
import { catalogue, operationNames, serviceOf, type OperationName } from "./catalogue.ts";
import type { Row } from "./catalogue/row.ts";

/** CloudTrail's `eventSource` of each of our services; ours has a name in AWS's form. */
const AWS_SOURCES: Readonly<Record<string, string>> = {
  "secrets-manager": "secretsmanager.amazonaws.com",
  "iam-identity": "iam.amazonaws.com",
  "iam-groups": "iam.amazonaws.com",
  "iam-am": "iam.amazonaws.com",
  "user-management": "iam.amazonaws.com",
  keytrail: "keytrail.amazonaws.com",
};

/** CloudTrail records what it calls sign-in under a source of its own. */
const AWS_SIGNIN_SOURCE = "signin.amazonaws.com";

export function awsSourceOf(row: Row): string {
  if (row.awsSource !== undefined) return row.awsSource;
  if (row.aws === "ConsoleLogin") return AWS_SIGNIN_SOURCE;
  return AWS_SOURCES[serviceOf(row.action)] ?? `${serviceOf(row.action)}.amazonaws.com`;
}

type NamesOf = (row: Row) => readonly string[];

/**
 * By field name in lower case. `action` is here for the names an operation had in earlier APIs: its events are found
 * by those as well as by today's. `path` and `method` are DSV's fields.
 */
const FIELDS: Readonly<Record<string, NamesOf>> = {
  action: (row) => [row.action, ...(row.alsoKnownAs ?? [])],
  eventname: (row) => [row.aws],
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
