/** A username, which stays, and a password, which each version has one of. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { PasswordPolicy } from "../password.ts";
import { plain, type Kind } from "./kind.ts";

export interface UsernamePasswordPayload {
  readonly kind: "username_password";
  readonly username: string;
  readonly password: Sensitive<string>;
}

/** A password that is left out is generated. */
export interface NewUsernamePassword {
  readonly kind: "username_password";
  readonly username: string;
  readonly password?: Sensitive<string> | undefined;
  readonly passwordPolicy?: PasswordPolicy | undefined;
}

export interface NewPassword {
  readonly kind: "username_password";
  readonly password?: Sensitive<string> | undefined;
}

export const MIN_USERNAME_CHARS = 2;
export const MAX_USERNAME_CHARS = 64;
export const MIN_GIVEN_PASSWORD_CHARS = 6;
export const MAX_GIVEN_PASSWORD_CHARS = 256;

/** A username is sealed with the secret, so that only the password is sealed with a version. */
export const usernamePassword: Kind<UsernamePasswordPayload> = {
  ...plain,
  rotation: { hour: null, day: [1, 730], month: [1, 24] },
  check({ username, password }) {
    checkLength("username", username, [MIN_USERNAME_CHARS, MAX_USERNAME_CHARS]);
    checkLength("password", password.reveal(), [
      MIN_GIVEN_PASSWORD_CHARS,
      MAX_GIVEN_PASSWORD_CHARS,
    ]);
  },
  encode: ({ password }) => utf8(password.reveal()),
  decode: (bytes, username) => ({
    kind: "username_password",
    username: username(),
    password: new Sensitive(fromUtf8(bytes)),
  }),
};

function checkLength(field: string, text: string, [min, max]: readonly [number, number]): void {
  // A lone surrogate would be sealed as another character than was given.
  if (text.length < min || text.length > max || !text.isWellFormed()) {
    throw new Refusal(
      "invalid_request",
      `A ${field} has ${min} to ${max} characters of well-formed Unicode.`,
      { field },
    );
  }
}
