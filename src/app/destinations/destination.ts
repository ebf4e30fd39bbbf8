/** Destinations, the routes to them and the account's settings of both, as they are kept. */
import { itemKind } from "../../items/item.ts";
import type { Start } from "../../delivery/definition.ts";
import type { SinkSettings } from "../../delivery/sink.ts";

export interface Destination {
  readonly sink: SinkSettings;
  /** By the names of the sink's rules: sealed by the vault, in Base64. */
  readonly sealed: Readonly<Record<string, string>>;
  /** The query language; empty for everything. */
  readonly filter: string;
  /** Also what belongs to no account; only whoever may see that may have it sent. */
  readonly includesOperators: boolean;
  /** Whether it gets only what routes send to it. */
  readonly isRouted: boolean;
  /** From this place of the log on it gets what it gets; of one that has always got it, there is none. */
  readonly selectedFrom?: number;
  readonly isPaused: boolean;
  /** Of one without which nothing is to happen: how many entries it may be behind. */
  readonly maxBacklog: number | null;
  readonly start: Start;
  /** What a wire says of it that is nothing to the delivery: shown again by that wire. */
  readonly shown: Readonly<Record<string, string>>;
}

export const DESTINATION = itemKind<Destination>("destination");

export const MAX_DESTINATIONS_PER_ACCOUNT = 50;

/** Rules in order: for a location the first that names it decides. */
export interface Route {
  readonly rules: readonly RouteRule[];
}

export interface RouteRule {
  /** Of destinations; none: what is there is sent nowhere. */
  readonly targetIds: readonly string[];
  readonly locations: readonly string[];
}

export const ROUTE = itemKind<Route>("route");

export interface RoutingSettings {
  readonly defaultTargets: readonly string[];
  readonly permittedTargetRegions: readonly string[];
  readonly metadataRegionPrimary: string;
  readonly metadataRegionBackup: string;
  readonly isPrivateOnly: boolean;
  /** From this place of the log on they, and the routes, are as they are. */
  readonly changedAt?: number;
}

/** One of an account, of this name. */
export const ROUTING_SETTINGS = itemKind<RoutingSettings>("routing-settings");
export const SETTINGS_NAME = "settings";
