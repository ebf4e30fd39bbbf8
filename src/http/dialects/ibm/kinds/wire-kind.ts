/** How IBM's wire writes secrets of one type. One to a file of this folder, all in `wire-kinds.ts`. */
import { z } from "zod";
import type {
  SecretMetadata,
  SecretWithPayload,
  VersionMetadata,
} from "../../../../app/secrets/answers.ts";
import type { CreateSecretInput } from "../../../../app/secrets/create-secret.ts";
import type { ActionOutput } from "../../../../app/secrets/kinds/behaviour.ts";
import { DEFAULT_GROUP_ID } from "../../../../secrets/group.ts";
import type { Payload } from "../../../../secrets/payload.ts";
import type { SecretType } from "../../../../secrets/secret.ts";
import { jsonObject } from "../fields.ts";
import { groupId } from "../path.ts";

export interface WireKind<Type extends SecretType> {
  /** The body of a creation; throws a Refusal that names the first field that does not fit. */
  create(body: unknown): CreateSecretInput;
  /** What its metadata has besides what every secret's has. */
  metadata(secret: SecretMetadata): object;
  /** What the metadata of a version has besides. */
  version?(version: VersionMetadata): object;
  /** The value, opened: the one place where this wire reveals it. */
  value(payload: Extract<Payload, { kind: Type }>): object;
  /** What a secret read as a whole has besides its metadata and its value. */
  whole?(secret: SecretWithPayload): object;
  /** What an action answers with. */
  acted?(result: ActionOutput): object;
}

/** What a secret of any type may be given when it is made. */
export const common = {
  name: z.string(),
  description: z.string().optional(),
  secret_group_id: z.string().optional(),
  labels: z.array(z.string()).optional(),
  custom_metadata: jsonObject.optional(),
  version_custom_metadata: jsonObject.optional(),
};

export function commonOf(
  given: z.infer<z.ZodObject<typeof common>> & { readonly secret_type: SecretType },
): Omit<CreateSecretInput, "payload"> {
  return {
    name: given.name,
    secretType: given.secret_type,
    secretGroupId: groupId(given.secret_group_id ?? DEFAULT_GROUP_ID),
    description: given.description,
    labels: given.labels,
    customMetadata: given.custom_metadata,
    versionCustomMetadata: given.version_custom_metadata,
  };
}
