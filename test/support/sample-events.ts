/** Events of every operation, every ending and every kind of caller: what each rendering of an event is held against. */
import fc from "fast-check";
import { catalogue, operationNames, type OperationName } from "../../src/audit/catalogue.ts";
import { OPERATOR_ACCOUNT } from "../../src/audit/crn.ts";
import { describe, type Happening } from "../../src/audit/describe.ts";
import {
  encodeEvent,
  parseEvent,
  type AuditEvent,
  type Dialect,
  type Initiator,
} from "../../src/audit/event.ts";
import { phraseOf, refusalStatus } from "../../src/audit/reason.ts";
import { ManualClock } from "../../src/kernel/clock.ts";
import { TimeOrderedIds } from "../../src/kernel/ids.ts";

const AT = Date.UTC(2026, 10, 21, 9, 31, 7, 412);
const ids = new TimeOrderedIds(new ManualClock(AT));

export const SECRET_ID = "0b5571f7-21e6-42b7-91c5-3f5ac9793a46";
export const VERSION_ID = "6b4d2a50-4f3a-4c8e-9d35-61e8d6a5d6f0";

export const initiators = {
  user: {
    id: "IBMid-50KTRL9ADA0001",
    name: "ada@example.com",
    typeURI: "service/security/account/user",
    credential: { type: "token" },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "curl/8.5.0" },
  },
  serviceId: {
    id: "iam-ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
    name: "build bot",
    typeURI: "service/security/account/serviceid",
    credential: { type: "apikey-serviceid" },
    host: { address: "2001:db8::7", addressType: "IPv6", agent: "ibm-node-sdk-core" },
  },
  profile: {
    id: "iam-Profile-5d0f2c3e-5c1b-4d5e-8f6a-9b8c7d6e5f4a",
    name: "deployers",
    typeURI: "service/security/account/profile",
    authnId: "IBMid-50KTRL9ADA0001",
    authnName: "ada@example.com",
    credential: { type: "token" },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "IBM Cloud CLI" },
  },
  owner: {
    id: "IBMid-50KTRL9ADA0001",
    name: "ada@example.com",
    typeURI: "service/security/account/user",
    credential: { type: "access-key" },
    access: { keyId: "AKIAIOSFODNN7EXAMPLE", kind: "root" },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "aws-cli/2.9.19" },
  },
  keyUser: {
    id: "IBMid-BOB",
    name: "bob",
    typeURI: "service/security/account/user",
    credential: { type: "session-key" },
    access: {
      keyId: "ASIAIOSFODNN7EXAMPLE",
      kind: "user",
      startedAt: "2026-11-21T09:00:00.123Z",
      mfa: true,
    },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "Boto3/1.26.27" },
  },
  roleSession: {
    id: "iam-Profile-5d0f2c3e-5c1b-4d5e-8f6a-9b8c7d6e5f4a",
    name: "deployers",
    typeURI: "service/security/account/profile",
    authnId: "IBMid-BOB",
    authnName: "bob",
    credential: { type: "session-key" },
    access: {
      keyId: "ASIAIOSFODNN7ROLE234",
      kind: "role",
      sessionName: "release-42",
      sourceIdentity: "bob",
      startedAt: "2026-11-21T09:00:00.123Z",
      mfa: false,
    },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "aws-sdk-js/3.1162.0" },
  },
  federated: {
    id: "IBMid-BOB",
    name: "bob",
    typeURI: "service/security/account/user",
    credential: { type: "session-key" },
    access: {
      keyId: "ASIAIOSFODNN7FEDERA2",
      kind: "federated",
      sessionName: "guest",
      startedAt: "2026-11-21T09:00:00.123Z",
      mfa: false,
    },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "Boto3/1.26.27" },
  },
  anonymous: {
    id: "",
    name: "",
    typeURI: "service/security/clientid",
    credential: { type: "public-access" },
    host: { address: "198.51.100.7", addressType: "IPv4", agent: "" },
  },
  expired: {
    id: "IBMid-50KTRL9ADA0001",
    name: "",
    typeURI: "service/security/account/user",
    credential: { type: "token" },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "curl/8.5.0" },
  },
  internal: {
    id: "keytrail-expiry",
    name: "Keytrail",
    typeURI: "service/security/clientid",
    credential: { type: "token" },
    host: { address: "", addressType: "", agent: "" },
  },
} as const satisfies Readonly<Record<string, Initiator>>;

