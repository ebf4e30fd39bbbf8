/**
 * Vault's form of an error: sentences, and nothing else. A token that is missing or no good is a 403 there, as what it
 * does not allow is; the record tells the two apart.
 */
import type { ErrorCode } from "../../../../kernel/errors.ts";
import type { Dialect } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "../errors.ts";

const OTHER_STATUS: Readonly<Partial<Record<ErrorCode, number>>> = { unauthenticated: 403 };

interface Envelope {
  readonly errors: readonly { readonly message: string }[];
}

export const vaultErrors: Pick<Dialect, "refusal" | "outage" | "fault"> = {
  refusal(refusal, exchange) {
    const { status, body, headers } = refusalAnswer(refusal, exchange);
    const { "WWW-Authenticate": _notOfThisWire, ...others } = headers ?? {};
    return inForm({ status: OTHER_STATUS[refusal.code] ?? status, headers: others, body });
  },
  outage: (exchange) => inForm(outageAnswer(exchange)),
  fault: (exchange) => inForm(faultAnswer(exchange)),
};

function inForm(answer: Answer): Answer {
  const { errors } = answer.body as Envelope;
  return { ...answer, body: { errors: errors.map(({ message }) => message) } };
}
