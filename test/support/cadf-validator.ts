/**
 * The rules of CADF events in JSON as data (DMTF DSP0262 1.0.0, clause 5 and Annex A), and what a document breaks of
 * them. Stricter than the reference implementation, which compares the beginnings of taxonomy nodes alone, takes any
 * text for an identifier and `+0000` for an offset: here a node must be one of the standard's or a declared child.
 */

/** What is wrong with a value, or undefined. */
type Check = (value: unknown, path: string) => string[];

const EVENT_TYPE = "http://schemas.dmtf.org/cloud/audit/1.0/event";

const ACTIONS = new Set(
  `backup capture create configure read update delete monitor start stop deploy undeploy enable disable send receive
   authenticate authenticate/login revoke renew restore evaluate allow deny notify unknown`.split(
    /\s+/,
  ),
);
/** `read/list` is OpenStack's; the other is ours. */
const ACTIONS_ADDED = new Set(["read/list", "authenticate/logout"]);

const OUTCOMES = new Set(["success", "failure", "pending", "unknown"]);

const RESOURCES = new Set(
  `storage storage/node storage/volume storage/memory storage/container storage/directory storage/database storage/queue
   compute compute/node compute/cpu compute/machine compute/process compute/thread
   network network/node network/node/host network/connection network/domain network/cluster
   service service/oss service/bss service/bss/metering service/composition service/compute service/database
   service/security service/security/account service/security/account/user service/security/audit/filter
   service/storage service/storage/block service/storage/image service/storage/object service/network
   data data/message data/workload data/workload/app data/workload/service data/workload/task data/workload/job
   data/file data/file/catalog data/file/log data/template data/package data/image data/module data/config
   data/directory data/database data/security data/security/account data/security/account/user
   data/security/account/user/privilege data/security/credential data/security/group data/security/identity
   data/security/key data/security/license data/security/policy data/security/profile data/security/role
   data/security/service unknown`.split(/\s+/),
);
/** The first two lines are IBM's and OpenStack's; the rest are ours, each a child of the nearest node. */
const RESOURCES_ADDED = new Set(
  `service/security/account/serviceid service/security/account/profile service/security/clientid
   service/security/client/certificateid data/security/keymanager/secret data/security/keymanager/container
   data/security/keymanager/secret/metadata data/security/keymanager/secret/lock data/security/keymanager/secret/version
   data/security/keymanager/secret/version/metadata data/security/keymanager/secret/version/data
   data/security/keymanager/secret/version/lock
   data/security/keymanager/secret/policy data/security/keymanager/secret/task data/security/keymanager/configuration
   service/security/keymanager service/security/keymanager/notifications data/security/group/member data/security/group/rule
   data/security/account/settings data/security/account/serviceid data/security/identity/provider
   data/security/profile/rule data/security/profile/link data/security/profile/identity service/security/keymanager/engine service/security/keymanager/pool
   data/security/keymanager/task service/security/destination service/security/destination/route
   service/security/destination/settings`.split(/\s+/),
);

