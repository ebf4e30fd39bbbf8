/** The port to the configurations of instances, and to what their authorities have revoked. */
import type { Millis } from "../../kernel/clock.ts";
import type { Page, PageOf, Sort } from "../paging.ts";
import type { Instance, SecretType } from "../secret.ts";
import type { Configuration, ConfigurationType } from "./configuration.ts";

export const CONFIGURATION_SORT_FIELDS = ["type", "secretType", "name"] as const;

export type ConfigurationSortField = (typeof CONFIGURATION_SORT_FIELDS)[number];

/** Filters on configurations; what is left out does not restrict. */
export interface ConfigurationQuery {
  readonly page: PageOf;
  readonly sort: Sort<ConfigurationSortField>;
  /** Text contained, whatever its case, in the name or the type. */
  readonly search?: string | undefined;
  readonly secretTypes?: readonly SecretType[] | undefined;
}

/** A certificate that its authority has taken back (RFC 5280, section 5.3). */
export interface RevokedCertificate {
  /** The authority that had issued it, by its configuration's id. */
  readonly authority: string;
  /** Lower-case hexadecimal digits. */
  readonly serialNumber: string;
  readonly revokedAt: Millis;
  /** From then on a revocation list need not name it. */
  readonly expiresAt: Millis;
}

export interface ConfigurationReader {
  configuration(at: Instance, name: string): Promise<Configuration | undefined>;
  configurations(at: Instance, query: ConfigurationQuery): Promise<Page<Configuration>>;
  /** All of the type, oldest first: at most MAX_CONFIGURATIONS_OF_TYPE. */
  configurationsOf(at: Instance, type: ConfigurationType): Promise<readonly Configuration[]>;
  /** Oldest first; without those that had expired by `now`. */
  revokedBy(authority: string, now: Millis): Promise<readonly RevokedCertificate[]>;
}

export interface ConfigurationStore extends ConfigurationReader {
  /** With its data key. */
  insertConfiguration(configuration: Configuration): Promise<void>;
  /** Its attributes and what it keeps sealed. */
  updateConfiguration(configuration: Configuration): Promise<void>;
  /** With its data key and what it has revoked. */
  deleteConfiguration(id: string): Promise<void>;
  /** A certificate that is revoked already stays as it is. */
  addRevoked(certificate: RevokedCertificate): Promise<void>;
}
