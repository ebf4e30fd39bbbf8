/**
 * Logging in and out. What an operation is called follows from what was brought, and by whom. Of a login that failed,
 * `fault` says why, also where whoever tried is told no more than that it did.
 */
import { reading, removing, rows } from "./row.ts";

/** A login that leaves a session behind or goes on with one, and what else belongs to coming and going. */
const opening = { kind: "change", dataEvent: false, severity: "normal" } as const;

export const loginRows = rows({
  "user-apikey.login": {
    action: "iam-identity.user-apikey.login",
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...reading,
    request: ["client_id", "grant_type", "fault"],
    response: ["apikeyId", "session"],
  },
  "serviceid-apikey.login": {
    action: "iam-identity.serviceid-apikey.login",
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...reading,
    request: ["client_id", "grant_type", "fault"],
    response: ["apikeyId", "session"],
  },
  "refreshtoken.login": {
    action: "iam-identity.user-refreshtoken.login",
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...opening,
    request: ["client_id", "grant_type", "realm_name", "fault"],
    response: ["apikeyId", "session"],
  },
  "passcode.login": {
    action: "iam-identity.user-passcode.login",
    alsoKnownAs: ["iam-identity.user-refreshtoken.login"],
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...opening,
    request: ["client_id", "grant_type", "fault"],
    response: ["apikeyId", "session"],
  },
  "cli-passcode.login": {
    action: "iam-identity.user-refreshtoken.login",
    alsoKnownAs: ["iam-identity.user-passcode.login"],
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...opening,
    request: ["client_id", "grant_type", "fault"],
    response: ["apikeyId", "session"],
  },
  "identitycookie.login": {
    action: "iam-identity.user-identitycookie.login",
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...opening,
    request: ["client_id", "grant_type", "fault"],
    response: ["apikeyId", "session"],
  },
  "profile.login": {
    action: "iam-identity.trustedprofile-apikey.login",
    aws: "ConsoleLogin",
    dsv: ["token", "POST"],
    ...opening,
    request: ["client_id", "grant_type", "profile_id", "fault"],
    response: ["apikeyId", "session"],
  },
  "federation.begin": {
    action: "iam-identity.federated-login.begin",
    aws: "StartSSO",
    dsv: ["auth:oidc", "POST"],
    ...opening,
    request: ["realm_name", "client_id", "fault"],
    response: [],
  },
  "federation.vouch": {
    action: "iam-identity.federated-login.vouch",
    aws: "ContinueSSO",
    dsv: ["auth:oidc", "PUT"],
    ...opening,
    request: ["realm_name", "client_id"],
    response: [],
  },
  "passcode.create": {
    action: "iam-identity.user-passcode.create",
    aws: "CreatePasscode",
    dsv: ["token:passcode", "POST"],
    ...opening,
    request: [],
    response: ["expires_at"],
  },
  "session.logout": {
    action: "iam-identity.user.logout",
    aws: "Logout",
    dsv: ["token", "DELETE"],
    ...opening,
    request: ["client_id", "fault"],
    response: ["session", "apikeyId", "endedSessions"],
  },
  "session.end": {
    action: "iam-identity.session.delete",
    aws: "RevokeSession",
    dsv: ["token", "DELETE"],
    ...removing,
    request: ["session", "because"],
    response: ["apikeyId", "endedSessions"],
  },
});
