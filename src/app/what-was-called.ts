/** What is recorded of a call about something that is not there. */

/**
 * Of what is not there the record has its ARN, if it was called by one: whoever is told that it is not there may do this
 * to what is. A name that nothing has is whatever was typed, a password as likely as a slip of the pen.
 */
export function calledIn(input: object): object {
  const secretId = "called" in input && "secretId" in input ? input.secretId : undefined;
  return typeof secretId === "string" && secretId.startsWith(ARN_PREFIX) ? { secretId } : {};
}

/** A secret's ARN has been read as one by now. */
const ARN_PREFIX = "arn:";
