/**
 * Which event class of OCSF 1.8 an operation is, and which of its activities. What has a class of its own is listed;
 * of everything else the class follows from what it is about, and the activity from the verb of its action.
 */
import {
  operationNames,
  subjectOf,
  verbOf,
  type OperationName,
  type Subject,
  type Verb,
} from "../catalogue.ts";

/** A class by its number, whose first digit is its category: 3 identity and access, 6 application. */
export const ocsfClasses = {
  3001: "Account Change",
  3002: "Authentication",
  3004: "Entity Management",
  3005: "User Access Management",
  3006: "Group Management",
  6002: "Application Lifecycle",
  6003: "API Activity",
} as const;

export type ClassUid = keyof typeof ocsfClasses;

export const ocsfCategories: Readonly<Record<number, string>> = {
  3: "Identity & Access Management",
  6: "Application Activity",
};

export interface Activity {
  readonly class: ClassUid;
  readonly id: number;
  readonly name: string;
}

type Named = Omit<Activity, "class">;

/** Activity 99 is named by whoever writes the event. */
const other = (name: string): Named => ({ id: 99, name });

const CREATE: Named = { id: 1, name: "Create" };
const READ: Named = { id: 2, name: "Read" };
const UPDATE: Named = { id: 3, name: "Update" };
const DELETE: Named = { id: 4, name: "Delete" };

/** The activities that API Activity and Entity Management have in common. */
const activityOfVerb: Readonly<Record<Verb, Named>> = {
  create: CREATE,
  import: CREATE,
  invite: CREATE,
  issue: CREATE,
  add: CREATE,
  read: READ,
  wrap: other("Encrypt"),
  unwrap: other("Decrypt"),
  list: READ,
  tail: READ,
  export: READ,
  get: READ,
  view: READ,
  update: UPDATE,
  set: UPDATE,
  enable: UPDATE,
  lock: UPDATE,
  unlock: UPDATE,
  expire: UPDATE,
  report: UPDATE,
  restore: UPDATE,
  rewrap: UPDATE,
  rollback: UPDATE,
  rotate: UPDATE,
  pause: UPDATE,
  resume: UPDATE,
  replay: UPDATE,
  delete: DELETE,
  end: DELETE,
  login: other("Login"),
  logout: other("Logout"),
  begin: other("Begin"),
  vouch: other("Vouch"),
  reject: other("Reject"),
  notify: other("Notify"),
  test: other("Test"),
  validate: other("Validate"),
  recover: other("Recover"),
  skip: other("Skip"),
  start: other("Start"),
  stop: other("Stop"),
  abandon: other("Abandon"),
  fail: other("Fail"),
  finish: other("Finish"),
};

const ENTITY = 3004;
const API = 6003;

/** The class of what is not listed below, by what an operation is about. */
const classOfSubject: Readonly<Record<Subject, ClassUid>> = {
  secret: API,
  version: API,
  "secret-group": API,
  "secret-lock": API,
  "version-lock": API,
  "secret-credentials": API,
  "secret-policy": API,
  "secret-task": API,
  authority: API,
  "encryption-key": API,
  "manual-key": API,
  data: API,
  "pki-root": API,
  "pki-csr": API,
  "pki-leaf": API,
  "pki-ssh-certificate": API,
  task: API,
  usage: API,
  pool: API,
  engine: API,
  destination: API,
  route: API,
  "routing-settings": API,
  config: API,
  configuration: API,
  instance: API,
  "notification-registration": API,
  event: API,
  receipt: API,
  log: API,
  catalogue: API,
  access: API,
  exposure: API,
  "root-key": API,
  request: API,
  server: API,
  account: ENTITY,
  user: ENTITY,
  "user-password": ENTITY,
  "user-totp": ENTITY,
  serviceid: ENTITY,
  "user-apikey": ENTITY,
  "serviceid-apikey": ENTITY,
  apikey: ENTITY,
  "identity-settings": ENTITY,
  "access-group-settings": ENTITY,
  "access-group": ENTITY,
  "access-group-member": ENTITY,
  "access-group-rule": ENTITY,
  policy: ENTITY,
  "policy-document": ENTITY,
  removal: ENTITY,
  client: ENTITY,
  certificate: ENTITY,
  "certificate-challenge": ENTITY,
  role: ENTITY,
  profile: ENTITY,
  "profile-rule": ENTITY,
  "profile-link": ENTITY,
  "profile-identity": ENTITY,
  "identity-provider": ENTITY,
  administrator: ENTITY,
  refreshtoken: ENTITY,
  passcode: ENTITY,
  "cli-passcode": ENTITY,
  identitycookie: ENTITY,
  federation: ENTITY,
  session: ENTITY,
};

