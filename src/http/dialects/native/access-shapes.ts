/** What the questions about access and exposure take and give, as schemas, and their answers in that form. */
import { z } from "zod";
import { MAX_TARGET_CHARS } from "../../../app/access/access-target.ts";
import type { DisclosingEvent } from "../../../app/access/disclosures.ts";
import type { Exposed, Exposure } from "../../../app/access/exposure.ts";
import type { AccessPath, Via } from "../../../app/access/grants-giving.ts";
import { MAX_OPERATION_CHARS } from "../../../app/access/operation-names.ts";
import type { Said } from "../../../app/access/secret-policy.ts";
import type { IdentityWithAccess, WhoCan } from "../../../app/access/who-can.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { asked } from "./event-shapes.ts";

export const accessQuery = z.strictObject({
  operation: z
    .string()
    .min(1)
    .max(MAX_OPERATION_CHARS)
    .meta({
      description: "The operation, in any vocabulary.",
      examples: ["secret.read", "secrets-manager.secret.read", "GetSecretValue"],
    }),
  target: z.string().min(1).max(MAX_TARGET_CHARS).optional().meta({
    description: "An id or a CRN of what it would be done to; without it, the account as a whole.",
  }),
});

export const exposureQuery = z.strictObject({
  secret: z.uuid().meta({ description: "The secret's id; it may have been deleted since." }),
  version: z.uuid().optional().meta({ description: "Of this version's value only." }),
  since: asked.from,
});

const time = z.iso.datetime();
const conditions = z.array(
  z.strictObject({ claim: z.string(), operator: z.string(), value: z.string() }),
);
const operations = z.array(z.string());

/** A statement of a secret's policy, as it bears on an identity. */
const statementShape = {
  statement: z.int().meta({ description: "Its number in the policy, from 1." }),
  sid: z.string().nullable(),
  conditional: z.boolean().meta({
    description: "It has conditions: whether they are met is seen call by call.",
  }),
  session: z.string().nullable().meta({ description: "In sessions of this name only." }),
};

const viaShape = z
  .strictObject({
    group_id: z.string(),
    name: z.string(),
    membership: z.enum(["static", "dynamic", "public"]),
    until: time.nullable(),
  })
  .meta({ description: "The access group by which it has the policy." });

const pathShape = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("policy"),
    operations,
    policy_id: z.string(),
    roles: z.array(z.string()),
    resource: z.strictObject({
      service: z.string().optional(),
      region: z.string().optional(),
      instance: z.string().optional(),
      secret_group: z.string().optional(),
    }),
    via: viaShape.nullable(),
  }),
  z.strictObject({ kind: z.literal("own-matter"), operations }),
  z.strictObject({ kind: z.literal("setting"), operations, setting: z.string() }),
  z.strictObject({ kind: z.literal("resource-policy"), operations, ...statementShape }),
  z.strictObject({
    kind: z.literal("document"),
    operations,
    document: z.string().meta({ description: "The path of the policy document." }),
    permission_id: z.string(),
    conditional: z.boolean().meta({ description: "From some addresses only." }),
    via: viaShape.nullable(),
  }),
  z.strictObject({ kind: z.literal("owner"), operations }),
]);

export const accessAnswer = z
  .strictObject({
    operations,
    target: z.strictObject({ kind: z.string(), crn: z.string(), name: z.string() }),
    secret_policy: z
      .strictObject({
        statements: z.int(),
        outsiders: z.array(z.string()).meta({
          description: "Whom it lets in of other accounts, if those do; * for everybody.",
        }),
      })
      .nullable()
      .meta({ description: "Of a secret that has a policy of its own." }),
    identities: z.array(
      z.strictObject({
        iam_id: z.string(),
        kind: z.enum(["user", "serviceid", "profile"]),
        name: z.string(),
        state: z.enum(["active", "disabled"]),
        can_log_in: z.boolean().meta({
          description:
            "Whether it has anything to log in with; a trusted profile, whether anyone could act as it.",
        }),
        paths: z.array(pathShape),
        limits: z
          .array(z.strictObject({ operations, ...statementShape }))
          .meta({ description: "What keeps it from it sometimes, by the secret's policy." }),
        document_limits: z
          .array(
            z.strictObject({
              operations,
              document: z.string(),
              permission_id: z.string(),
              conditional: z.boolean(),
              partial: z.boolean().meta({ description: "Of a part of the target." }),
            }),
          )
          .meta({ description: "What keeps it from it sometimes, by policy documents." }),
        applied_by: z
          .strictObject({
            identities: z.array(z.strictObject({ type: z.string(), id: z.string() })),
            rules: z.array(
              z.strictObject({ name: z.string(), realm_name: z.string(), conditions }),
            ),
          })
          .nullable()
          .meta({ description: "Of a trusted profile: who may act as it." }),
      }),
    ),
    at_login: z
      .array(
        z.strictObject({
          group_id: z.string(),
          group_name: z.string(),
          rule_id: z.string(),
          realm_name: z.string(),
          conditions,
        }),
      )
      .meta({ description: "Rules by which a federated login would join a group that may do it." }),
    total_count: z.int(),
    truncated: z.boolean(),
  })
  .meta({ id: "Access" });

const remaining = z.enum(["active", "disabled", "deleted"]);

