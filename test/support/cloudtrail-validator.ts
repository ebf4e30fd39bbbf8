/**
 * A strict reader of CloudTrail records: the members that the user guide's "record contents" and "userIdentity element"
 * know, in the order of AWS's own records, with their forms, limits and what must agree with what.
 */

type Check = (value: unknown) => boolean;

interface Member {
  readonly isRequired: boolean;
  readonly check: Check;
}

type Json = Readonly<Record<string, unknown>>;

const MAX_TEXT_BYTES = 1_024;
const MAX_DATA_BYTES = 100 * 1_024;
const MAX_ADDITIONAL_BYTES = 28 * 1_024;
const MAX_RECORD_BYTES = 256 * 1_024;

const form =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const isText: Check = (value) =>
  typeof value === "string" && value !== "" && Buffer.byteLength(value) <= MAX_TEXT_BYTES;
const isBoolean: Check = (value) => typeof value === "boolean";
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOrNull =
  (maxBytes: number): Check =>
  (value) =>
    value === null ||
    (isObject(value) &&
      Object.keys(value).length > 0 &&
      Buffer.byteLength(JSON.stringify(value)) <= maxBytes);

const must = (check: Check): Member => ({ isRequired: true, check });
const may = (check: Check): Member => ({ isRequired: false, check });

const ACCOUNT = form(/^\d{12}$/);
const SERVICE = form(/^[a-z0-9-]+\.amazonaws\.com$/);

