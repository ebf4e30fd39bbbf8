/** Why a login by an identity provider comes to nothing, as IAM's errors have it; IBM has published no codes for these. */
import type { FederationFault } from "../../../../app/federation/federation.ts";
import type { IamError } from "./token-errors.ts";

const REFUSED: IamError = [401, "BXNIM0605E", "The login by an identity provider was refused."];

export const federationFaults: Readonly<Record<FederationFault, IamError>> = {
  "unknown-provider": [404, "BXNIM0606E", "There is no such identity provider."],
  "unknown-login": REFUSED,
  "provider-unreachable": [503, "BXNIM0607E", "The identity provider could not be reached."],
  "provider-refused": REFUSED,
  "provider-not-believed": REFUSED,
  "claims-not-usable": REFUSED,
  "user-not-known": REFUSED,
};
