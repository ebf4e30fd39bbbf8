/** Shows what is known of a secret, without its value. */
import type { Secret } from "../../secrets/secret.ts";
import { readOperation } from "../operation.ts";
import type { SecretMetadata } from "./answers.ts";
import { locateSecret, type WhichSecret } from "./find.ts";
import { metadataOf, retrievalOf } from "./show.ts";

export type ReadSecretMetadataInput = WhichSecret;

export type ReadSecretMetadataOutput = SecretMetadata;

export const readSecretMetadata = readOperation<
  ReadSecretMetadataInput,
  Secret,
  ReadSecretMetadataOutput
>({
  name: "secret.metadata.read",

  locate: locateSecret,

  async run(_input, { subject: secret }, context) {
    return metadataOf(secret, context.call.place, await retrievalOf(secret, context));
  },
});
