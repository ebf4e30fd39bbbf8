/** Routes of instances: make one in a region, see which there are, rename one, delete one that is empty. */
import { z } from "zod";
import { createInstance } from "../../../app/instances/create-instance.ts";
import { deleteInstance } from "../../../app/instances/delete-instance.ts";
import type { InstanceView } from "../../../app/instances/find.ts";
import { listInstances, readInstance } from "../../../app/instances/read-instances.ts";
import { renameInstance, renameInstanceInput } from "../../../app/instances/rename-instance.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { isUuid } from "../../../kernel/ids.ts";
import type { About } from "../../route.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const INSTANCES = "/trail/v1/instances";
const INSTANCE = `${INSTANCES}/:id`;

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;

const text = z.string().max(MAX_TEXT_CHARS);

const path = z.strictObject({
  id: text
    .refine(isUuid, { error: "it is not of the form UUID" })
    .transform((id) => id.toLowerCase())
    .meta({ description: "UUID" }),
});
const newInstance = z.strictObject({
  name: text,
  region: text.meta({ description: "One of the regions in which there may be instances." }),
});
const changedInstance = z.strictObject({ name: text });

const instanceShape = z
  .strictObject({
    id: z.string(),
    crn: z.string().meta({ description: "`app:{crn}` finds all of its events." }),
    name: z.string(),
    region: z.string(),
    created_at: z.iso.datetime({ offset: true }),
  })
  .meta({ id: "Instance" });

const regionShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    geography: z.string(),
    events: z.boolean().meta({
      description: "Whether events are sent in it; one that sends none takes no instance.",
    }),
  })
  .meta({ id: "Region" });

const about: About = ({ params }) => {
  const parsed = path.safeParse(params);
  return parsed.success ? { kind: "instance", id: parsed.data.id } : null;
};

export const instanceRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: INSTANCES,
    operationId: "createInstance",
    summary: "Make an instance of Secrets Manager in a region.",
    operation: createInstance,
    body: newInstance,
    answer: answered(201, "The instance.", instanceShape),
    decode: ({ body }) => body,
    encode: (instance) => ({ status: 201, body: instanceBody(instance) }),
  }),
  nativeRoute({
    method: "GET",
    url: INSTANCES,
    operationId: "listInstances",
    summary:
      "List the instances of the account that the caller may see, and the regions there are.",
    operation: listInstances,
    answer: answered(
      200,
      "All of them, the first one first: it is what a plain address leads to.",
      z.strictObject({
        instances: z.array(instanceShape),
        total_count: z.int(),
        regions: z.array(regionShape),
      }),
    ),
    decode: () => ({}),
    encode: ({ instances, totalCount, regions }) => ({
      status: 200,
      body: { instances: instances.map(instanceBody), total_count: totalCount, regions },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: INSTANCE,
    operationId: "readInstance",
    summary: "Look at an instance.",
    operation: readInstance,
    params: path,
    answer: answered(200, "The instance.", instanceShape),
    about,
    decode: ({ params }) => params,
    encode: (instance) => ({ status: 200, body: instanceBody(instance) }),
  }),
  nativeRoute({
    method: "PATCH",
    url: INSTANCE,
    operationId: "updateInstance",
    summary: "Give an instance another name.",
    operation: renameInstance,
    params: path,
    body: changedInstance,
    answer: answered(200, "The instance.", instanceShape),
    about,
    decode: ({ params: { id }, body: { name } }) => renameInstanceInput(id, name),
    encode: (instance) => ({ status: 200, body: instanceBody(instance) }),
  }),
  nativeRoute({
    method: "DELETE",
    url: INSTANCE,
    operationId: "deleteInstance",
    summary: "Delete an instance that nothing is left in; its events stay.",
    operation: deleteInstance,
    params: path,
    answer: { status: 204, description: "It is gone.", content: {} },
    about,
    decode: ({ params }) => params,
    encode: () => ({ status: 204 }),
  }),
];

function answered(status: number, description: string, shape: z.ZodObject): AnswerShape {
  return { status, description, content: { "application/json": shape } };
}

function instanceBody(instance: InstanceView): z.input<typeof instanceShape> {
  const { id, crn, name, region, createdAt } = instance;
  return { id, crn, name, region, created_at: toRfc3339(createdAt) };
}
