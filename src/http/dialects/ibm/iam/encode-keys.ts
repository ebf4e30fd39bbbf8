/** API keys as IBM's IAM Identity shows them. */
import type { FastifyRequest } from "fastify";
import type { CreatedApiKey } from "../../../../app/identity/api-keys.ts";
import type { ListedApiKeys, ShownApiKey } from "../../../../app/identity/read-api-keys.ts";
import { crn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import type { ApiKey } from "../../../../identity/api-key.ts";
import { toRfc3339 } from "../../../../kernel/clock.ts";
import type { Answer } from "../../../route.ts";
import { pastBody } from "./encode-past.ts";
import { entity, type EntityBody } from "./line.ts";
import { pageOf } from "./pages.ts";

/** Its CRN is the one by which the trail names it. A description is shown if there is one, as with IBM. */
export function keyBody(key: ApiKey): EntityBody {
  const { id, account, iamId, name, description, locked, disabled, expiresAt } = key;
  return {
    id,
    entity_tag: key.entityTag,
    crn: crn("iam-identity", accountPlace(account), { kind: "apikey", id }),
    locked,
    disabled,
    created_at: toRfc3339(key.createdAt),
    created_by: key.createdBy,
    modified_at: toRfc3339(key.modifiedAt),
    name,
    ...(description === "" ? {} : { description }),
    support_sessions: key.supportSessions,
    action_when_leaked: key.actionWhenLeaked,
    ...(expiresAt === null ? {} : { expires_at: toRfc3339(expiresAt) }),
    iam_id: iamId,
    account_id: account,
  };
}

/** The one answer in which the value of a key is seen. */
export function createdKeyBody(key: CreatedApiKey): EntityBody {
  return { ...keyBody(key), apikey: key.value.reveal() };
}

export function createdKey(key: CreatedApiKey, request: FastifyRequest): Answer {
  return entity(201, createdKeyBody(key), request);
}

export function changedKey(key: ApiKey, request: FastifyRequest): Answer {
  return shownKey({ key }, request);
}

export function shownKey({ key, ...told }: ShownApiKey, request: FastifyRequest): Answer {
  return entity(200, { ...keyBody(key), ...pastBody(told) }, request);
}

export function keyList({ apiKeys, ...part }: ListedApiKeys, request: FastifyRequest): Answer {
  const keys = apiKeys.map(({ key }) => key);
  const apikeys = apiKeys.map(({ key, ...told }) => ({ ...keyBody(key), ...pastBody(told) }));
  return { status: 200, body: { ...pageOf(keys, part, request), apikeys } };
}
