/**
 * The form of every body of version 1: `metadata` that says what kind of things there are and how many, and the things
 * themselves in `resources`.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../../kernel/errors.ts";
import { bodyOf, read } from "../body.ts";
import { jsonObject } from "../fields.ts";

const COLLECTION_TYPES = {
  secret: "secret",
  version: "secret.version",
  group: "secret.group",
  lock: "secret.lock",
  policy: "secret.policy",
  config: "config",
  error: "error",
} as const;

export type CollectionKind = keyof typeof COLLECTION_TYPES;
export type Resource = Readonly<Record<string, unknown>>;

const collection = z.strictObject({
  metadata: jsonObject.optional(),
  resources: z.array(jsonObject),
});

/** The media type of the things of a collection, by which version 1 also calls each one's `type`. */
export function mediaTypeOf(kind: CollectionKind): string {
  return `application/vnd.ibm.secrets-manager.${COLLECTION_TYPES[kind]}+json`;
}

export function collectionOf(kind: CollectionKind, resources: readonly object[]): object {
  return {
    metadata: { collection_type: mediaTypeOf(kind), collection_total: resources.length },
    resources,
  };
}

/** What a request brings: a collection of one. Its own `type`, which the path tells already, is left out. */
export function resourceIn(request: FastifyRequest): Resource {
  const { resources } = read(collection, bodyOf(request));
  const [resource] = resources;
  if (!resource || resources.length > 1) {
    throw new Refusal("invalid_request", "A call of version 1 brings exactly one resource.", {
      field: "resources",
    });
  }
  const { type: _mediaType, ...rest } = resource;
  return rest;
}
