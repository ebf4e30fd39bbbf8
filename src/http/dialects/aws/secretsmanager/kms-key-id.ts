/** `KmsKeyId`: kept and given back. It is recorded, so it has to have the form of what names a key. */
import type { Members, TextBounds } from "../members.ts";

/** AWS, "KeyId": the key's id or ARN, or an alias of it; empty where there is to be none. */
const KMS_KEY_ID: TextBounds = {
  max: 2_048,
  pattern:
    /^(?:|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(?:key|alias)\/[a-zA-Z0-9/_-]+|alias\/[a-zA-Z0-9/_-]+|mrk-[0-9a-f]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/,
};

export function kmsKeyIdIn(members: Members): string | undefined {
  return members.textOrNothing("KmsKeyId", KMS_KEY_ID);
}
