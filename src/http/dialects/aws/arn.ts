/** Amazon Resource Names of secrets, as clients write them: whole, or without the six characters at the end. */

export interface SecretArn {
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** What follows `secret:`: the name, with the suffix or without. */
  readonly named: string;
}

const SECRET_ARN =
  /^arn:aws(?:-[a-z-]{1,16})?:secretsmanager:([a-z0-9-]{1,64}):(\d{12}):secret:(.+)$/;
const SUFFIXED = /^(.+)-([A-Za-z0-9]{6})$/;

export function secretArnIn(text: string): SecretArn | undefined {
  const match = SECRET_ARN.exec(text);
  if (!match) return undefined;
  const [, region = "", account = "", named = ""] = match;
  return { region, account, named };
}

/** Of `NAME-XXXXXX` the two parts; whether the last six characters are a suffix is for whoever knows the secrets. */
export function suffixIn(
  named: string,
): { readonly name: string; readonly suffix: string } | undefined {
  const match = SUFFIXED.exec(named);
  if (!match) return undefined;
  const [, name = "", suffix = ""] = match;
  return { name, suffix };
}
