/**
 * Encryption as a service. What is encrypted and decrypted comes in a body (DSV's command line) or in the query (DSV's
 * specification); keys are called by paths, `/` or `:` between their parts.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { decrypt, encrypt, rotateData } from "../../../app/encryption/data.ts";
import {
  createKey,
  deleteKey,
  deleteManualKey,
  readKey,
  readManualKey,
  restoreKey,
  restoreManualKey,
} from "../../../app/encryption/keys.ts";
import {
  createManualKey,
  updateManualKey,
  type BroughtKeyInput,
} from "../../../app/encryption/manual-keys.ts";
import { ENCRYPTION_KEY, type KeyItem } from "../../../encryption/key.ts";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../../kernel/bytes.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About, Route } from "../../route.ts";
import { bodyAs, flag, queryAs, read, wholeNumber } from "./fields.ts";
import { created, empty, line, ok } from "./line.ts";
import { metadataOf } from "./metadata.ts";
import { joined, tailed, tailOf, withColons } from "./tails.ts";

const SYMMETRIC = "symmetric";

const text = z.string();
const toEncrypt = asked({
  path: text,
  // What is no text has no UTF-8 that it could be had back from.
  plaintext: text.refine((written) => written.isWellFormed()),
  version: wholeNumber.optional(),
});
const toDecrypt = asked({ path: text, ciphertext: text, version: wholeNumber.optional() });
const toRotate = asked({
  path: text,
  ciphertext: text,
  startingVersion: wholeNumber.optional(),
  endingVersion: wholeNumber.optional(),
});
const newKey = z.object({
  scheme: z.string().toLowerCase().pipe(z.literal(SYMMETRIC)),
  privateKey: z.string(),
  nonce: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
/** What a key is for does not change with its value. */
const nextKey = newKey.partial({ scheme: true });

const about: About = (request) => ({
  kind: ENCRYPTION_KEY.name,
  id: withColons(tailOf(request).path),
});
const calledInPath = (request: FastifyRequest) => ({ path: tailOf(request).path });

const forced = z.object({ force: flag.default(false) });
const deletion = {
  about,
  decode: (request: FastifyRequest) => ({
    ...calledInPath(request),
    force: queryAs(forced, request).force,
  }),
  encode: empty(204),
};
const restoration = { about, decode: calledInPath, encode: empty(204) };
const reading = { about, decode: calledInPath };

const keyLines: readonly Route[] = [
  tailed("POST", "crypto/key", {
    "": line("POST /crypto/key/*", createKey, { ...reading, encode: created(shownKey) }),
  }),
  tailed("GET", "crypto/key", {
    "": line("GET /crypto/key/*", readKey, { ...reading, encode: ok(shownKey) }),
    restore: line("GET /crypto/key/*", restoreKey, restoration),
  }),
  tailed("PUT", "crypto/key", {
    restore: line("PUT /crypto/key/*", restoreKey, restoration),
  }),
  tailed("DELETE", "crypto/key", {
    "": line("DELETE /crypto/key/*", deleteKey, deletion),
  }),
];

const manualKeyLines: readonly Route[] = [
  tailed("POST", "crypto/manual/key", {
    "": line("POST /crypto/manual/key/*", createManualKey, {
      about,
      decode: (request) => broughtKey(bodyAs(newKey, request), request),
      encode: created(shownManualKey),
    }),
  }),
  tailed("GET", "crypto/manual/key", {
    "": line("GET /crypto/manual/key/*", readManualKey, {
      ...reading,
      encode: ok(shownManualKey),
    }),
    restore: line("GET /crypto/manual/key/*", restoreManualKey, restoration),
  }),
  tailed("PUT", "crypto/manual/key", {
    "": line("PUT /crypto/manual/key/*", updateManualKey, {
      about,
      decode: (request) => broughtKey(bodyAs(nextKey, request), request),
      encode: ok(shownManualKey),
    }),
    restore: line("PUT /crypto/manual/key/*", restoreManualKey, restoration),
  }),
  tailed("DELETE", "crypto/manual/key", {
    "": line("DELETE /crypto/manual/key/*", deleteManualKey, deletion),
  }),
];

const dataLines: readonly Route[] = ["/crypto", "/crypto/manual"].flatMap((base) => [
  line(`POST ${base}/encrypt` as `POST /${string}`, encrypt, {
    decode(request) {
      const { path, version, plaintext } = toEncrypt(request);
      return { path: joined(path), version, plaintext: new Sensitive(utf8(plaintext)) };
    },
    encode: ok(({ path, version, ciphertext }) => ({
      ciphertext: toBase64(ciphertext.reveal()),
      path: withColons(path),
      version: String(version),
    })),
  }),
  line(`POST ${base}/decrypt` as `POST /${string}`, decrypt, {
    decode(request) {
      const { path, version, ciphertext } = toDecrypt(request);
      return { path: joined(path), version, ciphertext: inBase64(ciphertext) };
    },
    encode: ok(({ path, version, plaintext }) => ({
      data: fromUtf8(plaintext.reveal()),
      path: withColons(path),
      version: String(version),
    })),
  }),
]);

const rotation = line("POST /crypto/rotate", rotateData, {
  decode(request) {
    const { path, ciphertext, ...versions } = toRotate(request);
    return { path: joined(path), ...versions, ciphertext: inBase64(ciphertext) };
  },
  encode: created(({ path, ciphertext, version, startingVersion, endingVersion }) => ({
    ciphertext: toBase64(ciphertext.reveal()),
    path: withColons(path),
    version: String(version),
    startingVersion: String(startingVersion),
    endingVersion: String(endingVersion),
  })),
});

export const cryptoRoutes: readonly Route[] = [
  ...keyLines,
  ...manualKeyLines,
  ...dataLines,
  rotation,
];

/** Reads them from the body, the query, or in part from each. */
function asked<Shape extends z.ZodRawShape>(shape: Shape) {
  const schema = z.object(shape);
  const anything = Object.keys(shape).map((name) => [name, z.unknown().optional()]);
  const either = z.object(Object.fromEntries(anything) as Record<string, z.ZodOptional>);
  return (request: FastifyRequest): z.infer<typeof schema> =>
    read(schema, { ...queryAs(either, request), ...bodyAs(either, request) });
}

/** A plus sign that nobody has written as `%2B` comes out of a query as a space. */
function inBase64(written: string): Sensitive<Uint8Array> {
  const bytes = fromBase64(written.replaceAll(" ", "+"));
  // In no Base64 there is nothing: it decrypts with no key.
  return new Sensitive(bytes ?? new Uint8Array());
}

function broughtKey(
  { privateKey, nonce, metadata }: z.infer<typeof nextKey>,
  request: FastifyRequest,
): BroughtKeyInput {
  const value = fromBase64(privateKey);
  if (!value) {
    const sentence = "The field privateKey is a key in Base64.";
    throw new Refusal("invalid_request", sentence, { field: "privateKey" });
  }
  return { ...calledInPath(request), value: new Sensitive(value), nonce, metadata };
}

function shownKey(key: KeyItem): object {
  return { path: withColons(key.name), ...metadataOf(key) };
}

/** As DSV shows a secret; the key itself is no part of it. */
function shownManualKey(key: KeyItem): object {
  const { nonce, metadata } = key.content;
  const data = {
    scheme: SYMMETRIC,
    ...(nonce === null ? {} : { nonce }),
    ...(metadata === null ? {} : { metadata }),
  };
  return { ...shownKey(key), attributes: {}, data, description: "" };
}
