/** Registrations for notifications as IBM's wire writes them, the same in both of its versions. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  CreateRegistrationInput,
  RegistrationView,
} from "../../../../app/notifications/registration.ts";
import type { Answer } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";

const registration = z.strictObject({
  event_notifications_instance_crn: z.string(),
  event_notifications_source_name: z.string(),
  event_notifications_source_description: z.string().optional(),
});

export function decodeRegistration(request: FastifyRequest): CreateRegistrationInput {
  const body = read(registration, bodyOf(request));
  return {
    notificationsCrn: body.event_notifications_instance_crn,
    sourceName: body.event_notifications_source_name,
    sourceDescription: body.event_notifications_source_description,
  };
}

export function registrationBody({ notificationsCrn }: RegistrationView): object {
  return { event_notifications_instance_crn: notificationsCrn };
}

/** IBM documents a 200 and no fields. */
export function testedAnswer(): Answer {
  return { status: 200, body: {} };
}
