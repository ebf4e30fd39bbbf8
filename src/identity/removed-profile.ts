/** What is kept of trusted profiles beside their store: their versions, and those that were deleted and can be had back. */
import { Refusal } from "../kernel/errors.ts";
import type { Belongings } from "./belongings.ts";
import { recoverableKind } from "./recoverable.ts";
import { bounded } from "./text.ts";
import type {
  ProfileIdentity,
  ProfileLink,
  ProfileRule,
  TrustedProfile,
} from "./trusted-profile.ts";

/** What a version of a profile says. */
export interface ShownProfileVersion extends Outside {
  readonly name: string;
  readonly description: string;
}

/** Who a role is elsewhere, as DSV has it: kept and shown. */
export interface Outside {
  /** Of which identity provider. */
  readonly provider: string;
  readonly externalId: string;
}

/** What is left out is not said. */
export interface GivenOutside {
  readonly provider?: string | undefined;
  readonly externalId?: string | undefined;
}

export const NOWHERE_ELSE: Outside = { provider: "", externalId: "" };

export interface ProfileParts {
  readonly profile: TrustedProfile;
  readonly rules: readonly ProfileRule[];
  readonly links: readonly ProfileLink[];
  /** Whom it trusts by their ids. */
  readonly identities: readonly ProfileIdentity[];
  readonly belongings: Belongings;
}

export const PROFILE = recoverableKind<ShownProfileVersion, ProfileParts>("profile");

export const MAX_PROVIDER_CHARS = 255;
export const MAX_EXTERNAL_ID_CHARS = 1_024;

/** Of what is left out, what was. Refuses one of the two without the other. */
export function checkedOutside(given: GivenOutside, before: Outside): Outside {
  const { provider, externalId } = given;
  const outside = {
    provider:
      provider === undefined
        ? before.provider
        : bounded(provider, { field: "provider", min: 0, max: MAX_PROVIDER_CHARS }),
    externalId:
      externalId === undefined
        ? before.externalId
        : bounded(externalId, { field: "externalId", min: 0, max: MAX_EXTERNAL_ID_CHARS }),
  };
  if ((outside.provider === "") === (outside.externalId === "")) return outside;
  const field = outside.provider === "" ? "provider" : "externalId";
  const sentence = "A role of an identity provider needs both `provider` and `externalId`.";
  throw new Refusal("invalid_request", sentence, { field });
}
