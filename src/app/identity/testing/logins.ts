/** Logging in as people do, in tests: with passwords, codes and passcodes. */
import { Secret, TOTP } from "otpauth";
import { initialSettings } from "../../../identity/account-settings.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Performed } from "../../perform.ts";
import type { TestApp } from "../../testing/test-app.ts";
import {
  ASSUME_GRANT,
  COOKIE_GRANT,
  PASSCODE_GRANT,
  PASSWORD_GRANT,
  REFRESH_GRANT,
  type AssumeLogin,
  type IssuedTokens,
  type LoginInput,
  type PasswordLogin,
} from "../login.ts";
import { openSession } from "../open-session.ts";
import { setPassword } from "../passwords.ts";
import { confirmSecondFactor, enrollSecondFactor } from "../second-factor.ts";
import { NOBODY, type IdentityApp, type TestUser } from "./identity-app.ts";

export const PASSWORD = "correct horse battery staple";

/** A user with a password. */
export async function person(app: IdentityApp, email = "ada@example.com"): Promise<TestUser> {
  const made = await app.user(email);
  const { iamId } = made.user;
  const password = new Sensitive(PASSWORD);
  await app.done(setPassword, await app.administrator(), { iamId, password });
  return made;
}

/** The account asks for a code of its own with every login, whoever has vouched for it. */
export async function asksForCodes({ app, account }: AnyServer): Promise<void> {
  const initial = initialSettings(account, app.clock.now());
  await app.state.transact(({ identity }) => identity.putSettings({ ...initial, mfa: "TOTP4ALL" }));
}

interface AnyServer {
  readonly app: TestApp;
  readonly account: string;
}

type PasswordOptions = Partial<
  Pick<PasswordLogin, "client_id" | "isOnPage" | "account"> & { password: string; code: string }
>;

export function byPassword(email: string, options: PasswordOptions = {}): PasswordLogin {
  const { password = PASSWORD, code, ...rest } = options;
  return {
    client_id: "bx",
    grant_type: PASSWORD_GRANT,
    username: new Sensitive(email),
    password: new Sensitive(password),
    ...(code === undefined ? {} : { code: new Sensitive(code) }),
    ...rest,
  };
}

export const byPasscode = (passcode: Sensitive<string>, client_id = "bx"): LoginInput => ({
  client_id,
  grant_type: PASSCODE_GRANT,
  passcode,
});

export const byRefresh = (refreshToken: Sensitive<string>, client_id = "bx"): LoginInput => ({
  client_id,
  grant_type: REFRESH_GRANT,
  refreshToken,
});

export const byCookie = (cookie: Sensitive<string>): LoginInput => ({
  client_id: "default",
  grant_type: COOKIE_GRANT,
  cookie,
});

export const asProfile = (
  by: AssumeLogin["by"],
  profile: AssumeLogin["profile"],
  client_id = "bx",
): LoginInput => ({ client_id, grant_type: ASSUME_GRANT, by, profile });

export function attempt(app: IdentityApp, input: LoginInput): Promise<Performed<IssuedTokens>> {
  return app.perform(openSession, NOBODY, input);
}

export function loggedIn(app: IdentityApp, input: LoginInput): Promise<IssuedTokens> {
  return app.done(openSession, NOBODY, input);
}

/** The reason and the sentence of the refusal. */
export async function notLoggedIn(app: IdentityApp, input: LoginInput): Promise<string> {
  const performed = await attempt(app, input);
  if (performed.kind === "done") throw new Error("it was not refused");
  return `${String(performed.refusal.details["reason"])}: ${performed.refusal.message}`;
}

/** An authenticator app that has been shown the key of a user's second factor. */
export class Authenticator {
  readonly #app: IdentityApp;
  readonly secret: string;

  private constructor(app: IdentityApp, secret: string) {
    this.#app = app;
    this.secret = secret;
  }

  static async enrolled(app: IdentityApp, { user, caller }: TestUser): Promise<Authenticator> {
    const { secret } = await app.done(enrollSecondFactor, caller, { iamId: user.iamId });
    return new Authenticator(app, secret.reveal());
  }

  static async confirmed(app: IdentityApp, of: TestUser): Promise<Authenticator> {
    const authenticator = await Authenticator.enrolled(app, of);
    const input = { iamId: of.user.iamId, code: new Sensitive(authenticator.code()) };
    await app.done(confirmSecondFactor, of.caller, input);
    authenticator.wait();
    return authenticator;
  }

  code(): string {
    const secret = Secret.fromBase32(this.secret);
    return new TOTP({ secret }).generate({ timestamp: this.#app.parts.clock.now() });
  }

  /** Until it shows the next code. */
  wait(): void {
    this.#app.parts.clock.advance(30_000);
  }
}

/** Every byte that the test application has recorded. */
export function recorded(app: IdentityApp): string {
  return app.parts.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
}