const instancePlace = { account: "acct1", region: "us-south", instance: "inst1" };
const accountPlace = { account: "acct1", region: "global", instance: null };
const operatorPlace = { account: OPERATOR_ACCOUNT, region: "global", instance: null };

const dialects = ["native", "ibm", "aws", "dsv", "internal"] as const satisfies readonly Dialect[];

/** Where an operation's name begins so, its target is such a thing. The first that fits is meant. */
const targets: readonly (readonly [RegExp, Pick<Happening["target"], "kind" | "id" | "name">])[] = [
  [/^secret-group/, { kind: "secret-group", id: VERSION_ID, name: "payments" }],
  [/^(secret|version)/, { kind: "secret", id: SECRET_ID, name: "db-prod" }],
  [/\.login$|^session/, { kind: "user", id: initiators.user.id, name: "ada@example.com" }],
  [/apikey/, { kind: "apikey", id: "ApiKey-3f5ac979", name: "ci key" }],
  [/^(user|administrator|passcode)/, { kind: "user", id: "IBMid-BOB", name: "bob@example.com" }],
  [/^serviceid/, { kind: "serviceid", id: "ServiceId-1e1c6a0e", name: "build bot" }],
  [/^access-group/, { kind: "groups", id: "AccessGroupId-9b8c", name: "auditors" }],
  [/^profile/, { kind: "profile", id: "Profile-5d0f2c3e", name: "deployers" }],
  [/^policy/, { kind: "policy", id: "12345678-abcd-4a1a-a1b2-bd1234567890", name: "" }],
  [/^identity-provider|^federation/, { kind: "identity-provider", id: "idp-1", name: "okta" }],
  [/^account/, { kind: "account", id: "acct1", name: "Example" }],
  [/^(event|receipt)\.read/, { kind: "event", id: VERSION_ID, name: "" }],
  [/^event/, { kind: "", id: "", name: "trail" }],
  [/^root-key/, { kind: "root-key", id: "", name: "root key" }],
  [/^request/, { kind: "", id: "", name: "request" }],
];

const wholePlace = { kind: "", id: "", name: "" };

export interface Sample {
  readonly operation: OperationName;
  readonly initiator?: Initiator;
  readonly target?: Partial<Happening["target"]>;
  readonly input?: object;
  readonly output?: object;
  /** A refusal with this code and sentence, instead of a success. */
  readonly refusal?: keyof typeof refusalStatus;
  readonly sentence?: string;
  readonly cause?: string;
  readonly dialect?: Dialect;
  readonly requestId?: string;
  readonly correlationId?: string;
}

/** An event as the ledger gives it back; what the sample leaves open is filled in plausibly. */
export function sampleEvent(sample: Sample): AuditEvent {
  const { operation, refusal } = sample;
  const row = catalogue[operation];
  const place = row.action.startsWith("secrets-manager.") ? instancePlace : accountPlace;
  const [, thing] = targets.find(([name]) => name.test(operation)) ?? [null, wholePlace];
  const isWhole = /\.list(-all)?$/.test(operation) && !row.dsv[0].includes("{");
  const named = isWhole ? wholePlace : thing;
  const draft = describe({
    id: ids.next(),
    at: AT,
    operation,
    initiator: sample.initiator ?? initiators.user,
    target: { place, ...named, ...sample.target },
    input: sample.input ?? filled(row.request),
    ending:
      refusal === undefined
        ? { kind: "success", output: sample.output ?? filled(row.response) }
        : {
            kind: "failure",
            status: refusalStatus[refusal],
            sentence: sample.sentence ?? `${phraseOf(refusalStatus[refusal])}.`,
            code: refusal,
            cause: sample.cause,
          },
    dialect: sample.dialect ?? "ibm",
    requestId: sample.requestId ?? "req-1",
    correlationId: sample.correlationId ?? "corr-1",
  });
  return parseEvent(encodeEvent(draft, { target: 3, initiator: 7 }));
}

