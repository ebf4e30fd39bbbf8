/** `iam_credentials_configuration`: the API key goes in and never comes out; its id is shown besides what IBM's has. */
import { z } from "zod";
import { Sensitive } from "../../../../../kernel/sensitive.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import { read } from "../../body.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

const prototype = z.strictObject({ api_key: z.string(), disabled: z.boolean().optional() });
const patch = prototype.partial();

export const iamEngine: WireConfiguration = {
  create(body) {
    const { api_key: apiKey, disabled } = read(prototype, body);
    return { kind: "iam-engine", apiKey: new Sensitive(apiKey), disabled };
  },
  patch(body) {
    const { api_key: apiKey, disabled } = read(patch, body);
    return {
      kind: "iam-engine",
      apiKey: apiKey === undefined ? undefined : new Sensitive(apiKey),
      disabled,
    };
  },
  show(configuration) {
    const { apiKeyId, disabled } = attributesOf(configuration, "iam-engine");
    return { disabled, api_key_id: apiKeyId };
  },
};
