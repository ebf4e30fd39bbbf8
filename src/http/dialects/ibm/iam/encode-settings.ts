/** Account settings as IBM's IAM Identity shows them: what is in force, also where nobody has set anything. */
import type { FastifyRequest } from "fastify";
import type { ShownSettings } from "../../../../app/identity/account-settings.ts";
import { NOT_SET, type AccountSettings } from "../../../../identity/account-settings.ts";
import type { Answer } from "../../../route.ts";
import { pastBody } from "./encode-past.ts";
import { entity, type EntityBody } from "./line.ts";

export function shownSettings(
  { settings, ...told }: ShownSettings,
  request: FastifyRequest,
): Answer {
  return entity(200, { ...settingsBody(settings), ...pastBody(told) }, request);
}

function settingsBody(settings: AccountSettings): EntityBody {
  const { account, mfa, maxSessionsPerIdentity: most } = settings;
  return {
    account_id: account,
    entity_tag: settings.entityTag,
    restrict_create_service_id: settings.restrictCreateServiceId,
    restrict_create_platform_apikey: settings.restrictCreateApiKey,
    allowed_ip_addresses: settings.allowedIpAddresses.join(","),
    mfa,
    // IBM has these three as well; here they restrict nothing, and say so.
    user_mfa: [],
    restrict_user_list_visibility: "NOT_RESTRICTED",
    restrict_user_domains: [],
    session_expiration_in_seconds: String(settings.sessionLifetimeS),
    session_invalidation_in_seconds: String(settings.sessionIdleS),
    max_sessions_per_identity: most === null ? NOT_SET : String(most),
    system_access_token_expiration_in_seconds: String(settings.accessTokenLifetimeS),
    system_refresh_token_expiration_in_seconds: String(settings.refreshTokenLifetimeS),
  };
}