/** RFC 3986, appendix A, as far as a regular expression needs to go: no relative path may begin with a scheme. */
const URI =
  /^(?:[a-z][a-z\d+.-]*:|(?![^/?#]*:))(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-F]{2})+(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-F]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-F]{2})*)?$/i;
const ABSOLUTE_URI = /^[a-z][a-z\d+.-]*:\S+$/i;
const TIMESTAMP =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?[+-]([01]\d|2[0-3]):[0-5]\d$/;
const TAG = /^(\/\/[\w.~%-]+)?\/?([\w.~%-]+\/)*[\w.~%-]+(\?value=[\w.~!'()*%-]*)?$/;
const ADDRESS = /^([\d.]+|[\da-f:.]+)$/i;

const matching =
  (what: string, form: RegExp): Check =>
  (value, path) =>
    typeof value === "string" && form.test(value) ? [] : [`${path} is no ${what}`];
const oneOf =
  (what: string, ...sets: readonly ReadonlySet<string>[]): Check =>
  (value, path) =>
    sets.some((set) => set.has(value as string)) ? [] : [`${path} is no ${what}`];
const listOf =
  (item: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => item(one, `${path}[${index}]`))
      : [`${path} is no list`];

const text: Check = (value, path) => (typeof value === "string" ? [] : [`${path} is no text`]);
const filled: Check = matching("text with anything in it", /[^]/);
const anything: Check = (value, path) => (value === undefined ? [`${path} is missing`] : []);
const identifier = matching("identifier", URI);
const uri = matching("URI", URI);
const timestamp = matching("timestamp", TIMESTAMP);
const map: Check = (value, path) => (isObject(value) ? [] : [`${path} is no map`]);

interface Component {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
  /** Of each pair exactly one, or at most one. */
  readonly exactlyOne?: readonly (readonly [string, string])[];
  readonly atMostOne?: readonly (readonly [string, string])[];
  readonly further?: (value: Readonly<Record<string, unknown>>, path: string) => string[];
}

function component(rules: Component): Check {
  const { required = {}, optional = {}, exactlyOne = [], atMostOne = [], further } = rules;
  return (value, path) => {
    if (!isObject(value)) return [`${path} is no object`];
    const all = { ...optional, ...required };
    const pairs = [...exactlyOne, ...atMostOne].filter(([a, b]) => a in value && b in value);
    return [
      ...Object.keys(required)
        .filter((key) => !(key in value))
        .map((key) => `${path}.${key} is missing`),
      ...exactlyOne
        .filter(([a, b]) => !(a in value) && !(b in value))
        .map(([a, b]) => `${path} has neither ${a} nor ${b}`),
      ...pairs.map(([a, b]) => `${path} has both ${a} and ${b}`),
      ...Object.entries(value).flatMap(([key, one]) => {
        const check = Object.hasOwn(all, key) ? all[key] : undefined;
        return check === undefined
          ? [`${path}.${key} is no attribute of CADF`]
          : check(one, `${path}.${key}`);
      }),
      ...(further?.(value, path) ?? []),
    ];
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const attachment = component({
  required: { contentType: matching("absolute URI", ABSOLUTE_URI), content: anything },
  optional: { name: filled },
});
const geolocation = component({
  optional: {
    id: identifier,
    latitude: text,
    longitude: text,
    elevation: text,
    accuracy: text,
    city: text,
    state: text,
    regionICANN: text,
    annotations: map,
  },
});
const resource = component({
  required: {
    id: identifier,
    typeURI: oneOf("node of the resource taxonomy", RESOURCES, RESOURCES_ADDED),
  },
  optional: {
    name: filled,
    domain: filled,
    ref: uri,
    credential: component({
      required: { token: filled },
      optional: { type: uri, authority: uri, assertions: map },
    }),
    addresses: listOf(component({ required: { url: uri }, optional: { name: text, port: text } })),
    host: component({
      optional: {
        id: identifier,
        address: matching("address", ADDRESS),
        agent: filled,
        platform: filled,
      },
    }),
    geolocation,
    geolocationId: identifier,
    attachments: listOf(attachment),
  },
  atMostOne: [["geolocation", "geolocationId"]],
});
const reason = component({
  optional: {
    reasonType: matching("absolute URI", ABSOLUTE_URI),
    reasonCode: filled,
    policyType: matching("absolute URI", ABSOLUTE_URI),
    policyId: filled,
  },
  further: (value, path) => [
    ...("reasonType" in value === "reasonCode" in value ? [] : [`${path} has half a reason`]),
    ...("policyType" in value === "policyId" in value ? [] : [`${path} has half a policy`]),
    ...("reasonCode" in value || "policyId" in value ? [] : [`${path} says nothing`]),
  ],
});
const metric = component({
  required: { metricId: identifier, unit: filled },
  optional: { name: text, annotations: map },
});
const measurement = component({
  required: { result: anything },
  optional: { metric, metricId: identifier, calculatedBy: resource },
  exactlyOne: [["metric", "metricId"]],
});
const reporterStep = component({
  required: { role: oneOf("role", new Set(["observer", "modifier", "relay"])) },
  optional: {
    reporter: resource,
    reporterId: identifier,
    reporterTime: timestamp,
    attachments: listOf(attachment),
  },
  exactlyOne: [["reporter", "reporterId"]],
});

const event = component({
  required: {
    typeURI: oneOf("type of event of CADF 1.0", new Set([EVENT_TYPE])),
    id: identifier,
    eventType: oneOf("type of event", new Set(["activity", "monitor", "control"])),
    eventTime: timestamp,
    action: oneOf("node of the action taxonomy", ACTIONS, ACTIONS_ADDED),
    outcome: oneOf("node of the outcome taxonomy", OUTCOMES),
  },
  optional: {
    initiator: resource,
    initiatorId: identifier,
    target: resource,
    targetId: identifier,
    observer: resource,
    observerId: identifier,
    reason,
    measurements: listOf(measurement),
    severity: text,
    name: text,
    tags: listOf(matching("tag", TAG)),
    attachments: listOf(attachment),
    reporterchain: listOf(reporterStep),
  },
  exactlyOne: [
    ["initiator", "initiatorId"],
    ["target", "targetId"],
    ["observer", "observerId"],
  ],
  further: (value, path) => [
    ...(value["eventType"] === "control" && !("reason" in value)
      ? [`${path} of control has no reason`]
      : []),
    ...(value["eventType"] === "monitor" && !("measurements" in value)
      ? [`${path} of monitoring has no measurements`]
      : []),
  ],
});

/** What a document breaks of the rules, one sentence each; nothing if it is a CADF event. */
export function cadfProblems(document: unknown): readonly string[] {
  return event(document, "event");
}
