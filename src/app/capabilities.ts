/** What operations may use besides the state: the capabilities of the domains, made once in `main.ts`. */
import type { CredentialKeeper } from "../identity/credentials.ts";
import type { Regions } from "../identity/region.ts";
import type { TokenIssuer } from "../identity/tokens.ts";
import type { Retrievals } from "../secrets/retrievals.ts";
import type { RootKeySource } from "../secrets/root-key.ts";
import type { Vault } from "../secrets/vault.ts";
import type { Deliveries } from "./destinations/deliveries.ts";
import type { EngineConnections } from "./engines/connections.ts";
import type { Federation } from "./federation/federation.ts";
import type { NoticeSender } from "./notifications/notice-sender.ts";
import type { Acme } from "./secrets/acme.ts";
import type { Rotators } from "./secrets/rotators.ts";
import type { TrailReader } from "./trail/trail-reader.ts";

export interface Capabilities {
  /** Seals and opens secret values. */
  readonly vault: Vault;
  /** Where the root key is kept; a rotation keeps the new one there. */
  readonly rootKeys: RootKeySource;
  /** Knows when values were last given out, ahead of the store. */
  readonly retrievals: Retrievals;
  /** Makes and checks API keys and passwords. */
  readonly credentials: CredentialKeeper;
  /** Signs and checks access and refresh tokens. */
  readonly tokens: TokenIssuer;
  /** Asks identity providers who somebody is. */
  readonly federation: Federation;
  /** Where there may be instances. */
  readonly regions: Regions;
  /** The domain under whose names instances are called, if there is one: `{instance}.{region}.{domain}`. */
  readonly publicDomain: string | null;
  /** Sends notices to where the owners of instances want to be told. */
  readonly notices: NoticeSender;
  /** Asks public certificate authorities for certificates. */
  readonly acme: Acme;
  /** Knows whom to call to have a secret rotated. */
  readonly rotators: Rotators;
  /** Knows which engines are connected. */
  readonly engines: EngineConnections;
  /** Brings the trail to where it is to be. */
  readonly deliveries: Deliveries;
  /** Finds events and proves them. */
  readonly trail: TrailReader;
}
