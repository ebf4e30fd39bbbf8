/** The registration of an instance: where its owner wants to be told what happens to its secrets. One to an instance. */
import { Refusal } from "../../kernel/errors.ts";
import {
  checkSourceDescription,
  checkSourceName,
  type Registration,
} from "../../secrets/registration.ts";
import type { Instance } from "../../secrets/secret.ts";
import {
  callerId,
  changeOperation,
  readOperation,
  type Context,
  type Located,
} from "../operation.ts";
import { instanceOf, wholeOf } from "../secrets/find.ts";
import type { View } from "../state.ts";

export interface CreateRegistrationInput {
  /** Of an instance of Event Notifications that this installation knows. */
  readonly notificationsCrn: string;
  readonly sourceName: string;
  readonly sourceDescription?: string | undefined;
}

export interface RegistrationView {
  readonly notificationsCrn: string;
}

export const NOT_KNOWN =
  "This installation does not know that instance of Event Notifications: its operator names it, and the webhook it stands for, by the option --event-notifications CRN=URL.";

type NoInput = Readonly<Record<string, never>>;

/**
 * A registration that there is already is replaced: that is how IBM's own clients change one. What has not been sent yet
 * goes to the new one if it names the same destination, and to nobody if it names another.
 */
export const createRegistration = changeOperation<
  CreateRegistrationInput,
  Instance,
  RegistrationView
>({
  name: "notification-registration.create",

  locate: async (_input, { call: { place } }) => located(place, instanceOf(place)),

  async run(input, { subject: at }, { store, capabilities, caller, now }) {
    checkSourceName(input.sourceName);
    if (input.sourceDescription !== undefined) checkSourceDescription(input.sourceDescription);
    // By this code nothing of the input is recorded: what stands there may be anything.
    if (!capabilities.notices.knows(input.notificationsCrn)) {
      throw new Refusal("invalid_request", NOT_KNOWN, { field: "notificationsCrn" });
    }
    const { notificationsCrn, sourceName, sourceDescription = null } = input;
    const before = await store.registrations.registration(at);
    const isSame = before?.notificationsCrn === notificationsCrn;
    await store.registrations.putRegistration({
      at,
      notificationsCrn,
      sourceName,
      sourceDescription,
      createdBy: isSame ? before.createdBy : callerId(caller),
      createdAt: isSame ? before.createdAt : now,
    });
    return { notificationsCrn };
  },
});

export const readRegistration = readOperation<NoInput, Registration, RegistrationView>({
  name: "notification-registration.read",
  locate: (_input, context) => locateRegistration(context),
  run: async (_input, { subject: { notificationsCrn } }) => ({ notificationsCrn }),
});

/** Nothing more is sent, nor what has not been sent so far. */
export const deleteRegistration = changeOperation<NoInput, Registration, RegistrationView>({
  name: "notification-registration.delete",

  locate: (_input, context) => locateRegistration(context),

  async run(_input, { subject: { at, notificationsCrn } }, { store }) {
    await store.registrations.deleteRegistration(at);
    return { notificationsCrn };
  },
});

export async function locateRegistration<Store extends View>({
  store,
  call: { place },
}: Context<Store>): Promise<Located<Registration>> {
  const registration = await store.registrations.registration(instanceOf(place));
  if (!registration) {
    throw new Refusal("not_found", "The instance has no registration for notifications.");
  }
  return located(place, registration);
}

/** It has no name and no id: its target is the instance. */
function located<Subject>(
  place: Context<View>["call"]["place"],
  subject: Subject,
): Located<Subject> {
  return { target: { place, kind: "", id: "", name: "" }, resource: wholeOf(place), subject };
}
