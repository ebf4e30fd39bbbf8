/** Sends a notice to where an instance is registered, to see whether it arrives. Sent once, and its end is the answer. */
import { crn } from "../../audit/crn.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { testMessage } from "../../secrets/notice-message.ts";
import type { Registration } from "../../secrets/registration.ts";
import { changeOperation } from "../operation.ts";
import { SERVICE } from "../secrets/find.ts";
import type { SentNotice } from "./notice-sender.ts";
import { locateRegistration, NOT_KNOWN } from "./registration.ts";

/** How long a caller waits for the receiver. */
export const TEST_TIMEOUT_MS = 5_000;

export interface TestRegistrationInput {
  /** What the receiver answered: set by the work. */
  readonly status?: number;
}

export interface TestedRegistration {
  readonly notificationsCrn: string;
  readonly status: number | null;
}

export const testRegistration = changeOperation<
  TestRegistrationInput,
  Registration,
  TestedRegistration
>({
  name: "notification-registration.test",

  locate: (_input, context) => locateRegistration(context),

  reachesOut: () => true,

  async work(_input, { notificationsCrn, sourceName }, { call, now, capabilities }) {
    const { notices } = capabilities;
    if (!notices.knows(notificationsCrn)) throw new Refusal("precondition_failed", NOT_KNOWN);
    const source = crn(SERVICE, call.place);
    const message = testMessage({ id: randomId(), source, time: toRfc3339(now) });
    const sent = await notices.send(
      notificationsCrn,
      { ...message, sourcename: sourceName },
      { timeoutMs: TEST_TIMEOUT_MS },
    );
    if (sent.kind !== "accepted") throw notAccepted(sent);
    return { status: sent.status };
  },

  async run({ status }, { subject: { notificationsCrn } }) {
    return { notificationsCrn, status: status ?? null };
  },
});

function notAccepted(sent: Exclude<SentNotice, { kind: "accepted" }>): Refusal {
  if (sent.kind === "refused") {
    const { status } = sent;
    const sentence = `The webhook answered with status ${status}: only one from 200 to 299 accepts a notice.`;
    return new Refusal("precondition_failed", sentence, { status });
  }
  const problem =
    sent.problem === "timeout"
      ? `The webhook did not answer within ${TEST_TIMEOUT_MS / 1_000} seconds.`
      : "The webhook cannot be reached.";
  return new Refusal("precondition_failed", problem);
}
