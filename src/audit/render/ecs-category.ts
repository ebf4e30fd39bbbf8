/** `event.category` and `event.type` of an operation, in the closed vocabulary of the Elastic Common Schema. */
import {
  operationNames,
  subjectOf,
  verbOf,
  type OperationName,
  type Subject,
  type Verb,
} from "../catalogue.ts";

export type Category = "api" | "authentication" | "configuration" | "iam" | "process" | "session";

export type EventType =
  | "access"
  | "admin"
  | "change"
  | "creation"
  | "deletion"
  | "denied"
  | "end"
  | "group"
  | "info"
  | "start"
  | "user";

export interface Categorization {
  readonly category: readonly Category[];
  readonly type: readonly EventType[];
}

/** What a verb does. Of identities ECS has no `access`: reading about them is `info`. */
const typeOfVerb: Readonly<Record<Verb, EventType>> = {
  create: "creation",
  invite: "creation",
  issue: "creation",
  import: "creation",
  add: "change",
  set: "change",
  update: "change",
  enable: "change",
  lock: "change",
  unlock: "change",
  expire: "change",
  report: "change",
  restore: "change",
  rewrap: "change",
  rollback: "change",
  rotate: "change",
  pause: "change",
  resume: "change",
  replay: "change",
  recover: "change",
  delete: "deletion",
  end: "deletion",
  read: "access",
  unwrap: "access",
  wrap: "access",
  get: "access",
  view: "access",
  list: "access",
  tail: "access",
  export: "access",
  login: "start",
  logout: "end",
  begin: "info",
  notify: "info",
  test: "info",
  vouch: "info",
  reject: "info",
  skip: "info",
  validate: "info",
  start: "start",
  stop: "end",
  abandon: "end",
  fail: "end",
  finish: "end",
};

/** Where IBM has something made that with us is done to something. */
const exceptions: Readonly<Partial<Record<OperationName, EventType>>> = {
  "secret.action": "change",
  "version.action": "change",
  "configuration.action": "change",
  "secret.rotation.succeed": "change",
  "engine.disconnect": "change",
  "destination.fail": "change",
  "destination.recover": "change",
  "destination.set-aside": "change",
  "destination.test": "access",
  "version.deletion.end": "deletion",
  "secret.deletion.end": "deletion",
};

/** Identity and access: what of it is touched, a user, a group, or what only administrators see. */
const iam = (about: "user" | "group" | "admin") => ({ category: "iam", about }) as const;
/** What belongs to a user or a group: when it is made or taken away, nobody is made or taken away. */
const partOf = (about: "user" | "group") => ({ category: "iam", about, isPart: true }) as const;
const api = { category: "api" } as const;
const configuration = { category: "configuration" } as const;
const authentication = { category: "authentication" } as const;
const session = { category: "session" } as const;

interface Area {
  readonly category: Category;
  readonly about?: "user" | "group" | "admin";
  readonly isPart?: true;
}

const areaOfSubject: Readonly<Record<Subject, Area>> = {
  secret: api,
  version: api,
  "secret-group": api,
  "secret-lock": api,
  "version-lock": api,
  "secret-credentials": api,
  "secret-policy": api,
  "secret-task": api,
  authority: api,
  "encryption-key": api,
  "manual-key": api,
  data: api,
  "pki-root": api,
  "pki-csr": api,
  "pki-leaf": api,
  "pki-ssh-certificate": api,
  task: api,
  usage: api,
  pool: configuration,
  engine: configuration,
  destination: configuration,
  route: configuration,
  "routing-settings": configuration,
  config: configuration,
  configuration,
  instance: configuration,
  "notification-registration": configuration,
  event: api,
  receipt: api,
  log: api,
  catalogue: api,
  access: api,
  exposure: api,
  request: api,
  "root-key": configuration,
  server: { category: "process" },
  account: iam("admin"),
  administrator: partOf("user"),
  user: iam("user"),
  "user-password": partOf("user"),
  "user-totp": partOf("user"),
  serviceid: iam("user"),
  "user-apikey": partOf("user"),
  "serviceid-apikey": partOf("user"),
  apikey: partOf("user"),
  "access-group": iam("group"),
  "access-group-member": partOf("group"),
  "access-group-rule": partOf("group"),
  policy: iam("admin"),
  "policy-document": iam("admin"),
  removal: iam("admin"),
  role: iam("admin"),
  profile: iam("admin"),
  "profile-rule": iam("admin"),
  "profile-link": iam("admin"),
  "profile-identity": iam("admin"),
  "identity-provider": iam("admin"),
  "identity-settings": configuration,
  "access-group-settings": configuration,
  federation: authentication,
  refreshtoken: authentication,
  client: authentication,
  certificate: authentication,
  "certificate-challenge": authentication,
  passcode: authentication,
  "cli-passcode": authentication,
  identitycookie: authentication,
  session,
};

export const categorizations = Object.fromEntries(
  operationNames.map((name) => [name, categorizationOf(name)]),
) as Readonly<Record<OperationName, Categorization>>;

function categorizationOf(operation: OperationName): Categorization {
  const verb = verbOf(operation);
  const { category, about = "admin", isPart } = areaOfSubject[subjectOf(operation)];
  if (verb === "login") return { category: ["authentication"], type: ["start"] };
  const type = exceptions[operation] ?? typeOfVerb[verb];
  if (category === "iam") {
    const ofIam = type === "access" ? "info" : isPart ? "change" : type;
    return { category: [category], type: [ofIam, about] };
  }
  if (category === "session") return { category: ["authentication", category], type: ["end"] };
  return { category: [category], type: [category === "authentication" ? "info" : type] };
}

/** A refusal for want of a right is a denied call of the API, whatever it was about. */
export function denied({ category, type }: Categorization): Categorization {
  return {
    category: category.includes("api") ? category : [...category, "api"],
    type: [...type, "denied"],
  };
}
