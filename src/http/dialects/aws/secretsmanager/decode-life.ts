/** What is done in the life of a secret, and how a password is to be, from AWS's members. */
import type { GeneratePasswordInput } from "../../../../app/secrets/generate-password.ts";
import type { ScheduleDeletionInput } from "../../../../app/secrets/schedule-deletion.ts";
import type { TagSecretInput, UntagSecretInput } from "../../../../app/secrets/tag-secret.ts";
import {
  MAX_RANDOM_PASSWORD_CHARS,
  MIN_RANDOM_PASSWORD_CHARS,
} from "../../../../secrets/password-draw.ts";
import { MAX_TAG_KEY_CHARS } from "../../../../secrets/tags.ts";
import type { Members } from "../members.ts";
import { secretIdIn } from "./secret-id.ts";
import { tagsIn } from "./tag-members.ts";

const MAX_EXCLUDED_CHARS = 4_096;

export function deletion(members: Members): ScheduleDeletionInput {
  return {
    ...secretIdIn(members),
    recoveryWindowInDays: members.numberOrNothing("RecoveryWindowInDays"),
    forceDeleteWithoutRecovery: members.flagOrNothing("ForceDeleteWithoutRecovery"),
  };
}

export function tagging(members: Members): TagSecretInput {
  return { ...secretIdIn(members), tags: members.required("Tags", tagsIn(members)) };
}

export function untagging(members: Members): UntagSecretInput {
  const tagKeys = members.textsOrNothing("TagKeys", { each: { min: 1, max: MAX_TAG_KEY_CHARS } });
  return { ...secretIdIn(members), tagKeys: members.required("TagKeys", tagKeys) };
}

export function password(members: Members): GeneratePasswordInput {
  return {
    passwordLength: members.numberOrNothing("PasswordLength", {
      min: MIN_RANDOM_PASSWORD_CHARS,
      max: MAX_RANDOM_PASSWORD_CHARS,
    }),
    excludeCharacters: members.secretOrNothing("ExcludeCharacters", { max: MAX_EXCLUDED_CHARS }),
    excludeNumbers: members.flagOrNothing("ExcludeNumbers"),
    excludePunctuation: members.flagOrNothing("ExcludePunctuation"),
    excludeUppercase: members.flagOrNothing("ExcludeUppercase"),
    excludeLowercase: members.flagOrNothing("ExcludeLowercase"),
    includeSpace: members.flagOrNothing("IncludeSpace"),
    requireEachIncludedType: members.flagOrNothing("RequireEachIncludedType"),
  };
}
