/** Pages of secrets with what describes them, for any number of secrets: an order by keys, nothing counted. */
import type {
  DescribedQuery,
  DescribedSecret,
  DescribedSortField,
} from "../../secrets/secret-filter.ts";
import { sortOf } from "../../secrets/paging.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import type { Database, Row } from "./database.ts";
import { conditionsOf, filterOf, joined, type Filter } from "./secret-filter.ts";
import { numberOf, secretOf } from "./secrets-rows.ts";

const RETRIEVED = "(SELECT max(retrieved_at) FROM retrievals r WHERE r.secret_id = s.id)";

const columns: Readonly<Record<DescribedSortField, string>> = {
  createdAt: "s.created_at",
  updatedAt: "s.updated_at",
  retrievedAt: `coalesce(${RETRIEVED}, 0)`,
  name: "s.name",
};

/** Two statements, however many secrets: the page, then the versions of it that carry labels. */
export function describedSecrets(
  db: Database,
  at: Instance,
  query: DescribedQuery,
): readonly DescribedSecret[] {
  const rows = pageOf(db, at, query);
  const secrets = rows.map(secretOf);
  const labelled = labelledVersions(db, secrets);
  return rows.map((row, i) => {
    const secret = secrets[i] as Secret;
    return {
      secret,
      retrievedAt: numberOf(row["retrieved_at"]),
      position: { value: row["position"] as string | number, id: secret.id },
      labelled: labelled.get(secret.id) ?? new Map<number, string>(),
      hasReplicas: row["has_replicas"] === 1,
    };
  });
}

function pageOf(db: Database, at: Instance, query: DescribedQuery): Row[] {
  const { field, descending } = sortOf(query.sort);
  const column = columns[field];
  const direction = descending ? "DESC" : "ASC";
  const { groups, includesDeleted, after } = query;
  const { where, values } = joined([
    filterOf(at, { groups, includesDeleted }),
    ...(after ? [beyond(column, descending, after)] : []),
    ...(query.conditions.length > 0 ? [conditionsOf(query.conditions, query.region)] : []),
  ]);
  // Whole rows are read of the page only, not of all that has to be sorted for it.
  return db.all(
    `SELECT s.*, k.*, page.position, ${RETRIEVED} AS retrieved_at,
       EXISTS (SELECT 1 FROM secrets r WHERE r.replica_of = s.id) AS has_replicas
     FROM (SELECT s.id, ${column} AS position FROM secrets s WHERE ${where}
           ORDER BY ${column} ${direction}, s.id ${direction} LIMIT ?) page
     JOIN secrets s ON s.id = page.id JOIN data_keys k ON k.owner = s.id
     ORDER BY page.position ${direction}, s.id ${direction}`,
    ...values,
    query.limit,
  );
}

function beyond(
  column: string,
  descending: boolean,
  { value, id }: NonNullable<DescribedQuery["after"]>,
): Filter {
  return { where: `(${column}, s.id) ${descending ? "<" : ">"} (?, ?)`, values: [value, id] };
}

function labelledVersions(
  db: Database,
  secrets: readonly Secret[],
): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const wanted = secrets.flatMap(({ id, currentVersion, previousVersion, stages }) =>
    [...new Set([currentVersion, previousVersion, ...Object.values(stages)])].map((n) => [id, n]),
  );
  const rows = db.all(
    `SELECT v.secret_id, v.number, v.id FROM json_each(?) wanted
     CROSS JOIN versions v ON v.secret_id = wanted.value ->> 0 AND v.number = wanted.value ->> 1`,
    JSON.stringify(wanted),
  );
  const found = new Map<string, Map<number, string>>();
  for (const row of rows) {
    const secretId = String(row["secret_id"]);
    const numbers = found.get(secretId) ?? new Map<number, string>();
    found.set(secretId, numbers.set(Number(row["number"]), String(row["id"])));
  }
  return found;
}
