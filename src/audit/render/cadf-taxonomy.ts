/**
 * What our operations are in CADF's taxonomies (DMTF DSP0262 1.0.0, Annex A): actions and resources. Where CADF has no
 * node of its own, ours is a child of the nearest one, as the specification asks of profiles.
 */
import { subjectOf, verbOf, type OperationName, type Subject, type Verb } from "../catalogue.ts";

/** A node of the action taxonomy, for each verb that an action of ours ends in. */
const actions: Readonly<Record<Verb, string>> = {
  add: "create",
  abandon: "stop",
  fail: "stop",
  finish: "stop",
  begin: "authenticate",
  create: "create",
  delete: "delete",
  enable: "enable",
  end: "delete",
  expire: "delete",
  export: "read",
  get: "read",
  import: "create",
  invite: "create",
  issue: "create",
  list: "read/list",
  lock: "disable",
  login: "authenticate/login",
  logout: "authenticate/logout",
  notify: "notify",
  pause: "disable",
  read: "read",
  recover: "enable",
  reject: "deny",
  replay: "start",
  report: "notify",
  restore: "restore",
  resume: "enable",
  rewrap: "renew",
  rollback: "restore",
  rotate: "renew",
  set: "configure",
  skip: "notify",
  start: "start",
  stop: "stop",
  tail: "read",
  test: "send",
  unlock: "enable",
  unwrap: "read",
  update: "update",
  validate: "evaluate",
  view: "read",
  vouch: "authenticate",
  wrap: "update",
};

/** Where the verb says something else than what is done: IBM calls an action on a secret its creation. */
const otherActions: Readonly<Partial<Record<OperationName, string>>> = {
  "secret.action": "update",
  "version.action": "update",
  "configuration.action": "update",
  "session.end": "revoke",
  "secret.rotation.begin": "start",
  "secret.rotation.succeed": "renew",
  "version.deletion.end": "delete",
  "secret.deletion.end": "delete",
};

const IDENTITY = "data/security/identity";
const CREDENTIAL = "data/security/credential";
const SECRET = "data/security/keymanager/secret";

/** A node of the resource taxonomy, for each thing that an operation's name begins with. */
const resources: Readonly<Record<Subject, string>> = {
  access: "data/security/policy",
  "access-group": "data/security/group",
  "access-group-member": "data/security/group/member",
  "access-group-rule": "data/security/group/rule",
  "access-group-settings": "data/security/account/settings",
  account: "data/security/account",
  administrator: "data/security/account/user",
  apikey: CREDENTIAL,
  authority: CREDENTIAL,
  catalogue: "data/file/catalog",
  certificate: CREDENTIAL,
  "certificate-challenge": CREDENTIAL,
  "cli-passcode": CREDENTIAL,
  client: CREDENTIAL,
  config: "data/security/account/settings",
  configuration: "data/security/keymanager/configuration",
  data: "data/security/key",
  "encryption-key": "data/security/key",
  destination: "service/security/destination",
  engine: "service/security/keymanager/engine",
  event: "data/file/log",
  exposure: SECRET,
  federation: IDENTITY,
  "identity-provider": "data/security/identity/provider",
  "identity-settings": "data/security/account/settings",
  identitycookie: CREDENTIAL,
  instance: "service/security/keymanager",
  log: "data/file/log",
  "manual-key": "data/security/key",
  "notification-registration": "service/security/keymanager/notifications",
  passcode: CREDENTIAL,
  "pki-csr": CREDENTIAL,
  "pki-leaf": CREDENTIAL,
  "pki-root": CREDENTIAL,
  "pki-ssh-certificate": CREDENTIAL,
  policy: "data/security/policy",
  "policy-document": "data/security/policy",
  pool: "service/security/keymanager/pool",
  profile: "data/security/profile",
  "profile-identity": "data/security/profile/identity",
  "profile-link": "data/security/profile/link",
  "profile-rule": "data/security/profile/rule",
  receipt: "data/file/log",
  refreshtoken: CREDENTIAL,
  removal: "data/security/account",
  request: "service/security",
  role: "data/security/role",
  "root-key": "data/security/key",
  route: "service/security/destination/route",
  "routing-settings": "service/security/destination/settings",
  secret: SECRET,
  "secret-credentials": CREDENTIAL,
  "secret-group": "data/security/keymanager/container",
  "secret-lock": `${SECRET}/lock`,
  "secret-policy": `${SECRET}/policy`,
  "secret-task": `${SECRET}/task`,
  server: "service/security",
  serviceid: "data/security/account/serviceid",
  "serviceid-apikey": CREDENTIAL,
  session: CREDENTIAL,
  task: "data/security/keymanager/task",
  usage: "data/file/log",
  user: "data/security/account/user",
  "user-apikey": CREDENTIAL,
  "user-password": CREDENTIAL,
  "user-totp": CREDENTIAL,
  version: `${SECRET}/version`,
  "version-lock": `${SECRET}/version/lock`,
};

/** The part of a secret or of a version that an operation with a name of three words is about. */
const PART = /\.(metadata|data)\./;

export function cadfActionOf(operation: OperationName): string {
  return otherActions[operation] ?? actions[verbOf(operation)];
}

export function isAuthentication(operation: OperationName): boolean {
  return cadfActionOf(operation).startsWith("authenticate");
}

/** Whoever logs in or out is acted on as an identity, whatever was brought to prove it. */
export function cadfResourceOf(operation: OperationName): string {
  if (isAuthentication(operation)) return IDENTITY;
  const whole = resources[subjectOf(operation)];
  const part = PART.exec(operation)?.[1];
  return part === undefined ? whole : `${whole}/${part}`;
}
