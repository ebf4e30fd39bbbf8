/**
 * What authorities publish, by anybody's reading: at the paths that IBM has for it and, shorter, at others. In DER, as
 * certificates and lists are fetched (RFC 2585), or in PEM.
 */
import type { FastifyRequest } from "fastify";
import {
  readAuthorityCertificate,
  readAuthorityCrl,
  type WhichAuthority,
} from "../../../../app/configurations/authority-publications.ts";
import { PUBLICATIONS_PATH } from "../../../../app/configurations/signing.ts";
import type { Answer, Route } from "../../../route.ts";
import { line } from "../line.ts";
import { segment } from "../path.ts";

/** How long whoever stands between may hold on to one: a certificate that is revoked is to be known as such soon. */
export const MAX_AGE_S = 60;

const CRL_TYPE = "application/pkix-crl";
const CERTIFICATE_TYPE = "application/pkix-cert";
const PEM_TYPE = "application/x-pem-file";

export const publicationRoutes: readonly Route[] = [
  ...routesAt(`${PUBLICATIONS_PATH}/:name`, "/ca"),
  ...routesAt("/v1/ibmcloud/private_cert/ca/:name", ""),
];

function routesAt(authority: `/${string}`, certificate: string): readonly Route[] {
  return [
    line(`GET ${authority}/crl`, readAuthorityCrl, [
      authorityIn,
      ({ der }) => published(CRL_TYPE, der),
    ]),
    line(`GET ${authority}/crl/pem`, readAuthorityCrl, [
      authorityIn,
      ({ pem }) => published(PEM_TYPE, pem),
    ]),
    line(`GET ${authority}${certificate}`, readAuthorityCertificate, [
      authorityIn,
      ({ der }) => published(CERTIFICATE_TYPE, der),
    ]),
    line(`GET ${authority}${certificate}/pem`, readAuthorityCertificate, [
      authorityIn,
      ({ pem }) => published(PEM_TYPE, pem),
    ]),
    line(`GET ${authority}/ca_chain`, readAuthorityCertificate, [
      authorityIn,
      ({ chainPem }) => published(PEM_TYPE, chainPem),
    ]),
  ];
}

function authorityIn(request: FastifyRequest): WhichAuthority {
  return { name: segment(request, "name") };
}

function published(type: string, body: string | Uint8Array): Answer {
  const headers = { "Content-Type": type, "Cache-Control": `public, max-age=${MAX_AGE_S}` };
  return { status: 200, headers, body };
}