/** In the order of AWS's records. */
const RECORD: Readonly<Record<string, Member>> = {
  eventVersion: must(form(/^1\.(0[0-9]|1[01])$/)),
  userIdentity: must(isObject),
  eventTime: must(form(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)),
  eventSource: must(SERVICE),
  eventName: must(form(/^[A-Z][A-Za-z0-9]*$/)),
  awsRegion: must(form(/^[a-z0-9-]+$/)),
  sourceIPAddress: must(isText),
  userAgent: may(isText),
  errorCode: may(form(/^[A-Z][A-Za-z.]{1,100}$/)),
  errorMessage: may(isText),
  requestParameters: must(objectOrNull(MAX_DATA_BYTES)),
  responseElements: must(objectOrNull(MAX_DATA_BYTES)),
  additionalEventData: may(objectOrNull(MAX_ADDITIONAL_BYTES)),
  requestID: must(isText),
  eventID: must(form(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
  readOnly: must(isBoolean),
  resources: may(Array.isArray),
  eventType: must(oneOf("AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn")),
  apiVersion: may(isText),
  managementEvent: must(isBoolean),
  recipientAccountId: must(ACCOUNT),
  sharedEventID: may(isText),
  vpcEndpointId: may(isText),
  vpcEndpointAccountId: may(ACCOUNT),
  eventCategory: must(oneOf("Management", "Data", "NetworkActivity", "Insight", "Rejected")),
  tlsDetails: may(isObject),
  sessionCredentialFromConsole: may(oneOf("true")),
};

const ARN = form(/^arn:aws:(iam|sts)::\d{12}:(root|[a-z-]+(\/[\w+=,.@-]+)+)$/);

const PRINCIPAL = {
  principalId: may(isText),
  arn: may(ARN),
  accountId: may(ACCOUNT),
  accessKeyId: may(form(/^A[A-Z0-9]{15,127}$/)),
};

/** By `userIdentity.type`; the service's own events have none. */
const IDENTITIES: Readonly<Record<string, Readonly<Record<string, Member>>>> = {
  IAMUser: {
    ...PRINCIPAL,
    principalId: must(isText),
    userName: may(isText),
    sessionContext: may(isObject),
  },
  Root: {
    ...PRINCIPAL,
    principalId: must(ACCOUNT),
    arn: must(form(/^arn:aws:iam::\d{12}:root$/)),
    accountId: must(ACCOUNT),
    userName: may(isText),
    sessionContext: may(isObject),
  },
  FederatedUser: {
    ...PRINCIPAL,
    principalId: must(form(/^\d{12}:[\w+=,.@-]+$/)),
    sessionContext: must(isObject),
  },
  AssumedRole: {
    ...PRINCIPAL,
    principalId: must(form(/^[^:]+:[\w+=,.@-]+$/)),
    sessionContext: must(isObject),
  },
  AWSService: { invokedBy: must(SERVICE) },
  AWSAccount: { principalId: may(isText), accountId: must(ACCOUNT) },
  Unknown: { principalId: may(isText) },
};
const OF_SERVICE = { accountId: must(ACCOUNT), invokedBy: must(SERVICE) };

/** Of its flags AWS makes texts. */
const ATTRIBUTES: Readonly<Record<string, Member>> = {
  creationDate: must(form(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)),
  mfaAuthenticated: must(oneOf("true", "false")),
};
/** Of a session that is somebody else's: of a role, or for whom somebody vouches. */
const ISSUED: ReadonlySet<unknown> = new Set(["AssumedRole", "FederatedUser"]);

const SESSION: Readonly<Record<string, Member>> = {
  sessionIssuer: may(isObject),
  webIdFederationData: may(isObject),
  attributes: may(isObject),
  sourceIdentity: may(isText),
};
const ISSUER: Readonly<Record<string, Member>> = {
  type: must(oneOf("Role", "IAMUser", "Root")),
  principalId: must(isText),
  arn: may(ARN),
  accountId: may(ACCOUNT),
  userName: must(isText),
};

/** What is wrong with it, in sentences; nothing if it is a CloudTrail record. */
export function faultsOfCloudTrail(record: Json): readonly string[] {
  const order = Object.keys(RECORD).filter((name) => name in record);
  const known = Object.keys(record).filter((name) => name in RECORD);
  return [
    ...faultsOf(record, RECORD, "record"),
    ...(order.join() === known.join() ? [] : ["record: members are out of order"]),
    ...(Buffer.byteLength(JSON.stringify(record)) > MAX_RECORD_BYTES ? ["record: too long"] : []),
    ...(isObject(record["userIdentity"]) ? faultsOfIdentity(record["userIdentity"]) : []),
    ...disagreements(record).map((fault) => `record: ${fault}`),
  ];
}

function faultsOf(object: Json, members: Readonly<Record<string, Member>>, at: string): string[] {
  const missing = Object.entries(members)
    .filter(([name, { isRequired }]) => isRequired && object[name] === undefined)
    .map(([name]) => `${at}: ${name} is missing`);
  const wrong = Object.entries(object).flatMap(([name, value]) => {
    if (!Object.hasOwn(members, name)) return [`${at}: ${name} is unknown`];
    return members[name]?.check(value) ? [] : [`${at}: ${name} is malformed`];
  });
  return [...missing, ...wrong];
}

function faultsOfIdentity(identity: Json): readonly string[] {
  const { type, ...rest } = identity;
  if (type === undefined) return faultsOf(rest, OF_SERVICE, "userIdentity");
  const members = typeof type === "string" ? IDENTITIES[type] : undefined;
  if (members === undefined) return ["userIdentity: type is malformed"];
  const session = rest["sessionContext"];
  const issuer = isObject(session) ? session["sessionIssuer"] : undefined;
  return [
    ...faultsOf(rest, members, "userIdentity"),
    ...(isObject(session) ? faultsOf(session, SESSION, "sessionContext") : []),
    ...(isObject(session) && ISSUED.has(type) !== isObject(issuer)
      ? [`sessionContext: sessionIssuer is ${ISSUED.has(type) ? "missing" : "of nobody"}`]
      : []),
    ...(isObject(session) && isObject(session["attributes"])
      ? faultsOf(session["attributes"], ATTRIBUTES, "attributes")
      : []),
    ...(isObject(issuer) ? faultsOf(issuer, ISSUER, "sessionIssuer") : []),
  ];
}

function disagreements(record: Json): readonly string[] {
  const is = (name: string, value: unknown) => record[name] === value;
  const isSignIn = is("eventType", "AwsConsoleSignIn");
  const hasType = isObject(record["userIdentity"]) && "type" in record["userIdentity"];
  const result = isObject(record["responseElements"])
    ? record["responseElements"]["ConsoleLogin"]
    : undefined;
  const rules: readonly (readonly [isBroken: boolean, sentence: string])[] = [
    ["errorCode" in record && !("errorMessage" in record), "an errorCode without an errorMessage"],
    [
      is("readOnly", true) &&
        !is("responseElements", null) &&
        !is("eventSource", "sts.amazonaws.com"),
      "a read with responseElements",
    ],
    [
      is("eventType", "AwsServiceEvent") &&
        !(is("requestParameters", null) && is("responseElements", null)),
      "a service's event with a request",
    ],
    [
      "errorCode" in record && !isSignIn && !is("responseElements", null),
      "a failure with responseElements",
    ],
    [isSignIn && !is("eventSource", "signin.amazonaws.com"), "a sign-in from another source"],
    [isSignIn && !is("eventName", "ConsoleLogin"), "a sign-in of another name"],
    [is("eventName", "ConsoleLogin") && is("eventType", "AwsApiCall"), "a sign-in by an API call"],
    [
      isSignIn && "errorMessage" in record !== (result === "Failure"),
      "a sign-in at odds with its result",
    ],
    [is("eventType", "AwsServiceEvent") === hasType, "a service's event by another than a service"],
    [is("managementEvent", true) !== is("eventCategory", "Management"), "two categories"],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, sentence]) => sentence);
}
