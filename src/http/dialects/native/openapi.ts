/** The native API as an OpenAPI 3.1 document, made of the route table: what it says is what decodes and what answers. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { errorShape } from "./errors.ts";
import type { AnswerShape, NativeRoute, RouteDocument } from "./native-route.ts";

export const OPENAPI_VERSION = "3.1.0";
export const OPENAPI_PATH = "/trail/v1/openapi.json";

type Json = Readonly<Record<string, unknown>>;

const RECORDED_HEADERS: Json = {
  "Keytrail-Event": {
    description: "The id of the event that recorded this answer.",
    schema: { type: "string", format: "uuid" },
  },
  "Keytrail-Index": {
    description: "Where that event stands in the log.",
    schema: { type: "integer" },
  },
};

/** Public: it is the same in every installation of a version. */
export function openapiSurface(
  routes: readonly NativeRoute[],
  version: string,
): (server: FastifyInstance) => void {
  const document = openapiDocument(routes, version);
  return (server) => {
    server.get(OPENAPI_PATH, (_request, reply) =>
      reply.header("cache-control", "no-cache").send(document),
    );
  };
}

export function openapiDocument(routes: readonly NativeRoute[], version: string): Json {
  const shapes = new Shapes();
  const paths: Record<string, Json> = {};
  for (const { document } of routes) {
    const path = document.url.replaceAll(/:(\w+)/g, "{$1}").replace("*", "{path}");
    paths[path] = { ...paths[path], [document.method.toLowerCase()]: describe(document, shapes) };
  }
  return {
    openapi: OPENAPI_VERSION,
    info: {
      title: "Keytrail's native API",
      version,
      summary: "Find, follow, export and prove the events of the audit trail.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: shapes.named,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "An access token of POST /identity/token.",
        },
      },
    },
  };
}

function describe(route: RouteDocument, shapes: Shapes): Json {
  const { answer, body, params, query } = route;
  const parameters = [
    ...parametersOf(shapes.schema(params, "input"), "path"),
    ...parametersOf(shapes.schema(query, "input"), "query"),
  ];
  const content = contentOf(answer, shapes);
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: shapes.schema(body, "input") } },
          },
        }),
    responses: {
      [String(answer.status)]: {
        description: answer.description,
        headers: RECORDED_HEADERS,
        ...(Object.keys(content).length === 0 ? {} : { content }),
      },
      default: {
        description: "Refused, or out of service.",
        content: { "application/json": { schema: shapes.schema(errorShape, "output") } },
      },
    },
  };
}

function contentOf({ content }: AnswerShape, shapes: Shapes): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, shape]) => {
      const schema =
        typeof shape === "string"
          ? { type: "string", description: shape }
          : shapes.schema(shape, "output");
      return [type, { schema }];
    }),
  );
}

function parametersOf(schema: Json, where: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = schema as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    // A wildcard of the router has no name; in the document it is the rest of the path.
    name: name === "*" ? "path" : name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** JSON Schemas (2020-12, which OpenAPI 3.1 speaks); a shape with an id is kept once and referred to. */
class Shapes {
  readonly named: Record<string, unknown> = {};

  schema(shape: z.ZodType, io: "input" | "output"): Json {
    const { $schema: _, $defs = {}, ...schema } = z.toJSONSchema(shape, { io });
    for (const [name, definition] of Object.entries($defs)) {
      this.named[name] = relocated(definition);
    }
    return relocated(schema) as Json;
  }
}

/** References within a schema of its own become references within the document. */
function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated);
  if (typeof value === "string") return value.replace(/^#\/\$defs\//, "#/components/schemas/");
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, relocated(member)]));
}
