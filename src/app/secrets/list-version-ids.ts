/** Lists the versions of a secret with their staging labels, newest first, a page at a time. */
import type { Millis } from "../../kernel/clock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import { readOperation } from "../operation.ts";
import type { NamedSecret } from "./answers.ts";
import { evenDeleted, locateSecret, type CalledSecret } from "./find.ts";
import { namedSecretOf, retrievalsOf } from "./show.ts";

export const MAX_VERSIONS_LISTED = 100;

export interface ListVersionIdsInput extends CalledSecret {
  /** Up to MAX_VERSIONS_LISTED, which is also what is meant when it is left out. */
  readonly maxResults?: number | undefined;
  /** Those without a label too. */
  readonly includeDeprecated?: boolean | undefined;
  /** The number of the last version of the page before. */
  readonly after?: number | undefined;
}

export interface ListedVersion {
  readonly versionId: string;
  readonly number: number;
  readonly stages: readonly string[];
  readonly createdAt: Millis;
  /** When its value was last given out. */
  readonly retrievedAt: Millis | null;
}

export interface ListVersionIdsOutput extends NamedSecret {
  readonly versions: readonly ListedVersion[];
  readonly totalCount: number;
  /** What the next page comes after; null on the last one. */
  readonly next: number | null;
  readonly kmsKeyId: string | null;
}

export const listVersionIds = readOperation<ListVersionIdsInput, Secret, ListVersionIdsOutput>({
  name: "version.list",

  locate: async (input, context) => evenDeleted(await locateSecret(input, context)),

  async run(input, { subject: secret }, context) {
    const { maxResults = MAX_VERSIONS_LISTED, includeDeprecated = false, after } = input;
    const all = (await context.store.secrets.versions(secret)).filter(
      ({ number }) => includeDeprecated || stagesOf(secret, number).length > 0,
    );
    const rest = after === undefined ? all : all.filter(({ number }) => number < after);
    const page = rest.slice(0, maxResults);
    const retrievals = await retrievalsOf(secret, context);
    return {
      ...namedSecretOf(secret, context.call.place),
      versions: page.map(({ id, number, createdAt }) => ({
        versionId: id,
        number,
        stages: stagesOf(secret, number),
        createdAt,
        retrievedAt: retrievals.get(id) ?? null,
      })),
      totalCount: all.length,
      next: rest.length > page.length ? (page.at(-1)?.number ?? null) : null,
      kmsKeyId: secret.kmsKeyId,
    };
  },
});
