/**
 * The grammar of the query language: LogDNA's, as IBM's documentation prints it, and the Lucene that people type.
 *
 *     or      = and { ("OR" | "||") and }
 *     and     = not { ["AND" | "&&"] not }                  a space means AND; AND binds tighter than OR
 *     not     = { "NOT" | "!" | "-" | "+" } primary
 *     primary = "(" or ")" | field | phrase | word
 *     field   = name ":" [ "=" | "==" | "===" ] value  |  name ":" ( ">" | ">=" | "<" | "<=" ) bound
 *     value   = word | phrase | "/" regex "/" | "[" a "TO" b "]" | "{" a "TO" b "}" | "[" a "," b "]"
 *             | "(" or of values ")" | "*"
 *
 * Keywords are upper case only. Only the first colon separates: `app:crn:v1:…::` is the field `app`.
 */
import type { FieldName, Operator, Query, Value } from "./ast.ts";
import { queryError } from "./query-error.ts";
import { Scanner } from "./scanner.ts";

export const MAX_QUERY_LENGTH = 4096;
/** Terms of one query, each value of a list counted. */
export const MAX_QUERY_TERMS = 256;
/** Parentheses and negations inside one another. */
export const MAX_QUERY_DEPTH = 32;

/** Inside `field:( … )`: everything is a value of that field. */
interface FieldContext {
  readonly field: FieldName;
  readonly operator: Operator;
}

/** Parses a query; Refusal `invalid_request` with the column for anything that is not one. */
export function parseQuery(query: string): Query {
  if (query.length > MAX_QUERY_LENGTH) {
    throw queryError(
      { query, at: MAX_QUERY_LENGTH },
      `A query has at most ${MAX_QUERY_LENGTH} characters`,
    );
  }
  return new Parser(query).parse();
}

class Parser {
  readonly #scan: Scanner;
  #terms = 0;
  #depth = 0;

  constructor(query: string) {
    this.#scan = new Scanner(query);
  }

  parse(): Query {
    this.#scan.skipSpace();
    if (this.#scan.done) return { kind: "everything" };
    const parsed = this.#or(undefined);
    if (!this.#scan.done) throw this.#error("This parenthesis was never opened");
    return parsed;
  }

  #or(context: FieldContext | undefined): Query {
    const of = [this.#and(context)];
    while (this.#scan.takeKeyword("OR")) of.push(this.#and(context));
    return joined("or", of);
  }

  #and(context: FieldContext | undefined): Query {
    const of: Query[] = [];
    for (;;) {
      this.#scan.skipSpace();
      const keyword = this.#scan.peekKeyword();
      const ended = this.#scan.done || this.#scan.peek() === ")" || keyword === "OR";
      if (ended && of.length > 0) return joined("and", of);
      if (ended || (keyword === "AND" && of.length === 0)) {
        throw this.#error("A search term is missing here");
      }
      this.#scan.takeKeyword("AND");
      of.push(this.#not(context));
    }
  }

  #not(context: FieldContext | undefined): Query {
    this.#scan.skipSpace();
    if (this.#scan.takeKeyword("NOT") || this.#takeSign("-") || this.#takeSign("!")) {
      return this.#nested(() => ({ kind: "not", of: this.#not(context) }));
    }
    if (this.#takeSign("+")) return this.#nested(() => this.#not(context));
    return this.#primary(context);
  }

  /** A sign stands directly before what it applies to; alone it is a word like any other. */
  #takeSign(sign: string): boolean {
    return /\S/.test(this.#scan.peek(1)) && this.#scan.takeChar(sign);
  }

  #primary(context: FieldContext | undefined): Query {
    const scan = this.#scan;
    if (scan.done || scan.peek() === ")" || scan.peekKeyword() !== undefined) {
      throw this.#error("A search term is missing here");
    }
    if (scan.peek() === "(") return this.#group(context);
    if (context !== undefined) return this.#values(context);
    const field = scan.takeField();
    if (field !== undefined) return this.#field(field);
    const { at } = scan;
    const value = scan.peek() === '"' ? scan.takePhrase() : (scan.takeRegex() ?? scan.takeWord());
    if (value.kind === "regex") {
      throw this.#error("A regular expression needs a field, as in action:/…/", at);
    }
    this.#countTerm(at);
    return { kind: "anywhere", value };
  }

  #group(context: FieldContext | undefined): Query {
    const { at } = this.#scan;
    this.#scan.takeChar("(");
    const inside = this.#nested(() => this.#or(context));
    if (!this.#scan.takeChar(")")) throw this.#error("This parenthesis is never closed", at);
    return inside;
  }

  #field(field: FieldName): Query {
    const scan = this.#scan;
    const operator = scan.takeOperator();
    const spaced = scan.skipSpace();
    const missing = scan.done || scan.peek() === ")";
    if (missing || (spaced && scan.peekKeyword() !== undefined)) {
      throw this.#error(`A value is missing after ${field.name}:`, field.at + field.name.length);
    }
    const range = operator === "match" ? scan.takeComparison() : undefined;
    if (range !== undefined) {
      this.#countTerm(field.at);
      return { kind: "field", field, operator, value: range };
    }
    return scan.peek() === "("
      ? this.#group({ field, operator })
      : this.#values({ field, operator });
  }

  #values({ field, operator }: FieldContext): Query {
    const values = this.#valueList();
    for (const value of values) this.#countTerm(value.at);
    return joined(
      "or",
      values.map((value): Query => ({ kind: "field", field, operator, value })),
    );
  }

  #valueList(): readonly Value[] {
    const scan = this.#scan;
    const char = scan.peek();
    if (char === '"') return [scan.takePhrase()];
    if (char === "[" || char === "{") return scan.takeBrackets();
    const value = scan.takeRegex() ?? scan.takeWord();
    const isStar =
      value.kind === "glob" && value.parts.length === 1 && value.parts[0]?.kind === "run";
    return [isStar ? { kind: "present", at: value.at } : value];
  }

  #nested(parse: () => Query): Query {
    if (++this.#depth > MAX_QUERY_DEPTH) {
      throw this.#error(`A query nests at most ${MAX_QUERY_DEPTH} deep`);
    }
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  #countTerm(at: number): void {
    if (++this.#terms > MAX_QUERY_TERMS) {
      throw this.#error(`A query has at most ${MAX_QUERY_TERMS} terms`, at);
    }
  }

  #error(message: string, at = this.#scan.at): Error {
    return queryError({ query: this.#scan.query, at }, message);
  }
}

function joined(kind: "and" | "or", of: readonly Query[]): Query {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind, of };
}
