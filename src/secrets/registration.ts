/** A registration: where the owner of an instance wants to be told what happens to its secrets. */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Instance } from "./secret.ts";

export interface Registration {
  readonly at: Instance;
  /** The CRN of the instance of Event Notifications; the installation's configuration says where that is. */
  readonly notificationsCrn: string;
  readonly sourceName: string;
  readonly sourceDescription: string | null;
  readonly createdBy: string;
  /** Since when this destination is told: what happened before is not for it. */
  readonly createdAt: Millis;
}

export const MIN_SOURCE_NAME_CHARS = 2;
export const MAX_SOURCE_NAME_CHARS = 256;
export const MAX_SOURCE_DESCRIPTION_CHARS = 1_024;

/** The source's name is an attribute of CloudEvents: what they have no text with (CloudEvents 1.0, "Type System"). */
const NO_TEXT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

export interface RegistrationReader {
  registration(at: Instance): Promise<Registration | undefined>;
  /** Whether anybody at all wants to be told. */
  hasRegistrations(): Promise<boolean>;
}

export interface RegistrationStore extends RegistrationReader {
  putRegistration(registration: Registration): Promise<void>;
  deleteRegistration(at: Instance): Promise<void>;
}

export function checkSourceName(name: string): void {
  const { length } = name;
  const isSized = length >= MIN_SOURCE_NAME_CHARS && length <= MAX_SOURCE_NAME_CHARS;
  if (isSized && !NO_TEXT.test(name)) return;
  throw new Refusal(
    "invalid_request",
    `The name of a source has ${MIN_SOURCE_NAME_CHARS} to ${MAX_SOURCE_NAME_CHARS} characters, none of them a control character.`,
    { field: "sourceName" },
  );
}

export function checkSourceDescription(description: string): void {
  if (description.length <= MAX_SOURCE_DESCRIPTION_CHARS && description.isWellFormed()) return;
  throw new Refusal(
    "invalid_request",
    `The description of a source has at most ${MAX_SOURCE_DESCRIPTION_CHARS} characters of well-formed Unicode.`,
    { field: "sourceDescription" },
  );
}
