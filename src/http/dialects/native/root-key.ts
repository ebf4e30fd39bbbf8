/** Routes of the root key: rotate it, and see how far that has come. */
import { z } from "zod";
import { readRootKey } from "../../../app/read-root-key.ts";
import { rotateRootKey } from "../../../app/rotate-root-key.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";

const count = z.int().nonnegative();

export const rootKeyRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: "/trail/v1/root-key",
    operationId: "readRootKey",
    summary: "See which root key is in use and how many data keys a rotation has yet to seal anew.",
    operation: readRootKey,
    answer: {
      status: 200,
      description: "The root key, by its id.",
      content: {
        "application/json": z
          .strictObject({ key_id: z.string(), remaining: count })
          .meta({ id: "RootKey" }),
      },
    },
    decode: () => ({}),
    encode: ({ keyId, remaining }) => ({ status: 200, body: { key_id: keyId, remaining } }),
  }),
  nativeRoute({
    method: "POST",
    url: "/trail/v1/root-key/rotate",
    operationId: "rotateRootKey",
    summary: "Begin a rotation of the root key; operations run on while data keys are sealed anew.",
    operation: rotateRootKey,
    answer: {
      status: 202,
      description: "The rotation has begun.",
      content: {
        "application/json": z
          .strictObject({ key_id: z.string(), previous_key_id: z.string(), data_keys: count })
          .meta({ id: "RootKeyRotation" }),
      },
    },
    decode: () => ({}),
    encode: ({ keyId, previousKeyId, dataKeys }) => ({
      status: 202,
      body: { key_id: keyId, previous_key_id: previousKeyId, data_keys: dataKeys },
    }),
  }),
];
