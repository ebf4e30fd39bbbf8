/** What authorities are asked to do by IBM's wire, and what they answer. */
import { z } from "zod";
import type {
  SignCsrArguments,
  SigningArguments,
  SignIntermediateArguments,
} from "../../../../../app/configurations/kinds/authority-actions.ts";
import type { SetSignedArguments } from "../../../../../app/configurations/kinds/intermediate-actions.ts";
import type {
  ActionArguments,
  ActionResult,
} from "../../../../../app/configurations/kinds/behaviour.ts";
import type { IssuedAuthority } from "../../../../../secrets/configurations/authority.ts";
import { read } from "../../body.ts";
import { duration, secondsOf } from "../../fields.ts";
import { present } from "../../shapes.ts";
import {
  emptyAsNull,
  formatFields,
  issuedBody,
  list,
  listOf,
  namingBody,
  namingFields,
  namingOf,
  subjectOf,
} from "./authority-fields.ts";
import type { Body, WireConfiguration } from "./wire-configuration.ts";

const signingFields = {
  ...namingFields,
  ttl: duration.optional(),
  format: formatFields.format,
  max_path_length: z.int().optional(),
  permitted_dns_domains: list,
  use_csr_values: z.boolean().optional(),
};
const signing = z.object(signingFields);
const signCsr = z.strictObject({ ...signingFields, csr: z.string() });
const signIntermediate = z.strictObject({
  ...signingFields,
  intermediate_certificate_authority: z.string(),
});
const setSigned = z.strictObject({ certificate: z.string() });
const nothing = z.strictObject({});

const ANY_NUMBER = -1;

/** Its format is for the answer alone. */
interface Formatted {
  readonly format: "pem" | "pem_bundle";
}

export const authorityActions = {
  private_cert_configuration_action_sign_csr(body: Body): SignCsrArguments & Formatted {
    const given = read(signCsr, body);
    return { ...signingOf(given), csr: given.csr };
  },
  private_cert_configuration_action_sign_intermediate(
    body: Body,
  ): SignIntermediateArguments & Formatted {
    const given = read(signIntermediate, body);
    return { ...signingOf(given), intermediate: given.intermediate_certificate_authority };
  },
  private_cert_configuration_action_rotate_crl: takesNothing,
} satisfies WireConfiguration["actions"];

export const intermediateActions = {
  private_cert_configuration_action_set_signed(body: Body): SetSignedArguments {
    return read(setSigned, body);
  },
  private_cert_configuration_action_rotate_intermediate: takesNothing,
  private_cert_configuration_action_revoke_ca_certificate: takesNothing,
} satisfies WireConfiguration["actions"];

/** What each answers with besides its name. */
export function actedBody(actionType: string, result: ActionResult): object {
  switch (actionType) {
    case "private_cert_configuration_action_sign_csr":
    case "private_cert_configuration_action_sign_intermediate":
      return signedBody(result as unknown as SignedResult);
    case "private_cert_configuration_action_rotate_intermediate": {
      const { issued, name } = result as { issued: IssuedAuthority; name: string };
      return { name, data: issuedBody(issued, "pem") };
    }
    case "private_cert_configuration_action_set_signed":
      return { certificate: result["certificate"] };
    case "private_cert_configuration_action_revoke_ca_certificate":
      return { revocation_time_seconds: Math.floor(Number(result["revokedAt"]) / 1_000) };
    default:
      return { success: true };
  }
}

interface SignedResult extends SigningArguments, Formatted {
  readonly csr?: string;
  readonly intermediate?: string;
  readonly issued: IssuedAuthority;
}

function signedBody(result: SignedResult): object {
  const { csr = null, intermediate = null, format, issued } = result;
  return {
    ...namingBody(result.naming, result.subject),
    ...present("ttl", result.ttlSeconds, (seconds) => `${seconds}s`),
    format,
    max_path_length: result.maxPathLength,
    ...present("permitted_dns_domains", result.permittedDnsDomains),
    use_csr_values: result.useCsrValues,
    ...present("csr", csr),
    ...present("intermediate_certificate_authority", intermediate),
    data: issuedBody(issued, format),
  };
}

function signingOf(given: z.infer<typeof signing>): SigningArguments & Formatted {
  return {
    naming: namingOf(given),
    subject: subjectOf(given),
    ttlSeconds: given.ttl === undefined ? null : secondsOf(given.ttl, "ttl"),
    format: given.format ?? "pem",
    maxPathLength: given.max_path_length ?? ANY_NUMBER,
    permittedDnsDomains: emptyAsNull(listOf(given.permitted_dns_domains)),
    useCsrValues: given.use_csr_values ?? false,
  };
}

function takesNothing(body: Body): ActionArguments {
  return read(nothing, body);
}
