/**
 * The roles and what each may do. The four service roles are IBM Secrets Manager's, action for action
 * (secrets-manager `iam.md`). Administrator, Editor and Viewer are IBM's platform roles over identities; the two
 * creators let more people make what an account's settings otherwise restrict. Auditor reads the trail.
 */
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";

export const ROLE_NAMES = [
  "Manager",
  "Writer",
  "SecretsReader",
  "Reader",
  "SecretTaskUpdater",
  "Administrator",
  "Editor",
  "Viewer",
  "ServiceIdCreator",
  "UserApiKeyCreator",
  "Auditor",
  "Operator",
] as const;

export type RoleName = (typeof ROLE_NAMES)[number];

const seeing: readonly OperationName[] = [
  "secret.list",
  "secret.paths.list",
  "secret.metadata.read",
  "version.list",
  "version.metadata.read",
  "secret-group.list",
  "secret-group.read",
  "secret-lock.list",
  "secret-lock.list-all",
  "version-lock.list",
  "secret-task.list",
  "secret-task.read",
  "secret.resource-policy.read",
  "secret.resource-policy.check",
  "secret.password.generate",
  "instance.list",
  "instance.read",
  "instance.login",
  "instance.endpoints.read",
  "notification-registration.read",
  "notification-registration.test",
  "encryption-key.read",
  "pool.read",
  "pool.list",
  "engine.read",
  "engine.list",
  "engine.ping",
  "task.read",
];

/** Payloads: what a Reader cannot see. */
const reading: readonly OperationName[] = ["secret.read", "version.read", "secret.batch-read"];

const writing: readonly OperationName[] = [
  "secret.create",
  "secret.metadata.update",
  "secret.action",
  "version.create",
  "version.rollback",
  "version.action",
  "version.metadata.update",
  "version.data.delete",
  "secret.rotate",
  "secret.update",
  "secret.tag",
  "secret.untag",
  "secret.rotation.begin",
  "secret.rotation.cancel",
  "version.stage.set",
  "secret-lock.create",
  "version-lock.create",
  "data.encrypt",
  "data.decrypt",
  "data.rotate",
  "pki-csr.sign",
  "pki-leaf.issue",
  "pki-ssh-certificate.issue",
];

const managing: readonly OperationName[] = [
  "secret.delete",
  "secret.restore",
  "secret.resource-policy.set",
  "secret.resource-policy.delete",
  "secret.replica.create",
  "secret.replica.delete",
  "secret.replica.promote",
  "secret-lock.delete",
  "version-lock.delete",
  "secret-group.create",
  "secret-group.update",
  "secret-group.delete",
  "secret-policy.set",
  "secret-policy.read",
  "secret-credentials.delete",
  "secret-task.delete",
  "configuration.create",
  "configuration.read",
  "configuration.update",
  "configuration.action",
  "configuration.delete",
  "notification-registration.create",
  "notification-registration.delete",
  "encryption-key.create",
  "encryption-key.delete",
  "encryption-key.restore",
  "manual-key.create",
  "manual-key.update",
  "manual-key.read",
  "manual-key.delete",
  "manual-key.restore",
  "pki-root.register",
  "pki-root.create",
  "pool.create",
  "pool.delete",
  "engine.create",
  "engine.delete",
];

/** What a SecretsReader, for all the values that it reads, has no business with. */
const listingConfigurations: readonly OperationName[] = ["configuration.list"];

/** Instances are part of running the installation. */
const operating: readonly OperationName[] = [
  "log.read",
  "root-key.read",
  "root-key.rotate",
  "instance.create",
  "instance.list",
  "instance.read",
  "instance.update",
  "instance.delete",
  "destination.create",
  "destination.update",
  "destination.delete",
  "destination.test",
  "destination.pause",
  "destination.resume",
  "destination.replay",
  "route.create",
  "route.update",
  "route.delete",
  "routing-settings.update",
  "usage.read",
];

/** Who and what there is in the account, without credentials. */
const viewing: readonly OperationName[] = [
  "account.read",
  "user.read",
  "user.list",
  "serviceid.read",
  "serviceid.list",
  "apikey.read",
  "apikey.list",
  "apikey.usage.read",
  "policy.user.list",
  "policy.user.inline.list",
  "policy.role.list",
  "policy.role.inline.list",
  "policy.managed.read",
  "policy.managed.list",
  "identity-settings.read",
  "access-group-settings.read",
  "access-group.read",
  "access-group.list",
  "access-group.joined.list",
  "access-group-member.read",
  "access-group-member.list",
  "access-group-rule.read",
  "access-group-rule.list",
  "policy.read",
  "policy.list",
  "role.list",
  "profile.read",
  "profile.list",
  "profile.hosts.list",
  "profile-rule.read",
  "profile-rule.list",
  "profile-link.read",
  "profile-link.list",
  "profile-identity.read",
  "profile-identity.list",
  "identity-provider.read",
  "identity-provider.version.read",
  "identity-provider.list",
  "user.version.read",
  "user.groups.list",
  "profile.version.read",
  "policy-document.read",
  "policy-document.version.read",
  "policy-document.list",
  "config.read",
  "config.version.read",
];

/**
 * Groups and programs. Whoever may add members to a group has what the group has, within a call: as with IBM, an
 * Editor of identities is to be trusted like an administrator of what they reach.
 */
const editing: readonly OperationName[] = [
  "serviceid.create",
  "serviceid.update",
  "serviceid.delete",
  "serviceid.restore",
  "serviceid-apikey.create",
  "serviceid-apikey.update",
  "serviceid-apikey.delete",
  "access-group.create",
  "access-group.update",
  "access-group.delete",
  "access-group.restore",
  "access-group-member.add",
  "access-group-member.delete",
  "access-group-rule.create",
  "access-group-rule.update",
  "access-group-rule.delete",
  "user.groups.join",
];

