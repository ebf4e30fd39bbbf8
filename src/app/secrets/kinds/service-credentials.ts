/**
 * Credentials of an instance of Secrets Manager, the one service there is: a service ID with one role on the instance,
 * and an API key of it.
 */
import { crn, parseCrn } from "../../../audit/crn.ts";
import { accountPlace, type Instance } from "../../../identity/account.ts";
import { actingIdOf, managedIdOf } from "../../../identity/service-id.ts";
import { isRoleName, type RoleName } from "../../../identity/roles.ts";
import { invariant, Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import {
  checkServiceTtl,
  SERVICE_ID_PARAMETER,
  serviceIdCrnIn,
  type MadeInIam,
  type ServiceCredentialsAttributes,
  type SourceService,
} from "../../../secrets/kinds/service-credentials.ts";
import type { Secret } from "../../../secrets/secret.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import { assertHasRole, assertMakesKeys } from "../bearer-rights.ts";
import { SERVICE } from "../find.ts";
import { mint, type Minted, type ToMint } from "../mint-credentials.ts";
import { revokeLeasesOf } from "../revoke-credentials.ts";
import type { Behaviour, Made } from "./behaviour.ts";

/** The roles that give anything on an instance. */
export const CREDENTIAL_ROLES = [
  "Manager",
  "Writer",
  "SecretsReader",
  "Reader",
  "SecretTaskUpdater",
] as const satisfies readonly RoleName[];

export const serviceCredentials: Behaviour<"service_credentials"> = {
  patches: ["rotation", "ttl"],

  async make({ source, ttlSeconds = null }, { versionId, ...secret }, context) {
    if (ttlSeconds !== null) checkServiceTtl(ttlSeconds);
    const terms = { source, ttlSeconds };
    const instance = await instanceIn(source, { isNew: true }, context);
    await assertHasRole(roleOf(source), instance, context);
    if (serviceIdOf(source, context) !== undefined) await assertMakesKeys(context);
    return minted(terms, { secret, versionId, isNew: true }, context);
  },

  renew: (_given, { secret, versionId }, context) =>
    minted(attributesOf(secret), { secret, versionId, isNew: false }, context),

  async patch({ ttl }, secret) {
    if (ttl === undefined) return {};
    if (ttl !== null) checkServiceTtl(ttl);
    return { attributes: { ...attributesOf(secret), ttlSeconds: ttl } };
  },

  release: (secret, { id: versionId }, context) =>
    revokeLeasesOf(secret, "version-value-removal", { versionId, context }),

  releaseSecret: (secret, context) => revokeLeasesOf(secret, "secret-deletion", { context }),
};

type Terms = Pick<ServiceCredentialsAttributes, "source" | "ttlSeconds">;

async function minted(
  { source, ttlSeconds }: Terms,
  wanted: Pick<ToMint, "secret" | "versionId" | "isNew">,
  context: Context<Transaction>,
): Promise<Made> {
  const expiresAt = ttlSeconds === null ? null : context.now + ttlSeconds * 1_000;
  const made = await mint(
    {
      ...wanted,
      expiresAt,
      serviceId: serviceIdOf(source, context),
      grant: { role: roleOf(source), instance: (await instanceIn(source, wanted, context)).id },
    },
    context,
  );
  const inIam = madeInIam(made);
  const attributes = { kind: "service_credentials", source, made: inIam } as const;
  return {
    secret: { attributes: { ...attributes, ttlSeconds, leaseEndsAt: expiresAt } },
    version: { payload: payloadOf(made, source), expiresAt, attributes },
  };
}

function madeInIam({ key, lease }: Minted): MadeInIam {
  return {
    apiKeyId: key.id,
    apiKeyName: key.name,
    apiKeyDescription: key.description,
    serviceId: lease.serviceId,
    leaseId: lease.id,
  };
}

/** By the names that IBM's service credentials have for it. */
function payloadOf({ key, serviceId }: Minted, { roleCrn }: SourceService) {
  return {
    kind: "service_credentials",
    apiKeyId: key.id,
    credentials: new Sensitive({
      apikey: key.value.reveal(),
      iam_apikey_description: key.description,
      iam_apikey_id: key.id,
      iam_apikey_name: key.name,
      iam_role_crn: roleCrn,
      iam_serviceid_crn: crnOfServiceId(serviceId),
    }),
  } as const;
}

function crnOfServiceId({ account, iamId }: Minted["serviceId"]): string {
  return crn("iam-identity", accountPlace(account), { kind: "serviceid", id: managedIdOf(iamId) });
}

function roleOf({ role }: SourceService): RoleName {
  const isOne = isRoleName(role) && (CREDENTIAL_ROLES as readonly RoleName[]).includes(role);
  if (isOne) return role;
  throw new Refusal(
    "invalid_request",
    `Service credentials have one of the roles ${CREDENTIAL_ROLES.join(", ")}.`,
    { field: "source_service.role" },
  );
}

/** Refuses what is no instance of the account. Between versions, the instance may have been deleted. */
async function instanceIn(
  { instanceCrn }: SourceService,
  { isNew }: Pick<ToMint, "isNew">,
  { call, store }: Context<Transaction>,
): Promise<Instance> {
  const named = parseCrn(instanceCrn);
  const field = "source_service.instance";
  if (named?.service !== SERVICE || named.instance === null) {
    const sentence = `Service credentials are made for instances of ${SERVICE}, each given by its CRN.`;
    throw new Refusal("invalid_request", sentence, { field });
  }
  const instance = await store.identity.instance(named.instance);
  const isOurs = instance?.account === call.place.account && named.account === instance.account;
  if (isOurs && instance.region === named.region) return instance;
  const code = isNew ? "invalid_request" : "precondition_failed";
  throw new Refusal(code, "The source service is no instance of the account.", { field });
}

/** The IAM id of the service ID that the parameters name, in the account itself. */
function serviceIdOf(
  { parameters }: SourceService,
  { call }: Context<Transaction>,
): string | undefined {
  const given = serviceIdCrnIn(parameters);
  if (given === undefined) return undefined;
  const named = parseCrn(given);
  const isOurs = named?.service === "iam-identity" && named.account === call.place.account;
  if (isOurs && named.kind === "serviceid") return actingIdOf(named.id);
  throw new Refusal(
    "invalid_request",
    `${SERVICE_ID_PARAMETER} is the CRN of a service ID of the account.`,
    { field: "source_service.parameters" },
  );
}

function attributesOf({ attributes }: Secret): ServiceCredentialsAttributes {
  invariant(attributes?.kind === "service_credentials", "a secret has the attributes of its type");
  return attributes;
}
