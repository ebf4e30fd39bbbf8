/** The operations that a name stands for: ours, IBM's action, AWS's event name, or DSV's path and method. */
import { catalogue, operationNames, type OperationName } from "../../audit/catalogue.ts";
import { catalogueVocabulary } from "../../audit/vocabulary.ts";
import { Refusal } from "../../kernel/errors.ts";

/** No name in any vocabulary is longer. */
export const MAX_OPERATION_CHARS = 128;

/** `secrets:{path} GET`, or the method first. */
const PATH_AND_METHOD = /^(?:(?<first>[A-Z]+) +(?<path>\S+)|(?<path>\S+) +(?<last>[A-Z]+))$/;

/**
 * All of them where a name has several meanings: AWS says `GetSecretValue` of a secret and of one of its versions. Letter
 * case matters to DSV alone. Refuses a name that is nobody's; it is not repeated.
 */
export function operationsNamed(text: string): readonly OperationName[] {
  const name = text.trim();
  const named = ours(name) ?? theirs(name) ?? dsvs(name);
  if (named !== undefined && named.length > 0) return named;
  const sentence =
    "`operation` is no operation in any vocabulary: write secret.read, " +
    "secrets-manager.secret.read, GetSecretValue or `secrets:{path} GET`.";
  throw new Refusal("invalid_request", sentence, { field: "operation" });
}

function ours(name: string): readonly OperationName[] | undefined {
  const found = operationNames.find((known) => known === name.toLowerCase());
  return found && [found];
}

function theirs(name: string): readonly OperationName[] | undefined {
  const folded = name.toLowerCase();
  const isIt = (known: string): boolean => known.toLowerCase() === folded;
  const named = [
    ...(catalogueVocabulary.operationsFor("action", isIt) ?? []),
    ...(catalogueVocabulary.operationsFor("eventname", isIt) ?? []),
  ];
  return named.length === 0 ? undefined : [...new Set(named)];
}

function dsvs(name: string): readonly OperationName[] | undefined {
  const { path, first, last } = PATH_AND_METHOD.exec(name)?.groups ?? {};
  if (path === undefined) return undefined;
  return operationNames.filter((known) => {
    const [dsvPath, method] = catalogue[known].dsv;
    return dsvPath === path && method === (first ?? last);
  });
}
