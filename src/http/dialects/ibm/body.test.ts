import type { FastifyRequest } from "fastify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../../kernel/errors.ts";
import { MAX_LOCKS } from "../../../secrets/lock.ts";
import { bodyOf } from "./body.ts";
import { decodeNewGroup } from "./decode-groups.ts";
import { decodeNewSecretLocks } from "./decode-locks.ts";
import { decodeNewSecret, decodeSecretPatch } from "./decode-secrets.ts";
import { decodeNewVersion } from "./decode-versions.ts";

const ID = "0b5571f7-21e6-42b7-91c5-3f5ac9793a46";

/** As much of a request as decoders read. */
function requestWith(body: unknown, contentType = "application/json"): FastifyRequest {
  return {
    headers: { "content-type": contentType },
    params: { id: ID },
    query: {},
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  } as unknown as FastifyRequest;
}

function refusalOf(decode: () => unknown): Refusal {
  try {
    decode();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const secret = { name: "db", secret_type: "arbitrary", payload: "value" };

const ARBITRARY_FIELDS =
  "secret_type, name, description, secret_group_id, labels, custom_metadata, version_custom_metadata, payload, expiration_date";
const KV_FIELDS =
  "secret_type, name, description, secret_group_id, labels, custom_metadata, version_custom_metadata, data";

/** The name of the field is the caller's own and is not repeated. */
const unknownField = (known: string): string =>
  `The request body has a field that is not known here; those that are: ${known}.`;

describe("a body", () => {
  it.each([
    [{ ...secret, ttl: 1 }, unknownField(ARBITRARY_FIELDS)],
    [{ ...secret, ttl: 1, more: 2 }, unknownField(ARBITRARY_FIELDS)],
    [{ secret_type: "kv", data: {} }, "The field name is missing."],
    [{ ...secret, labels: "dev" }, "The field labels must be a list."],
    [{ ...secret, labels: ["a", 7] }, "The field labels.1 must be a string."],
    [{ ...secret, payload: 7 }, "The field payload must be a string."],
    [{ ...secret, description: null }, "The field description must be a string."],
    [{ ...secret, custom_metadata: [] }, "The field custom_metadata must be an object."],
    [{ ...secret, "no such\nfield": 1 }, unknownField(ARBITRARY_FIELDS)],
    [{ ...secret, secret_type: "kv", data: {} }, unknownField(KV_FIELDS)],
    [
      { ...secret, secret_type: "toString" },
      "The secret types are arbitrary, username_password, kv, iam_credentials, service_credentials, imported_cert, public_cert, private_cert, custom_credentials.",
    ],
    [
      {
        name: "u",
        secret_type: "username_password",
        username: "u",
        rotation: { auto_rotate: true, interval: 1, unit: "week" },
      },
      "The field rotation.unit must be hour or day or month.",
    ],
    [
      {
        name: "u",
        secret_type: "username_password",
        username: "u",
        rotation: { auto_rotate: true, interval: 1.5, unit: "day" },
      },
      "The field rotation.interval must be a whole number.",
    ],
    [
      {
        name: "u",
        secret_type: "username_password",
        username: "u",
        rotation: { auto_rotate: true, interval: 1 },
      },
      "A rotation on time needs an interval and a unit.",
    ],
  ])("is refused by the field that is wrong: %j", (body, sentence) => {
    const refusal = refusalOf(() => decodeNewSecret(requestWith(body)));
    expect([refusal.code, refusal.message]).toEqual(["invalid_request", sentence]);
  });

  it("is read by its media type, with or without parameters", () => {
    expect(bodyOf(requestWith({ a: 1 }, "Application/JSON; charset=utf-8"))).toEqual({ a: 1 });
    for (const type of ["text/plain", "", "application/merge-patch+json", "application/jsonp"]) {
      expect(refusalOf(() => bodyOf(requestWith({}, type))).code).toBe("unsupported_media_type");
    }
    const patch = requestWith({ name: "other" }, "application/merge-patch+json");
    expect(decodeSecretPatch(patch)).toEqual({
      id: ID,
      patch: { name: "other" },
      changes: ["name"],
    });
  });

  it("names the item of a list in which something is missing, and bounds lists", () => {
    const unnamed = { locks: [{ name: "a1" }, { description: "x" }] };
    expect(refusalOf(() => decodeNewSecretLocks(requestWith(unnamed))).message).toBe(
      "The field locks.1.name is missing.",
    );
    const many = { locks: Array.from({ length: MAX_LOCKS + 1 }, (_, i) => ({ name: `l${i}` })) };
    expect(refusalOf(() => decodeNewSecretLocks(requestWith(many))).message).toBe(
      "The field locks has more than 1000 items.",
    );
  });

  it("gives a version one value at most", () => {
    const refusal = refusalOf(() => decodeNewVersion(requestWith({ payload: "a", password: "b" })));
    expect(refusal.message).toBe(
      "A version has one value: give one of payload, password, data, certificate, csr and rotation.",
    );
  });

  it("is never quoted in a refusal, whatever it says", () => {
    const canary = "c4n4ry-5f1d";
    const decoders = [
      decodeNewSecret,
      decodeSecretPatch,
      decodeNewVersion,
      decodeNewGroup,
      decodeNewSecretLocks,
    ];
    const value = fc.oneof(
      fc.constant(canary),
      fc.constant([canary]),
      fc.constant({ nested: canary }),
      fc.constant([[{ name: canary, attributes: canary }]]),
    );
    const fields = [
      "name",
      "secret_type",
      "payload",
      "password",
      "data",
      "labels",
      "locks",
      "rotation",
    ];
    const body = fc.dictionary(fc.constantFrom(...fields), value);
    fc.assert(
      fc.property(body, fc.constantFrom(...decoders), (given, decode) => {
        try {
          decode(requestWith(given));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          const { message, details } = error as Refusal;
          expect(message + JSON.stringify(details)).not.toContain(canary);
        }
      }),
    );
  });
});
