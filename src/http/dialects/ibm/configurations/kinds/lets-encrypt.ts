/**
 * `public_cert_configuration_ca_lets_encrypt`. The account's key goes in and never comes out; IBM's gives it back to a
 * Manager.
 */
import { z } from "zod";
import { Sensitive } from "../../../../../kernel/sensitive.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import { ACME_ENVIRONMENTS } from "../../../../../secrets/configurations/lets-encrypt.ts";
import { read } from "../../body.ts";
import { present } from "../../shapes.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

const prototype = z.strictObject({
  lets_encrypt_environment: z.enum(ACME_ENVIRONMENTS),
  lets_encrypt_private_key: z.string(),
  lets_encrypt_preferred_chain: z.string().optional(),
});
const patch = prototype.partial().extend({ lets_encrypt_preferred_chain: z.string().nullish() });

export const letsEncrypt: WireConfiguration = {
  create(body) {
    const given = read(prototype, body);
    return {
      kind: "lets-encrypt",
      environment: given.lets_encrypt_environment,
      accountKey: new Sensitive(given.lets_encrypt_private_key),
      preferredChain: given.lets_encrypt_preferred_chain,
    };
  },
  patch(body) {
    const given = read(patch, body);
    const { lets_encrypt_private_key: key } = given;
    return {
      kind: "lets-encrypt",
      environment: given.lets_encrypt_environment,
      accountKey: key === undefined ? undefined : new Sensitive(key),
      preferredChain: given.lets_encrypt_preferred_chain,
    };
  },
  show(configuration) {
    const { environment, preferredChain } = attributesOf(configuration, "lets-encrypt");
    return {
      lets_encrypt_environment: environment,
      ...present("lets_encrypt_preferred_chain", preferredChain),
    };
  },
};
