/** `SecretId`, the member by which nearly every action says which secret it means. */
import type { CalledSecret } from "../../../../app/secrets/find.ts";
import { checkName } from "../../../../secrets/secret.ts";
import { secretArnIn, suffixIn } from "../arn.ts";
import type { Members } from "../members.ts";

export const MAX_SECRET_ID_CHARS = 2_048;

/** A name, or an ARN: of which region and account it has been looked at before, when the place of the call was found. */
export function secretIdIn(members: Members): CalledSecret {
  return calledSecret(members.text("SecretId", { min: 1, max: MAX_SECRET_ID_CHARS }));
}

/** An ARN without its suffix is tried only where what it ends in could be none, as AWS has it. */
export function calledSecret(secretId: string): CalledSecret {
  const arn = secretArnIn(secretId);
  if (!arn) {
    checkName(secretId);
    return { secretId, called: [{ name: secretId, suffix: null }] };
  }
  checkName(arn.named);
  const whole = suffixIn(arn.named);
  return { secretId, called: [whole ?? { name: arn.named, suffix: null }] };
}
