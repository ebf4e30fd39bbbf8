/** An authority as IBM's wire shows it: what it was asked to be, whether it signs, and its certificate. */
import type { ConfigurationView } from "../../../../../app/configurations/answers.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import type { AuthorityAttributes } from "../../../../../secrets/configurations/authority.ts";
import { date, present } from "../../shapes.ts";
import { issuedBody, namingBody, settingsBody } from "./authority-fields.ts";

/** Its key is nowhere in it. */
export function authorityBody(configuration: ConfigurationView): object {
  const attributes = attributesOf(configuration, "authority");
  const { settings, asked, issued } = attributes;
  return {
    ...settingsBody(settings),
    ...signingBody(attributes),
    ...namingBody(asked.naming, asked.subject),
    ...present("ttl_seconds", asked.ttlSeconds),
    format: asked.format,
    private_key_format: asked.privateKeyFormat,
    key_type: asked.keyType,
    ...present("key_bits", asked.keyBits),
    max_path_length: asked.maxPathLength,
    ...present("permitted_dns_domains", asked.permittedDnsDomains),
    ...present("status", configuration.status),
    ...present("expiration_date", issued?.notAfter ?? null, date),
    data: {
      ...present("csr", attributes.csr),
      ...(issued ? issuedBody(issued, asked.format) : { private_key_type: asked.keyType }),
    },
  };
}

function signingBody({ signing }: AuthorityAttributes): object {
  if (signing.kind === "self") return {};
  return { signing_method: signing.kind, ...present("issuer", signing.issuer) };
}
