/** Shows what is known of a secret, and which of its versions have labels, without any value. */
import type { Millis } from "../../kernel/clock.ts";
import type { Replication } from "../../secrets/replication.ts";
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { evenDeleted, locateSecret, type CalledSecret } from "./find.ts";
import { replicationsOf } from "./replications.ts";
import { namedSecretOf, retrievalOf } from "./show.ts";

export interface LabelledVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
}

/** What Secrets Manager tells of a secret, alone or in a list. */
export interface DescribedSecret extends NamedSecret {
  readonly secret: Secret;
  /** When a value of it was last given out. */
  readonly retrievedAt: Millis | null;
  readonly labelled: readonly LabelledVersion[];
}

export interface DescribeSecretOutput extends DescribedSecret {
  readonly replications: readonly Replication[];
}

export const describeSecret = readOperation<CalledSecret, Secret, DescribeSecretOutput>({
  name: "secret.metadata.read",

  locate: async (input, context) => evenDeleted(await locateSecret(input, context)),

  async run(_input, { subject: secret }, context) {
    const { retrievedAt } = await retrievalOf(secret, context);
    return {
      ...namedSecretOf(secret, context.call.place),
      secret,
      retrievedAt,
      labelled: await labelledOf(secret, context),
      replications: await replicationsOf(secret, context),
    };
  },
});

async function labelledOf(
  secret: Secret,
  { store }: Context<View>,
): Promise<readonly LabelledVersion[]> {
  const versions = await store.secrets.versions(secret);
  return versions
    .map(({ id, number }) => ({ versionId: id, stages: stagesOf(secret, number) }))
    .filter(({ stages }) => stages.length > 0);
}
