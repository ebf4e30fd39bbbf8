import { describe, expect, it } from "vitest";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import type { Payload } from "../../../../secrets/payload.ts";
import { SECRET_TYPES, type SecretType } from "../../../../secrets/secret.ts";
import { Members } from "../members.ts";
import { Blob } from "../wire-values.ts";
import { MAX_VALUE_BYTES, secretValue, valueIn } from "./secret-value.ts";

const secret = <T>(value: T): Sensitive<T> => new Sensitive(value);
const parts = { certificate: "CERT", intermediate: "CHAIN", privateKey: secret("KEY") };

const values: { readonly [Type in SecretType]: Extract<Payload, { kind: Type }> } = {
  arbitrary: { kind: "arbitrary", payload: secret<string | Uint8Array>("text") },
  username_password: { kind: "username_password", username: "scott", password: secret("tiger") },
  kv: { kind: "kv", data: secret({ a: [1, "b"] }) },
  iam_credentials: {
    kind: "iam_credentials",
    apiKey: secret("key"),
    apiKeyId: "ApiKey-1",
    serviceId: "iam-ServiceId-1",
  },
  service_credentials: {
    kind: "service_credentials",
    apiKeyId: "ApiKey-1",
    credentials: secret({ apikey: "key", iam_role_crn: "crn" }),
  },
  imported_cert: { kind: "imported_cert", ...parts },
  public_cert: { kind: "public_cert", ...parts, intermediate: null },
  private_cert: {
    kind: "private_cert",
    certificate: "CERT",
    privateKey: null,
    issuingCa: "CA",
    caChain: ["CA", "ROOT"],
    format: "pem",
  },
  custom_credentials: { kind: "custom_credentials", content: secret({ user: "u" }) },
};

const shown = (type: SecretType): unknown => {
  const { SecretString: text } = secretValue(values[type]);
  return type === "arbitrary" ? text : JSON.parse(text as string);
};

describe("a value as clients of AWS read it", () => {
  it("is the text or the bytes that were given", () => {
    expect(secretValue(values.arbitrary)).toEqual({ SecretString: "text" });
    const bytes = Uint8Array.of(255, 0);
    const payload = secret<string | Uint8Array>(bytes);
    expect(secretValue({ kind: "arbitrary", payload })).toEqual({ SecretBinary: new Blob(bytes) });
  });

  it("is JSON of its parts, of the types that have parts", () => {
    expect(Object.fromEntries(SECRET_TYPES.map((type) => [type, shown(type)]))).toEqual({
      arbitrary: "text",
      username_password: { username: "scott", password: "tiger" },
      kv: { a: [1, "b"] },
      iam_credentials: { apikey: "key", api_key_id: "ApiKey-1", service_id: expect.any(String) },
      service_credentials: { apikey: "key", iam_role_crn: "crn" },
      imported_cert: { certificate: "CERT", intermediate: "CHAIN", private_key: "KEY" },
      public_cert: { certificate: "CERT", private_key: "KEY" },
      private_cert: { certificate: "CERT", issuing_ca: "CA", ca_chain: ["CA", "ROOT"] },
      custom_credentials: { user: "u" },
    });
  });
});

describe("a value as clients of AWS give it", () => {
  const given = (members: object) => valueIn(new Members({ ...members }))?.reveal();
  const refusal = (members: object): string => {
    try {
      given(members);
      return "none";
    } catch (error) {
      return error instanceof Refusal ? String(error.details["reason"]) : "not a refusal";
    }
  };

  it("is a text, or bytes, or nothing", () => {
    expect(given({ SecretString: "x" })).toBe("x");
    expect(given({ SecretBinary: "/wA=" })).toEqual(Buffer.of(255, 0));
    expect(given({})).toBeUndefined();
  });

  it("is refused where it is both, empty, or too long in bytes, and never quoted", () => {
    expect(refusal({ SecretString: "x", SecretBinary: "eA==" })).toBe("two-values");
    expect(refusal({ SecretString: "" })).toBe("constraint");
    expect(refusal({ SecretString: "é".repeat(MAX_VALUE_BYTES / 2) })).toBe("none");
    expect(refusal({ SecretString: "é".repeat(MAX_VALUE_BYTES / 2 + 1) })).toBe("constraint");
    expect(refusal({ SecretBinary: "no base64!" })).toBe("mistyped-member");
  });
});
