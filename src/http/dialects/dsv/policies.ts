/** Policy documents. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { rollBackDocument, updatePolicyDocument } from "../../../app/documents/change-document.ts";
import {
  createPolicyDocument,
  listPolicyDocuments,
  readDocumentVersion,
  readPolicyDocument,
  type DocumentVersion,
} from "../../../app/documents/policy-documents.ts";
import {
  deletePolicyDocument,
  restorePolicyDocument,
  type DeletedDocument,
} from "../../../app/documents/remove-document.ts";
import { POLICY_DOCUMENT, type PolicyDocument } from "../../../identity/documents/document.ts";
import { documentPath, documentPathIn } from "../../../identity/documents/path.ts";
import type { Item } from "../../../items/item.ts";
import type { About, Answer, Route } from "../../route.ts";
import { permissionBodies, policyIn, serialization } from "./document-shapes.ts";
import { bodyAs, flag, queryAs, versionParameter } from "./fields.ts";
import { created, empty, line, ok } from "./line.ts";
import { askedOf, envelope } from "./lists.ts";
import { metadata, metadataOf, willBeRemoved } from "./metadata.ts";
import { tailed, tailOf } from "./tails.ts";

const BASE = "config/policies";
const AT = "/config/policies/*";

const written = {
  policy: z.unknown().optional(),
  permissionDocument: z.unknown().optional(),
  serialization,
};
const newPolicy = z.object({ path: z.string(), ...written });
const nextPolicy = z.object({ path: z.string().optional(), ...written });
const deletion = z.object({ force: flag.optional() });

const pathOf = (request: FastifyRequest): string => documentPath(tailOf(request).path);

const atPath = (request: FastifyRequest) => ({ path: pathOf(request) });

const atVersion = (request: FastifyRequest) => ({
  path: pathOf(request),
  version: versionParameter(tailOf(request).version),
});

/** What is asked for is recorded by its path, also where nothing is there, and whoever asks. */
const about: About = (request) => {
  const name = documentPathIn(tailOf(request).path);
  return { kind: POLICY_DOCUMENT.name, id: "", ...(name === undefined ? {} : { name }) };
};

function policyBody(item: Item<PolicyDocument>): object {
  const { name: path, content } = item;
  return { ...metadataOf(item), path, permissionDocument: permissionBodies(content) };
}

function versionBody({ item, at }: DocumentVersion): object {
  const { version, content, at: modifiedAt, by: modifiedBy } = at;
  return {
    ...metadata({ ...item, version, modifiedAt, modifiedBy }),
    path: item.name,
    permissionDocument: permissionBodies(content),
  };
}

function deletedAnswer({ due }: DeletedDocument): Answer {
  return due === null ? { status: 204 } : { status: 200, body: willBeRemoved("policy", due) };
}

const create = line("POST /config/policies", createPolicyDocument, {
  decode(request) {
    const body = bodyAs(newPolicy, request);
    const path = documentPath(body.path);
    return { path, permissionDocument: policyIn(body, path).permissionDocument };
  },
  encode: created(policyBody),
});

const list = line("GET /config/policies", listPolicyDocuments, {
  decode: (request) => askedOf(request),
  encode: ok(({ items, totalCount: total }, request) =>
    envelope({ data: items.map(policyBody), total }, askedOf(request)),
  ),
});

const read = line(`GET ${AT}`, readPolicyDocument, {
  decode: atPath,
  encode: ok(policyBody),
  about,
});

const update = line(`PUT ${AT}`, updatePolicyDocument, {
  decode(request) {
    const path = pathOf(request);
    return { path, ...policyIn(bodyAs(nextPolicy, request), path) };
  },
  encode: ok(policyBody),
  about,
});

const restore = line(`PUT ${AT}`, restorePolicyDocument, {
  decode: atPath,
  encode: empty(200),
  about,
});

export const policiesRoutes: readonly Route[] = [
  create,
  list,
  tailed("GET", BASE, {
    "": read,
    version: line(`GET ${AT}`, readDocumentVersion, {
      decode: atVersion,
      encode: ok(versionBody),
      about,
    }),
    restore,
  }),
  tailed("PUT", BASE, {
    "": update,
    rollback: line(`PUT ${AT}`, rollBackDocument, {
      decode: atVersion,
      encode: ok(policyBody),
      about,
    }),
    restore,
  }),
  tailed("DELETE", BASE, {
    "": line(`DELETE ${AT}`, deletePolicyDocument, {
      decode: (request) => ({
        path: pathOf(request),
        force: queryAs(deletion, request).force ?? false,
      }),
      encode: deletedAnswer,
      about,
    }),
  }),
];
