/** A statement's values: bound, never part of its text. */
import { BIGINT, DOUBLE, VARCHAR } from "@duckdb/node-api";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";

/** Collects values and says how each is written in the statement. */
export class Parameters {
  readonly values: DuckDBValue[] = [];
  readonly types: DuckDBType[] = [];

  text(value: string): string {
    return this.#add(value, VARCHAR);
  }

  /** A whole number; typed as the columns are, because a conversion of the column would scan all of it. */
  integer(value: number): string {
    return this.#add(BigInt(value), BIGINT);
  }

  double(value: number): string {
    return this.#add(value, DOUBLE);
  }

  #add(value: DuckDBValue, type: DuckDBType): string {
    this.values.push(value);
    this.types.push(type);
    return `$${this.values.length}`;
  }
}
