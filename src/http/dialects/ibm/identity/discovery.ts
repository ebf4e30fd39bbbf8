/** What a relying party needs to check our tokens: the public key and where things are. Public, so not recorded. */
import type { FastifyInstance } from "fastify";
import { TOKEN_SCOPE } from "../../../../identity/token-claims.ts";
import type { TokenIssuer } from "../../../../identity/tokens.ts";
import { LOGOUT_PATH, PASSCODE_PATH } from "./pages.ts";
import { GRANTS } from "./token-request.ts";

const TOKEN_PATH = "/identity/token";
const KEYS_PATH = "/identity/keys";
const DISCOVERY_PATH = "/identity/.well-known/openid-configuration";

/**
 * A surface of the server: JWK Set (RFC 7517) and OpenID Connect Discovery 1.0, section 3, with IBM's
 * `passcode_endpoint`, by which a command line tells people where to get one. The issuer is the installation's name,
 * which stays when it moves; the addresses are those under which it was asked.
 */
export function tokenDiscovery(tokens: TokenIssuer): (server: FastifyInstance) => void {
  return (server) => {
    server.get(KEYS_PATH, () => tokens.publishedKeys());
    server.get(DISCOVERY_PATH, ({ protocol, host }) => ({
      issuer: tokens.issuer,
      token_endpoint: `${protocol}://${host}${TOKEN_PATH}`,
      passcode_endpoint: `${protocol}://${host}${PASSCODE_PATH}`,
      end_session_endpoint: `${protocol}://${host}${LOGOUT_PATH}`,
      jwks_uri: `${protocol}://${host}${KEYS_PATH}`,
      response_types_supported: ["cloud_iam"],
      grant_types_supported: GRANTS,
      subject_types_supported: ["public"],
      scopes_supported: TOKEN_SCOPE.split(" "),
      id_token_signing_alg_values_supported: tokens.publishedKeys().keys.map(({ alg }) => alg),
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
    }));
  };
}
