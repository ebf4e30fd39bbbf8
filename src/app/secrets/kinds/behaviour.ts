/**
 * What a type of secret does of its own, at the points that all types pass: made, renewed, changed, giving up a value,
 * acted on. One to a file of this folder, all in `behaviours.ts`.
 */
import type { Millis } from "../../../kernel/clock.ts";
import type { ReadyCsr } from "../../../secrets/kinds/imported-cert.ts";
import type { GivenManagedCsr } from "../../../secrets/kinds/managed-csr.ts";
import type {
  NewPayload,
  NewVersionPayload,
  Payload,
  VersionAttributes,
} from "../../../secrets/payload.ts";
import type { PasswordPolicy } from "../../../secrets/password.ts";
import type { RenewalPolicy, RotationPolicy } from "../../../secrets/rotation.ts";
import type { Instance, JsonObject, Secret, SecretType } from "../../../secrets/secret.ts";
import type { WrappedKey } from "../../../secrets/vault.ts";
import type { Version } from "../../../secrets/version.ts";
import type { Context } from "../../operation.ts";
import type { Transaction, View } from "../../state.ts";

/** What a new secret of the type is given; `Extract` of a type without a member of its own is never. */
export type NewOf<Type extends SecretType> = Extract<NewPayload, { kind: Type }>;
export type NewVersionOf<Type extends SecretType> = Extract<NewVersionPayload, { kind: Type }>;

/** A secret that is being made: what is settled before its type has its say. */
export interface Making {
  readonly id: string;
  /** That its first version will have, if it gets one now. */
  readonly versionId: string;
  readonly at: Instance;
  readonly groupId: string;
  readonly name: string;
  readonly dataKey: WrappedKey;
  /** The date that was given, for types that expire by one. */
  readonly expiresAt: Millis | null;
  /** Within the type's bounds; null for types that have none. */
  readonly rotation: RotationPolicy | null;
  /** Of the first version; for the type to keep where that comes later. */
  readonly versionCustomMetadata?: JsonObject | undefined;
}

export interface NewVersion {
  /** Null: each reading makes one of its own, and none is kept. */
  readonly payload: Payload | null;
  readonly attributes?: VersionAttributes;
  /** Left out: when the secret does. */
  readonly expiresAt?: Millis | null;
}

/** What of a secret its type may decide. */
export type OfItsType = Partial<
  Pick<
    Secret,
    | "attributes"
    | "rotation"
    | "passwordPolicy"
    | "nextRotationAt"
    | "expiresAt"
    | "state"
    | "username"
    | "csrKey"
  >
>;

/** What a type makes of a request for a value. */
export interface Made {
  readonly secret?: OfItsType;
  /** Null: it will come, by a later operation. */
  readonly version: NewVersion | null;
}

/** A version that is being made. */
export interface Renewing {
  readonly secret: Secret;
  /** Null while the secret has had no value. */
  readonly current: Version | null;
  /** That the new version will have, if there is one now. */
  readonly versionId: string;
  /** By the schedule, not by a caller. */
  readonly autoRotated: boolean;
  /** A version to be made current again. */
  readonly restoreFromVersion?: string | undefined;
  /** Of the new version; for the type to keep where that comes later. */
  readonly versionCustomMetadata?: JsonObject | undefined;
}

/** The fields of a merge patch that not every type has; what is left out stays, null removes. */
export interface TypedPatch {
  readonly rotation?: RotationPolicy | undefined;
  /** Of a certificate that says itself when it ends; not to be had beside a rotation. */
  readonly renewal?: RenewalPolicy | undefined;
  readonly passwordPolicy?: PasswordPolicy | undefined;
  /** Seconds. */
  readonly ttl?: number | null | undefined;
  readonly parameters?: JsonObject | null | undefined;
  readonly managedCsr?: GivenManagedCsr | null | undefined;
}

/** A patch with what the type made for it before there is a transaction. */
export interface ReadyPatch extends TypedPatch {
  readonly readyCsr?: ReadyCsr | undefined;
}

/** What an action on a secret or a version is asked with, besides its name. */
export interface ActionInput {
  readonly actionType: string;
}

/** What it answers with, in the domain's words. */
export type ActionOutput = Readonly<Record<string, unknown>>;

export interface Behaviour<Type extends SecretType> {
  /** Whether its secrets can be in several regions: their values are their owners' own, and bound to nothing elsewhere. */
  readonly isReplicated?: true;
  /**
   * Slow work (a key pair), for a caller who may make the secret: done before there is a transaction, on what is
   * committed now. What it finds out goes into `given`.
   */
  prepareNew?(given: NewOf<Type>, context: Context<View>): Promise<NewOf<Type>>;
  prepareVersion?(
    given: NewVersionOf<Type> | undefined,
    secret: Secret,
    context: Context<View>,
  ): Promise<NewVersionOf<Type> | undefined>;
  /** The first value, or that there is none yet. Throws a Refusal for what no secret of the type is made of. */
  make(given: NewOf<Type>, making: Making, context: Context<Transaction>): Promise<Made>;
  /** The next value. */
  renew(
    given: NewVersionOf<Type> | undefined,
    renewing: Renewing,
    context: Context<Transaction>,
  ): Promise<Made>;
  /** As `prepareNew`, for a caller who may change the secret; a field that the type does not have is refused before. */
  preparePatch?(patch: TypedPatch, secret: Secret, context: Context<View>): Promise<ReadyPatch>;
  /** What the patch's own fields change; a field that the type does not have is refused before. */
  patch?(patch: ReadyPatch, secret: Secret, context: Context<Transaction>): Promise<OfItsType>;
  /** Which fields of a patch the type has. */
  readonly patches: readonly (keyof TypedPatch)[];
  /**
   * The version's value is being destroyed, in this transaction: what was made for it elsewhere goes too. Its events are
   * put there by `also`.
   */
  release?(secret: Secret, version: Version, context: Context<Transaction>): Promise<void>;
  /** The secret itself goes, after its versions were released. */
  releaseSecret?(secret: Secret, context: Context<Transaction>): Promise<void>;
  /**
   * The secret goes as a whole, in place of `release` and `releaseSecret`: where what was made elsewhere does not go
   * with it. Throws a Refusal unless nothing is left behind, or the deletion is forced: then it records what is.
   */
  discard?(secret: Secret, how: Discarding, context: Context<Transaction>): Promise<void>;
  /** By their `action_type`. */
  readonly actions?: Readonly<Record<string, SecretAction>>;
  readonly versionActions?: Readonly<Record<string, VersionAction>>;
}

export interface Discarding {
  readonly isForced: boolean;
}

export interface SecretAction {
  /** Whether `prepare` reaches outside this server. */
  readonly reachesOut?: true;
  /** Slow or outside work for a caller who may do this, before there is a transaction. */
  prepare?(secret: Secret, context: Context<View>): Promise<unknown>;
  run(
    secret: Secret,
    context: Context<Transaction>,
    /** What `prepare` found out. */
    found: unknown,
  ): Promise<ActionOutput>;
}

export interface VersionAction {
  run(secret: Secret, version: Version, context: Context<Transaction>): Promise<ActionOutput>;
}
