import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { nativeRoutes } from "./dialect.ts";
import { identityRoutes } from "./identity.ts";
import { openapiDocument } from "./openapi.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

// OpenAPI 3.1.0, as far as the document goes: strict, so that a misspelt key is one too many.
const schema = z.looseObject({});
const reference = z.strictObject({ $ref: z.string().startsWith("#/components/schemas/") });
const mediaTypes = z.record(
  z.string().regex(/^[\w-]+\/[\w.+-]+$/),
  z.strictObject({ schema: z.union([reference, schema]) }),
);
const response = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), z.strictObject({ description: z.string(), schema })).optional(),
  content: mediaTypes.optional(),
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z]+([A-Z][a-z]+)*$/),
  summary: z.string().min(1),
  parameters: z
    .array(
      z.discriminatedUnion("in", [
        z.strictObject({
          in: z.literal("path"),
          name: z.string(),
          required: z.literal(true),
          description: z.string().optional(),
          schema,
        }),
        z.strictObject({
          in: z.literal("query"),
          name: z.string(),
          required: z.boolean(),
          description: z.string().optional(),
          schema,
        }),
      ]),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content: mediaTypes }).optional(),
  responses: z.record(z.string().regex(/^(?:[1-5]\d\d|default)$/), response),
});
const document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    summary: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "put", "post", "delete", "patch"]), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schema),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.literal("http") })),
  }),
});

let native: NativeServer;
beforeEach(async () => (native = await openNativeServer()));
afterEach(() => native.close());

function whole(): z.infer<typeof document> {
  const { app, tails } = native;
  const authenticate = async () => ({ kind: "anonymous", refusal: null }) as const;
  const routes = nativeRoutes({ trail: app.reader, authenticate, tails, routes: identityRoutes });
  return document.parse(JSON.parse(JSON.stringify(openapiDocument(routes, "1.2.3"))));
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === "$ref" ? [String(member)] : referencesIn(member),
  );
}

describe("the OpenAPI document", () => {
  it("is one of version 3.1, public, with every route of the dialect", async () => {
    const served = await native.get("/trail/v1/openapi.json");
    expect(served.statusCode).toBe(200);
    expect(document.parse(served.json()).info.version).toBe("0.0.0");
    expect(Object.keys(whole().paths)).toEqual(
      expect.arrayContaining([
        "/trail/v1/events/{id}",
        "/trail/v1/root-key/rotate",
        "/trail/v1/users",
      ]),
    );
  });

  it("refers to nothing that is not in it", () => {
    const { components, ...rest } = whole();
    const names = Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`);
    const references = referencesIn({ components, ...rest });
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((one) => !names.includes(one))).toEqual([]);
    expect(JSON.stringify(rest)).not.toContain("$defs");
  });

  it("declares every parameter of every path, and names each operation once", () => {
    const ids: string[] = [];
    for (const [path, methods] of Object.entries(whole().paths)) {
      const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      for (const { operationId, parameters = [] } of Object.values(methods)) {
        ids.push(operationId);
        const declared = parameters.filter((one) => one.in === "path").map(({ name }) => name);
        expect([path, declared]).toEqual([path, inPath]);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says of parameters what the decoder takes: names, types, bounds, defaults", () => {
    const { parameters = [] } = whole().paths["/trail/v1/events"]?.get ?? {};
    expect(parameters.find(({ name }) => name === "limit")).toMatchObject({
      in: "query",
      required: false,
      schema: { type: "integer", minimum: 1, maximum: 1_000, default: 50 },
    });
  });
});