const exposedShape = z.strictObject({
  iam_id: z.string(),
  name: z.string(),
  type: z.string(),
  applied_by: z
    .strictObject({ iam_id: z.string(), name: z.string(), state: remaining.nullable() })
    .nullable()
    .meta({
      description: "Of a trusted profile: who acted as it.",
    }),
  state: remaining.nullable(),
  has_access: z.boolean().meta({ description: "Whether it could read the value again now." }),
  generated: z.boolean().meta({
    description: "Whether the server made the value on schedule and showed it to nobody.",
  }),
  count: z.int(),
  first: time,
  last: time,
  addresses: z.array(z.string()),
  agents: z.array(z.string()),
  dialects: z.array(z.string()),
  versions: z.array(z.string()),
  events: z.array(
    z.strictObject({
      id: z.string(),
      index: z.int(),
      time,
      version: z.string().nullable(),
      receipt: z.string().meta({ description: "Where to get the proof of it." }),
    }),
  ),
});

export const exposureAnswer = z
  .strictObject({
    secret: z.strictObject({
      id: z.string(),
      crn: z.string(),
      name: z.string(),
      deleted: z.boolean(),
    }),
    received: z.array(exposedShape).meta({ description: "Who was given the value." }),
    supplied: z
      .array(exposedShape)
      .meta({ description: "Who knew it from the beginning: by bringing it, or having it made." }),
    disclosures: z.int().meta({ description: "How often the value was given out, in all." }),
    complete: z
      .strictObject({
        complete: z.boolean(),
        events: z.int(),
        counter: z.int(),
        first: z.int(),
        last: z.int(),
      })
      .meta({
        description:
          "Events on the secret that were looked at, refused ones too, against the number the ledger has counted.",
      }),
    cut_at: time.nullable().meta({
      description: "Where there was more than one answer looks at: ask again with this as since.",
    }),
  })
  .meta({ id: "Exposure" });

export function accessBody(found: WhoCan): z.input<typeof accessAnswer> {
  const { operations: names, target, policy, identities, rules, totalCount } = found;
  return {
    operations: [...names],
    target: { kind: target.kind, crn: target.crn, name: target.name },
    secret_policy: policy && { statements: policy.statements, outsiders: [...policy.outsiders] },
    identities: identities.map(identityBody),
    at_login: rules.map(({ group, rule }) => ({
      group_id: group.id,
      group_name: group.name,
      rule_id: rule.id,
      realm_name: rule.realm,
      conditions: [...rule.conditions],
    })),
    total_count: totalCount,
    truncated: identities.length < totalCount,
  };
}

type AccessBody = z.input<typeof accessAnswer>;

function identityBody(one: IdentityWithAccess): AccessBody["identities"][number] {
  const { iamId, kind, name, state, paths, limits, trust } = one;
  return {
    iam_id: iamId,
    kind,
    name,
    state,
    can_log_in: one.canLogIn,
    paths: paths.map(pathBody),
    limits: limits.map((said) => ({ operations: [...said.operations], ...statementBody(said) })),
    document_limits: one.documentLimits.map((said) => ({
      operations: [...said.operations],
      document: said.document,
      permission_id: said.permission,
      conditional: said.isConditional,
      partial: said.isPartial,
    })),
    applied_by: trust && {
      identities: trust.identities.map(({ kind: type, identifier: id }) => ({ type, id })),
      rules: trust.rules.map((rule) => ({
        name: rule.name,
        realm_name: rule.realm,
        conditions: [...rule.conditions],
      })),
    },
  };
}

function pathBody(path: AccessPath): z.input<typeof pathShape> {
  const names = [...path.operations];
  if (path.kind === "resource-policy") {
    return { kind: path.kind, operations: names, ...statementBody(path) };
  }
  if (path.kind === "document") {
    const { kind, document, permission, isConditional: conditional } = path;
    return {
      kind,
      operations: names,
      document,
      permission_id: permission,
      conditional,
      via: path.via && viaBody(path.via),
    };
  }
  if (path.kind !== "policy") return { ...path, operations: names };
  const { kind, policy, roles, via } = path;
  const { secretGroup, ...resource } = path.resource;
  return {
    kind,
    operations: names,
    policy_id: policy,
    roles: [...roles],
    resource: { ...resource, ...(secretGroup === undefined ? {} : { secret_group: secretGroup }) },
    via: via && viaBody(via),
  };
}

function viaBody({ group, name, membership, until }: Via): z.input<typeof viaShape> {
  return { group_id: group, name, membership, until: until === null ? null : toRfc3339(until) };
}

function statementBody({ statement, sid, isConditional, session }: Omit<Said, "operations">) {
  return { statement, sid, conditional: isConditional, session };
}

export function exposureBody(found: Exposure): z.input<typeof exposureAnswer> {
  const { secret, complete } = found;
  const { isComplete, ...counted } = complete;
  return {
    secret: { id: secret.id, crn: secret.crn, name: secret.name, deleted: secret.isDeleted },
    received: found.received.map(exposedBody),
    supplied: found.supplied.map(exposedBody),
    disclosures: found.disclosures,
    complete: { complete: isComplete, ...counted },
    cut_at: found.cutAt,
  };
}

function exposedBody(one: Exposed): z.input<typeof exposedShape> {
  const { authnId, authnName, state, count, first, last } = one;
  return {
    iam_id: one.id,
    name: one.name,
    type: one.typeURI,
    applied_by:
      authnId === null ? null : { iam_id: authnId, name: authnName ?? "", state: one.authnState },
    state,
    has_access: one.hasAccess,
    generated: one.isInternal,
    count,
    first,
    last,
    addresses: [...one.addresses],
    agents: [...one.agents],
    dialects: [...one.dialects],
    versions: [...one.versions],
    events: one.events.map(eventBody),
  };
}

function eventBody({ id, index, at, versionId }: DisclosingEvent) {
  return { id, index, time: at, version: versionId, receipt: `/trail/v1/receipts/${id}` };
}