const administering: readonly OperationName[] = [
  "user.create",
  "user.update",
  "user.unlock",
  "user.delete",
  "user.restore",
  "user-password.set",
  "user-password.delete",
  "user-totp.enroll",
  "user-totp.confirm",
  "user-totp.delete",
  "user-apikey.create",
  "user-apikey.update",
  "user-apikey.delete",
  "identity-settings.update",
  "access-group-settings.update",
  "policy.create",
  "policy.update",
  "policy.delete",
  "policy.user.attach",
  "policy.user.detach",
  "policy.user.put",
  "policy.role.attach",
  "policy.role.detach",
  "policy.role.put",
  "profile.create",
  "profile.update",
  "profile.delete",
  "profile.restore",
  "profile-rule.create",
  "profile-rule.update",
  "profile-rule.delete",
  "profile-link.create",
  "profile-link.delete",
  "profile-identity.add",
  "profile-identity.set",
  "profile-identity.delete",
  "identity-provider.create",
  "identity-provider.update",
  "identity-provider.delete",
  "identity-provider.rollback",
  "identity-provider.restore",
  "policy-document.create",
  "policy-document.update",
  "policy-document.rollback",
  "policy-document.delete",
  "policy-document.restore",
  "config.write",
  "access.read",
];

const auditing: readonly OperationName[] = [
  "event.search",
  "event.read",
  "event.summarize",
  "event.tail",
  "event.export",
  "receipt.read",
  "access.read",
  "exposure.read",
  "usage.read",
  "destination.list",
  "destination.read",
  "destination.proof.read",
  "route.list",
  "route.read",
  "routing-settings.read",
];

const permissions: Readonly<Record<RoleName, ReadonlySet<OperationName>>> = {
  Reader: new Set([...seeing, ...listingConfigurations]),
  SecretsReader: new Set([...seeing, ...reading]),
  Writer: new Set([...seeing, ...reading, ...writing, ...listingConfigurations]),
  Manager: new Set([...seeing, ...reading, ...writing, ...managing, ...listingConfigurations]),
  SecretTaskUpdater: new Set<OperationName>(["secret-task.update"]),
  Administrator: new Set([...viewing, ...editing, ...administering]),
  Editor: new Set([...viewing, ...editing]),
  Viewer: new Set(viewing),
  ServiceIdCreator: new Set<OperationName>(["serviceid.create"]),
  UserApiKeyCreator: new Set<OperationName>(["user-apikey.create"]),
  Auditor: new Set(auditing),
  // Runs the installation: also sees the operator's own stream of the trail, and the log's entries as they are.
  Operator: new Set([...auditing, ...operating]),
};

/**
 * What a user may do with what is its own, without any role: see itself, and look after its password, its second
 * factor and its API keys. An account can restrict the making of API keys (`restrict_create_platform_apikey`).
 */
const ownMatters: ReadonlySet<OperationName> = new Set<OperationName>([
  "user.read",
  "user-password.set",
  "user-totp.enroll",
  "user-totp.confirm",
  "user-totp.delete",
  "user-apikey.create",
  "user-apikey.update",
  "user-apikey.delete",
  "apikey.read",
  "apikey.list",
  "apikey.usage.read",
  "policy.user.list",
  "policy.user.inline.list",
  "access-group.joined.list",
  "user.groups.list",
  "user.version.read",
  "passcode.create",
]);

export function isOwnMatter(permission: OperationName): boolean {
  return ownMatters.has(permission);
}

/** Roles that give what they give to a user for itself alone: a key of somebody else is as good as being them. */
const forOneself: ReadonlySet<RoleName> = new Set<RoleName>(["UserApiKeyCreator"]);

export function isForOneself(role: RoleName): boolean {
  return forOneself.has(role);
}

export function permissionsOf(role: RoleName): ReadonlySet<OperationName> {
  return permissions[role];
}

export function isRoleName(text: string): text is RoleName {
  return (ROLE_NAMES as readonly string[]).includes(text);
}

/** Every role that may do it; for messages and documentation. */
export function rolesAllowing(permission: OperationName): readonly RoleName[] {
  return ROLE_NAMES.filter((role) => permissions[role].has(permission));
}

/** The service that has instances, each in a region. Identities, and the installation itself, are in none. */
export const SERVICE_WITH_INSTANCES = "secrets-manager";

/** Operations on an instance or an account as a whole, which a role on one secret group does not give. */
const serviceWide: ReadonlySet<OperationName> = new Set<OperationName>([
  "secret-group.create",
  "instance.create",
  "instance.list",
  "instance.read",
  "instance.update",
  "instance.delete",
  ...operationNames.filter((name) => /^(?:configuration|notification-registration)\./.test(name)),
  ...operationNames.filter((name) => serviceOf(catalogue[name].action) !== SERVICE_WITH_INSTANCES),
]);

export function isServiceWide(permission: OperationName): boolean {
  return serviceWide.has(permission);
}

/**
 * Operations on the trail: allowed as far as a policy reaches. A role on one service or one instance shows the events of
 * that service or that instance.
 */
const onTrail: ReadonlySet<OperationName> = new Set<OperationName>([
  "event.search",
  "event.read",
  "event.summarize",
  "event.tail",
  "event.export",
  "receipt.read",
  "exposure.read",
]);

export function isOnTrail(permission: OperationName): boolean {
  return onTrail.has(permission);
}
