/**
 * With whose rights credentials are minted: the owner of the API key in the instance's configuration. Where there are
 * several configurations, the oldest that is not disabled is the one that is used; if its key is no good any more,
 * nothing is minted until somebody has seen to it, rather than with the rights of another.
 */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import { isAllowed, type Grant } from "../../identity/authorize.ts";
import { credentialRefusal } from "../../identity/api-key.ts";
import { accountPlace } from "../../identity/account.ts";
import { permissionsOf, ROLE_NAMES } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { attributesOf, type Configuration } from "../../secrets/configurations/configuration.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Identity } from "../call.ts";
import { identityBehind } from "../identity/caller.ts";
import { doOnBehalf } from "../on-behalf.ts";
import type { ChangeOperation, Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

const TYPE = "iam_credentials_configuration";

export interface Engine {
  readonly identity: Identity;
  readonly grants: readonly Grant[];
  /** By its name. */
  readonly configuration: string;
}

/** Throws `precondition_failed` where there is no engine, or its key would not let anybody in now. */
export async function engineOf(at: Instance, { store, now }: Context<View>): Promise<Engine> {
  const configurations = await store.configurations.configurationsOf(at, TYPE);
  const used = configurations.find((one) => !attributesOf(one, "iam-engine").disabled);
  if (!used) {
    throw lacking(
      `Credentials are made by a configuration of type ${TYPE}: the instance has none that is not disabled.`,
    );
  }
  const credential = await store.identity.credential(attributesOf(used, "iam-engine").apiKeyId);
  const isGood = credential?.owner.account === at.account && !credentialRefusal(credential, now);
  if (!isGood) throw lacking(`${named(used)} has an API key that is no good any more.`);
  const identity = identityBehind(credential);
  const grants = await store.identity.grantsOf(identity.id, at.account, now);
  return { identity, grants, configuration: used.name };
}

/** Has the engine do an operation. Where it may not, says all that it lacks for this and for what was to follow. */
export async function doAsEngine<Input extends object, Subject, Output extends object>(
  operation: ChangeOperation<Input, Subject, Output>,
  input: Input,
  by: {
    readonly engine: Engine;
    readonly context: Context<Transaction>;
    readonly further: readonly OperationName[];
  },
): Promise<Output> {
  const { engine, further, context } = by;
  try {
    return await doOnBehalf(operation, input, { ...engine, context });
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.code !== "forbidden") throw refusal;
    const permission = refusal.details["permission"] as OperationName;
    throw withoutRights([permission, ...further.filter((one) => !isGranted(one, engine))], engine);
  }
}

function isGranted(permission: OperationName, { grants, identity }: Engine): boolean {
  const place = accountPlace(identity.account);
  return isAllowed(grants, permission, { service: serviceOf(catalogue[permission].action), place });
}

function withoutRights(permissions: readonly OperationName[], engine: Engine): Refusal {
  const roles = ROLE_NAMES.filter((role) =>
    permissions.every((permission) => permissionsOf(role).has(permission)),
  );
  return lacking(
    `The owner of the API key in the configuration ${engine.configuration} may not do this for the secret: it lacks ${permissions.join(", ")}, which one of the roles ${roles.join(", ")} gives.`,
  );
}

function named({ name }: Configuration): string {
  return `The configuration ${name}, with which credentials are made,`;
}

function lacking(sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence);
}
