import { z } from "zod";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import type { PasswordPolicy } from "../../../../secrets/password.ts";
import { read } from "../body.ts";
import { passwordPolicy, passwordPolicyOf, rotation, rotationOf } from "../fields.ts";
import { date, present, rotationBody } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("username_password"),
  ...common,
  username: z.string(),
  password: z.string().optional(),
  expiration_date: z.string().optional(),
  rotation: rotation.optional(),
  password_generation_policy: passwordPolicy.optional(),
});

export const usernamePassword: WireKind<"username_password"> = {
  create(body) {
    const secret = read(prototype, body);
    const { username, password, password_generation_policy: policy } = secret;
    return {
      ...commonOf(secret),
      expirationDate: secret.expiration_date,
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "username_password",
        username,
        password: password === undefined ? undefined : new Sensitive(password),
        passwordPolicy: policy && passwordPolicyOf(policy),
      },
    };
  },
  metadata: (secret) => ({
    ...present("expiration_date", secret.expiresAt, date),
    ...present("next_rotation_date", secret.nextRotationAt, date),
    ...present("rotation", secret.rotation, rotationBody),
    ...present("password_generation_policy", secret.passwordPolicy, passwordPolicyBody),
  }),
  value: ({ username, password }) => ({ username, password: password.reveal() }),
};

function passwordPolicyBody(policy: PasswordPolicy): object {
  return {
    length: policy.length,
    include_digits: policy.includeDigits,
    include_symbols: policy.includeSymbols,
    include_uppercase: policy.includeUppercase,
  };
}