const account = (activity: Named): Activity => ({ class: 3001, ...activity });
const group = (id: number, name: string): Activity => ({ class: 3006, id, name });
const logon: Activity = { class: 3002, id: 1, name: "Logon" };
const logoff: Activity = { class: 3002, id: 2, name: "Logoff" };
const preauth: Activity = { class: 3002, id: 6, name: "Preauth" };

/** "User/role" of Account Change is our user, service ID or trusted profile. */
const listed: Partial<Readonly<Record<OperationName, Activity>>> = {
  "user.create": account(CREATE),
  "user.update": account(other("Update")),
  "user.delete": account({ id: 6, name: "Delete" }),
  "user.lock-out": account({ id: 9, name: "Lock" }),
  "user.unlock": account({ id: 12, name: "Unlock" }),
  "user-password.set": account({ id: 3, name: "Password Change" }),
  "user-password.delete": account(other("Password Delete")),
  "user-totp.enroll": account(other("MFA Factor Enroll")),
  "user-totp.confirm": account({ id: 10, name: "MFA Factor Enable" }),
  "user-totp.delete": account({ id: 11, name: "MFA Factor Disable" }),
  "serviceid.create": account(CREATE),
  "serviceid.update": account(other("Update")),
  "serviceid.delete": account({ id: 6, name: "Delete" }),
  "profile.create": account(CREATE),
  "profile.update": account(other("Update")),
  "profile.delete": account({ id: 6, name: "Delete" }),

  "access-group.create": group(6, "Create"),
  "access-group.update": group(99, "Update"),
  "access-group.delete": group(5, "Delete"),
  "access-group-member.add": group(3, "Add User"),
  "access-group-member.join": group(3, "Add User"),
  "access-group-member.delete": group(4, "Remove User"),
  "policy.create": { class: 3005, id: 1, name: "Assign Privileges" },
  "policy.delete": { class: 3005, id: 2, name: "Revoke Privileges" },
  "policy.user.attach": { class: 3005, id: 1, name: "Assign Privileges" },
  "policy.user.detach": { class: 3005, id: 2, name: "Revoke Privileges" },
  "policy.role.attach": { class: 3005, id: 1, name: "Assign Privileges" },
  "policy.role.detach": { class: 3005, id: 2, name: "Revoke Privileges" },

  "session.logout": logoff,
  "session.end": logoff,
  "federation.begin": preauth,
  "federation.vouch": preauth,
  "passcode.create": preauth,

  "secret.action": { class: API, ...UPDATE },
  "version.action": { class: API, ...UPDATE },
  "configuration.action": { class: API, ...UPDATE },
  "secret.rotation.succeed": { class: API, ...UPDATE },
  "version.deletion.end": { class: API, ...DELETE },
  "secret.deletion.end": { class: API, ...DELETE },
  "server.start": { class: 6002, id: 3, name: "Start" },
  "server.stop": { class: 6002, id: 4, name: "Stop" },
  "administrator.recover": account(other("Recover")),
};

export const activities = Object.fromEntries(
  operationNames.map((name) => [name, listed[name] ?? derived(name)]),
) as Readonly<Record<OperationName, Activity>>;

/** Whoever gets a token has logged on, whatever was brought for it. */
function derived(operation: OperationName): Activity {
  const verb = verbOf(operation);
  if (verb === "login") return logon;
  return { class: classOfSubject[subjectOf(operation)], ...activityOfVerb[verb] };
}
