/**
 * The policies of a secret by the names that version 1 of IBM's API has for them. There is one kind, rotation on time,
 * and it is part of the secret's metadata.
 */
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, readOperation } from "../operation.ts";
import {
  readSecretMetadata,
  type ReadSecretMetadataInput,
  type ReadSecretMetadataOutput,
} from "./read-secret-metadata.ts";
import {
  updateSecretMetadata,
  type UpdateSecretMetadataInput,
  type UpdateSecretMetadataOutput,
} from "./update-secret-metadata.ts";

export const setSecretPolicies = changeOperation<
  UpdateSecretMetadataInput,
  Secret,
  UpdateSecretMetadataOutput
>({
  ...updateSecretMetadata,
  name: "secret-policy.set",
});

export const readSecretPolicies = readOperation<
  ReadSecretMetadataInput,
  Secret,
  ReadSecretMetadataOutput
>({
  ...readSecretMetadata,
  name: "secret-policy.read",
});
