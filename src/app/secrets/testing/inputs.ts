/** Inputs that tests of secrets begin from. */
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { CreateSecretInput } from "../create-secret.ts";
import type { CreatedVersion, CreateVersionOutput } from "../create-version.ts";

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
  if (payload === null) return null;
  if (payload.kind === "arbitrary") return payload.payload.reveal();
  if (payload.kind === "kv") return payload.data.reveal();
  if (payload.kind === "username_password") {
    return { username: payload.username, password: payload.password.reveal() };
  }
  throw new Error(`not a plain value: ${payload.kind}`);
}

/** The version that was made; fails where it is only awaited. */
export function created(output: CreateVersionOutput): CreatedVersion {
  if (output.kind !== "created") throw new Error("the version is awaited, not made");
  return output;
}

/** The secret with the id of the version that it has; fails where it has none yet. */
export function valued<Secret extends { readonly versionId: string | null }>(
  secret: Secret,
): Secret & { readonly versionId: string } {
  if (secret.versionId === null) throw new Error("the secret has no value yet");
  return secret as Secret & { readonly versionId: string };
}
