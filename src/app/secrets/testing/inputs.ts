/** Inputs that tests of secrets begin from. */
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { CreateSecretInput } from "../create-secret.ts";

export function arbitrary(name: string, value = "hunter2"): CreateSecretInput {
  return {
    name,
    secretType: "arbitrary",
    secretGroupId: "default",
    payload: { kind: "arbitrary", payload: new Sensitive(value) },
  };
}

export function login(name: string, password?: string): CreateSecretInput {
  return {
    name,
    secretType: "username_password",
    secretGroupId: "default",
    payload: {
      kind: "username_password",
      username: "scott",
      password: password === undefined ? undefined : new Sensitive(password),
    },
  };
}

export function kv(name: string, data: Readonly<Record<string, unknown>>): CreateSecretInput {
  return {
    name,
    secretType: "kv",
    secretGroupId: "default",
    payload: { kind: "kv", data: new Sensitive(data) },
  };
}

/** The value in clear, so that it can be compared. */
export function revealed(payload: Payload | null): unknown {
  switch (payload?.kind) {
    case undefined:
      return null;
    case "arbitrary":
      return payload.payload.reveal();
    case "username_password":
      return { username: payload.username, password: payload.password.reveal() };
    case "kv":
      return payload.data.reveal();
  }
}
