/** Routes of a user and of what a user logs in with: the password, the second factor, and the way back in. */
import { z } from "zod";
import { unlockUser } from "../../../app/identity/lock-out.ts";
import { deletePassword, setPassword } from "../../../app/identity/passwords.ts";
import {
  confirmSecondFactor,
  enrollSecondFactor,
  removeSecondFactor,
} from "../../../app/identity/second-factor.ts";
import { readUser, updateUser, type UserStanding } from "../../../app/identity/users.ts";
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from "../../../identity/password.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About, Answer } from "../../route.ts";
import { userBody, userPath, userShape } from "./identity-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const URL = "/trail/v1/users/:id";

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_CHARS = 4_096;

const secretText = z.string().min(1).max(MAX_CHARS);
const password = secretText.meta({
  description: `${MIN_PASSWORD_CHARS} to ${MAX_PASSWORD_CHARS} characters of any kind.`,
});
const code = secretText.meta({ description: "Six digits, as the authenticator app shows them." });

const changes = z.strictObject({
  name: z.string().max(MAX_CHARS).optional(),
  state: z.enum(["active", "disabled"]).optional(),
});
const newPassword = z.strictObject({
  password,
  current_password: secretText.optional().meta({
    description: "The one so far, which users who have one bring to set another.",
  }),
});
const shownCode = z.strictObject({ code });
const removal = z.strictObject({
  code: code.optional().meta({ description: "Users who remove their own show a code of it." }),
});

const standingShape = z
  .strictObject({
    ...userShape.shape,
    has_password: z.boolean(),
    password_set_at: z.iso.datetime({ offset: true }).nullable(),
    second_factor: z.enum(["none", "enrolled", "confirmed"]),
    failed_logins: z.int(),
    locked_until: z.iso.datetime({ offset: true }).nullable(),
  })
  .meta({ id: "UserStanding" });

const secondFactorShape = z
  .strictObject({
    secret: z.string().meta({ description: "In base 32, to be typed; it is never shown again." }),
    uri: z.string().meta({ description: "The same for a QR code: otpauth://totp/…" }),
  })
  .meta({ id: "NewSecondFactor" });

const about: About = ({ params }) => {
  const parsed = userPath.safeParse(params);
  return parsed.success ? { kind: "user", id: parsed.data.id } : null;
};

export const userCredentialRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: URL,
    operationId: "readUser",
    summary: "Read a user, and what the user can log in with. Everyone may read themselves.",
    operation: readUser,
    params: userPath,
    answer: answered("The user.", standingShape),
    about,
    decode: ({ params }) => ({ iamId: params.id }),
    encode: (standing) => ({ status: 200, body: standingBody(standing) }),
  }),
  nativeRoute({
    method: "PATCH",
    url: URL,
    operationId: "updateUser",
    summary: "Rename, disable or enable a user; a user who is disabled is out at once.",
    operation: updateUser,
    params: userPath,
    body: changes,
    answer: answered("The user.", userShape),
    about,
    decode: ({ params, body: { name, state } }) => ({
      iamId: params.id,
      ...(name === undefined ? {} : { name }),
      ...(state === undefined ? {} : { state }),
    }),
    encode: ({ user }) => ({ status: 200, body: userBody(user) }),
  }),
  nativeRoute({
    method: "DELETE",
    url: `${URL}/lockout`,
    operationId: "unlockUser",
    summary: "Let a user in again whom failed logins have locked out.",
    operation: unlockUser,
    params: userPath,
    answer: done("Failed logins are forgotten."),
    about,
    decode: ({ params }) => ({ iamId: params.id }),
    encode: noContent,
  }),
  nativeRoute({
    method: "PUT",
    url: `${URL}/password`,
    operationId: "setPassword",
    summary: "Set a user's password; every session of the user ends.",
    operation: setPassword,
    params: userPath,
    body: newPassword,
    answer: done("The password is set."),
    about,
    decode: ({ params, body }) => ({
      iamId: params.id,
      password: new Sensitive(body.password),
      ...sensitive("current", body.current_password),
    }),
    encode: noContent,
  }),
  nativeRoute({
    method: "DELETE",
    url: `${URL}/password`,
    operationId: "deletePassword",
    summary: "Take a user's password away; every session of the user ends.",
    operation: deletePassword,
    params: userPath,
    answer: done("There is no password any more."),
    about,
    decode: ({ params }) => ({ iamId: params.id }),
    encode: noContent,
  }),
  nativeRoute({
    method: "POST",
    url: `${URL}/totp`,
    operationId: "enrollSecondFactor",
    summary: "Make the key of a second factor; it is asked for once a code has confirmed it.",
    operation: enrollSecondFactor,
    params: userPath,
    answer: { ...answered("The key, this once.", secondFactorShape), status: 201 },
    about,
    decode: ({ params }) => ({ iamId: params.id }),
    encode: ({ secret, uri }) => ({
      status: 201,
      body: { secret: secret.reveal(), uri: uri.reveal() },
    }),
  }),
  nativeRoute({
    method: "PUT",
    url: `${URL}/totp`,
    operationId: "confirmSecondFactor",
    summary: "Confirm the second factor with a code of it.",
    operation: confirmSecondFactor,
    params: userPath,
    body: shownCode,
    answer: done("It is asked for with the password from now on."),
    about,
    decode: ({ params, body }) => ({ iamId: params.id, code: new Sensitive(body.code) }),
    encode: noContent,
  }),
  nativeRoute({
    method: "DELETE",
    url: `${URL}/totp`,
    operationId: "removeSecondFactor",
    summary: "Remove a user's second factor.",
    operation: removeSecondFactor,
    params: userPath,
    body: removal,
    answer: done("There is no second factor any more."),
    about,
    decode: ({ params, body }) => ({ iamId: params.id, ...sensitive("code", body.code) }),
    encode: noContent,
  }),
];

function sensitive<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Record<Name, Sensitive<string>>> {
  return value === undefined
    ? {}
    : ({ [name]: new Sensitive(value) } as Record<Name, Sensitive<string>>);
}

function standingBody({ user, credentials }: UserStanding): z.input<typeof standingShape> {
  const factor = credentials?.isTotpConfirmed ? "confirmed" : "enrolled";
  const { passwordSetAt = null, lockedUntil = null } = credentials ?? {};
  return {
    ...userBody(user),
    has_password: typeof credentials?.password === "string",
    password_set_at: passwordSetAt === null ? null : toRfc3339(passwordSetAt),
    second_factor: credentials?.totp ? factor : "none",
    failed_logins: credentials?.failures ?? 0,
    locked_until: lockedUntil === null ? null : toRfc3339(lockedUntil),
  };
}

function answered(description: string, shape: z.ZodObject): AnswerShape {
  return { status: 200, description, content: { "application/json": shape } };
}

function done(description: string): AnswerShape {
  return { status: 204, description, content: {} };
}

function noContent(): Answer {
  return { status: 204 };
}
