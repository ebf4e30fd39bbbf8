/** A secret with all that is known of it but its value: who made it, and who changed it last, by their names. */
import type { Place } from "../../audit/crn.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { JsonObject, Secret } from "../../secrets/secret.ts";
import { namedById } from "../identity/principal-names.ts";
import { callerId, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { instanceOf, noSecret } from "./find.ts";
import type { Further } from "./then-show.ts";

export interface FullSecret {
  readonly id: string;
  readonly place: Place;
  readonly name: string;
  readonly description: string | null;
  readonly customMetadata: JsonObject | null;
  readonly createdAt: Millis;
  /** `users:bob`; an IAM id where whoever it was is no more. */
  readonly createdBy: string;
  readonly changedAt: Millis;
  readonly changedBy: string;
  /** The number of the current version, from 1; 0 while there is none. */
  readonly currentVersion: number;
  /** Set while it waits to be deleted. */
  readonly deletionDueAt: Millis | null;
}

export interface Full {
  readonly full: FullSecret;
}

export async function fullOf(
  secret: Secret,
  place: Place,
  { store }: Pick<Context<View>, "store">,
): Promise<FullSecret> {
  const by = (await store.secrets.changedBy(secret.id)) ?? secret.createdBy;
  return told(secret, place, { by, store });
}

/** To what is answered to a reading. */
export const fullAsRead: Further<Full> = async (_output, { target }, context) => {
  const secret = await found(target, context);
  return { full: await fullOf(secret, target.place, context) };
};

/** And to a change: by whoever calls, which is not written down before all is done. */
export const fullAsChanged: Further<Full> = async (_output, { target }, context) => {
  const { store, caller } = context;
  const secret = await found(target, context);
  return { full: await told(secret, target.place, { by: callerId(caller), store }) };
};

async function found(
  { place, id }: { readonly place: Place; readonly id: string },
  { store }: Context<View>,
): Promise<Secret> {
  const secret = await store.secrets.secret(instanceOf(place), id);
  if (!secret) throw noSecret();
  return secret;
}

async function told(
  secret: Secret,
  place: Place,
  { by, store }: { readonly by: string } & Pick<Context<View>, "store">,
): Promise<FullSecret> {
  const { account } = secret.at;
  const createdBy = await namedById(account, secret.createdBy, store);
  return {
    id: secret.id,
    place,
    name: secret.name,
    description: secret.description,
    customMetadata: secret.customMetadata,
    createdAt: secret.createdAt,
    createdBy,
    changedAt: secret.updatedAt,
    changedBy: by === secret.createdBy ? createdBy : await namedById(account, by, store),
    currentVersion: secret.currentVersion,
    deletionDueAt: secret.deletion?.dueAt ?? null,
  };
}