function filled(fields: readonly string[]): object {
  return Object.fromEntries(fields.map((field) => [field, `${field}-1`]));
}

/** What a failed login leaves in the operator's stream: nobody established, nothing acted on. */
export function failedLogin(operation: OperationName, sample: Partial<Sample> = {}): AuditEvent {
  return sampleEvent({
    operation,
    initiator: { ...initiators.anonymous, credential: { type: "token" } },
    target: { place: operatorPlace, kind: "", id: "", name: "login" },
    refusal: "unauthenticated",
    sentence: "The credential is not valid.",
    ...sample,
  });
}

const CODES = Object.keys(refusalStatus) as (keyof typeof refusalStatus)[];

/** Each operation by each kind of caller, done and refused in every way, over each wire: a few thousand events. */
export function* everyKindOfEvent(): Generator<AuditEvent> {
  for (const operation of operationNames) {
    for (const initiator of Object.values(initiators)) yield sampleEvent({ operation, initiator });
    for (const dialect of dialects) yield sampleEvent({ operation, dialect });
    for (const refusal of CODES) yield sampleEvent({ operation, refusal });
    for (const initiator of Object.values(initiators)) {
      yield sampleEvent({ operation, initiator, refusal: "forbidden" });
    }
    yield failedLogin(operation);
  }
}

/** What one notation or another gives a meaning to. */
const AWKWARD = "aZ0 :/|=\\\"'%#?[]{}<>,;\n\r\t\0\u2028é".split("");

/** Any text that a JSON document can hold: with control characters, and with halves of surrogate pairs. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...AWKWARD),
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  ),
  maxLength: 40,
});

const initiatorTypes = Object.values(initiators).map(({ typeURI }) => typeURI);
const credentialTypes = ["token", "user", "apikey", "certificate", "public-access"] as const;

const anyAccess = fc.record(
  {
    keyId: fc.constantFrom("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
    kind: fc.constantFrom("root" as const, "user" as const, "role" as const, "federated" as const),
    sessionName: anyText,
    sourceIdentity: anyText,
    startedAt: fc.constant("2026-11-21T09:00:00.123Z"),
    mfa: fc.boolean(),
  },
  { requiredKeys: ["keyId", "kind"] },
);

const anyInitiator: fc.Arbitrary<Initiator> = fc.record(
  {
    id: anyText,
    name: anyText,
    typeURI: fc.constantFrom(...initiatorTypes),
    authnId: anyText,
    authnName: anyText,
    credential: fc.record({ type: fc.constantFrom(...credentialTypes) }),
    access: anyAccess,
    host: fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("")),
      addressType: fc.constantFrom("IPv4", "IPv6", ""),
      agent: anyText,
    }),
  },
  { requiredKeys: ["id", "name", "typeURI", "credential", "host"] },
);

const anyFields = fc.dictionary(anyText, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

/** Any event at all, as the ledger gives it back (JSON has no negative zero): texts that no wire lets through included. */
export const anyEvent: fc.Arbitrary<AuditEvent> = fc
  .record({
    operation: fc.constantFrom(...operationNames),
    initiator: anyInitiator,
    kind: fc.constantFrom("", "secret", "apikey", "user", "policy", "somethingElse"),
    id: anyText,
    name: anyText,
    requestData: anyFields,
    responseData: anyFields,
    refusal: fc.option(fc.constantFrom(...CODES), { nil: undefined }),
    outcome: fc.option(fc.constantFrom("pending" as const, "unknown" as const), { nil: undefined }),
    sentence: anyText,
    dialect: fc.constantFrom(...dialects),
    requestId: anyText,
    correlationId: anyText,
  })
  .map(({ kind, id, name, refusal, outcome, requestData, responseData, ...rest }) => {
    const event = sampleEvent({
      ...rest,
      target: { kind, id, name },
      ...(refusal === undefined ? {} : { refusal }),
    });
    const whole = {
      ...event,
      requestData,
      responseData,
      ...(outcome === undefined ? {} : { outcome }),
    };
    return JSON.parse(JSON.stringify(whole)) as AuditEvent;
  });
