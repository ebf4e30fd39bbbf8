/** The form of every answer of HashiCorp Vault's HTTP API: the thing itself in `data`, or a login in `auth`. */
import type { FastifyRequest } from "fastify";
import type { Answer } from "../../../route.ts";

interface Parts {
  readonly data?: object;
  readonly auth?: object;
}

/** What has been given out is leased by nobody here: nothing is renewed or taken back by a lease's id. */
export function vaultBody({ id }: FastifyRequest, { data, auth }: Parts): object {
  return {
    request_id: id,
    lease_id: "",
    renewable: false,
    lease_duration: 0,
    data: data ?? null,
    wrap_info: null,
    warnings: null,
    auth: auth ?? null,
  };
}

export function dataOf<Output>(
  show: (output: Output) => object,
): (output: Output, request: FastifyRequest) => Answer {
  return (output, request) => ({ status: 200, body: vaultBody(request, { data: show(output) }) });
}

/** Of what leaves nothing to be shown: the form all the same, with nothing in it. */
export function noData(_output: object, request: FastifyRequest): Answer {
  return { status: 200, body: vaultBody(request, {}) };
}
