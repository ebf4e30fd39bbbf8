/** What is done with secrets by path or id: the same in the vault of all and in the homes. */
import type { FastifyRequest } from "fastify";
import { createSecret } from "../../../app/secrets/create-secret.ts";
import { readCountedVersion } from "../../../app/secrets/counted-version.ts";
import { fullAsChanged, fullAsRead } from "../../../app/secrets/full-secret.ts";
import { getValue } from "../../../app/secrets/get-value.ts";
import { listPaths } from "../../../app/secrets/list-paths.ts";
import { readSecretMetadata } from "../../../app/secrets/read-secret-metadata.ts";
import { restoreSecret } from "../../../app/secrets/restore-secret.ts";
import { rollBackSecret } from "../../../app/secrets/roll-back-secret.ts";
import {
  scheduleDeletion,
  type ScheduleDeletionOutput,
} from "../../../app/secrets/schedule-deletion.ts";
import { searchSecrets } from "../../../app/secrets/search-secrets.ts";
import { changeWith, readWith } from "../../../app/secrets/then-show.ts";
import { updateSecret } from "../../../app/secrets/update-secret.ts";
import { RECOVERY_MS } from "../../../items/item.ts";
import type { Answer, Route } from "../../route.ts";
import { created, empty, line, ok } from "./line.ts";
import { envelope } from "./lists.ts";
import { willBeRemoved } from "./metadata.ts";
import {
  aboutSecret as about,
  calledSecret,
  calledVersion,
  change,
  creation,
  deletion,
  hasId,
  pathsAsked,
  search,
  searchAsked,
} from "./secret-input.ts";
import { described, pathOf, withData } from "./secret-shapes.ts";
import { tailed, tailOf } from "./tails.ts";

type Base = "secrets" | "home/:principal";

/** `base` is where they are. By an id they are called without a path. */
export function secretLines(base: Base): readonly Route[] {
  const at = `/${base}/*` as const;
  const { read, searching } = readLines(base);
  const create = line(`POST ${at}`, changeWith(createSecret, fullAsChanged), {
    decode: creation,
    encode: created(({ full, payload }) => withData(full, payload)),
    about,
  });
  const update = line(`PUT ${at}`, changeWith(updateSecret, fullAsChanged), {
    decode: change,
    encode: ok(({ full, payload = null }) => withData(full, payload)),
    about,
  });
  const rollback = line(`PUT ${at}`, changeWith(rollBackSecret, fullAsChanged), {
    decode: calledVersion,
    encode: ok(({ full }) => described(full)),
    about,
  });
  const remove = line(`DELETE ${at}`, scheduleDeletion, {
    decode: (request) => ({ ...deletion(request), recoveryMs: RECOVERY_MS }),
    encode: deleted,
    about,
  });
  const reading = tailed("GET", base, { ...read, restore: restoring("GET", at) });
  const searchedOr = (request: FastifyRequest, other: Route) =>
    tailOf(request).path === "" && tailOf(request).ending === null && !hasId(request)
      ? searching
      : (other.chosenBy?.(request) ?? other);
  const unnamed = (route: Route): Route => ({ ...route, url: `/v1/${base}` });
  return [
    { ...reading, chosenBy: (request) => searchedOr(request, reading) },
    { ...searching, chosenBy: (request) => searchedOr(request, read[""]) },
    tailed("POST", base, { "": create }),
    tailed("PUT", base, { "": update, rollback, restore: restoring("PUT", at) }),
    unnamed(update),
    tailed("DELETE", base, { "": remove }),
    unnamed(remove),
  ];
}

function readLines(base: Base) {
  const at = `/${base}/*` as const;
  const searching = line(`GET /${base}`, searchSecrets, {
    decode: search,
    encode: ok(({ secrets, totalCount: total }, request) => {
      const data = secrets.map((secret) => described(secret));
      return envelope({ data, total }, searchAsked(request));
    }),
  });
  const read = {
    "": line(`GET ${at}`, readWith(getValue, fullAsRead), {
      decode: calledSecret,
      encode: ok(({ full, payload }) => withData(full, payload)),
      about,
    }),
    description: line(`GET ${at}`, readWith(readSecretMetadata, fullAsRead), {
      decode: calledSecret,
      encode: ok(({ full }) => described(full)),
      about,
    }),
    listpaths: line(`GET ${at}`, listPaths, {
      decode: pathsAsked,
      encode: ok(({ names, place }) => ({ data: names.map((name) => pathOf({ name, place })) })),
      about,
    }),
    version: line(`GET ${at}`, readWith(readCountedVersion, fullAsRead), {
      decode: calledVersion,
      encode: ok(({ full, values }) => ({
        data: values.map(({ number, payload }) => withData(full, payload, number)),
      })),
      about,
    }),
  };
  return { searching, read };
}

/** DSV's clients restore by PUT, its documents say GET; the tables of both have a line for it. */
function restoring(method: "GET" | "PUT", at: `/${string}`): Route {
  return line(`${method} ${at}`, restoreSecret, {
    decode: calledSecret,
    encode: empty(200),
    about,
  });
}

function deleted({ name, place, dueAt, versionsDeleted }: ScheduleDeletionOutput): Answer {
  if (versionsDeleted !== undefined) return { status: 204 };
  return { status: 200, body: willBeRemoved(`secret ${pathOf({ name, place })}`, dueAt) };
}
