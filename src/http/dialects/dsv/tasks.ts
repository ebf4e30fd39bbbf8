/** How what takes a while stands, by its id. */
import { readTaskStatus } from "../../../app/secrets/task-status.ts";
import type { Route } from "../../route.ts";
import { parameter } from "./fields.ts";
import { line, ok } from "./line.ts";
import { seconds } from "./metadata.ts";

export const tasksRoutes: readonly Route[] = [
  line("GET /task/status/:id", readTaskStatus, {
    about: (request) => ({ kind: "task", id: parameter(request, "id") }),
    decode: (request) => ({ id: parameter(request, "id") }),
    encode: ok(({ taskName, state, createdAt, results }) => ({
      taskName,
      state,
      createdAt: seconds(createdAt),
      results: results.reveal(),
    })),
  }),
];
