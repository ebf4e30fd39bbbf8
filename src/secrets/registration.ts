/** A registration: where the owner of an instance wants to be told what happens to its secrets. */
import type { Millis } from "../kernel/clock.ts";
import type { Instance } from "./secret.ts";

export interface Registration {
  readonly at: Instance;
  /** The CRN of the instance of Event Notifications; the installation's configuration says where that is. */
  readonly notificationsCrn: string;
  readonly sourceName: string;
  readonly sourceDescription: string | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
}

export interface RegistrationReader {
  registration(at: Instance): Promise<Registration | undefined>;
  /** Whether anybody at all wants to be told. */
  hasRegistrations(): Promise<boolean>;
}

export interface RegistrationStore extends RegistrationReader {
  putRegistration(registration: Registration): Promise<void>;
  deleteRegistration(at: Instance): Promise<void>;
}
