/**
 * The rules of DSV's audit records as data: the eleven fields as DSV documents them, and from its table of what it logs
 * the rows that we have operations for, with the statuses that each may have.
 */

/**
 * Path, method, and the statuses of successes: 204 of what is deleted by force. The placeholders stand for one word, or for
 * a path of several.
 */
const LOGGED: readonly (readonly [path: string, method: string, ...statuses: number[]])[] = [
  ["clients", "POST", 201],
  ["clients:{clientId}", "GET", 200],
  ["clients", "GET", 200],
  ["clients:{clientId}", "DELETE", 200, 204],
  ["config:auth", "POST", 201],
  ["config:auth:{name}", "GET", 200],
  ["config:auth:{name}", "PUT", 200],
  ["config:auth", "GET", 200],
  ["config:auth:{name}", "DELETE", 200, 204],
  ["config:policies:{path}", "GET", 200],
  ["config:policies", "POST", 201],
  ["config:policies:{path}", "PUT", 200],
  ["config:policies", "GET", 200],
  ["config:policies:{path}", "DELETE", 200, 204],
  ["crypto:rotate", "POST", 201],
  ["groups", "POST", 201],
  ["groups:{name}:members", "POST", 200],
  ["groups:{name}", "GET", 200],
  ["groups:{name}:members", "DELETE", 204],
  ["groups:{name}", "DELETE", 200, 204],
  ["groups", "GET", 200],
  ["token", "POST", 200],
  ["users:{name}", "PUT", 200],
  ["users", "POST", 201],
  ["users:{name}:password", "POST", 200],
  ["users:{name}", "GET", 200],
  ["users", "GET", 200],
  ["users:{name}", "DELETE", 200, 204],
  ["secrets:{word}", "GET", 200],
  ["secrets:{word}:version:{version}", "GET", 200],
  ["secrets:{word}::description", "GET", 200],
  ["secrets:{word}", "POST", 201],
  ["secrets:{word}", "PUT", 200],
  ["secrets:{word}", "DELETE", 200, 204],
  ["secrets", "GET", 200],
];

type Rule = readonly [what: string, holds: (value: unknown) => boolean];

const isText = (value: unknown): value is string => typeof value === "string";
const form =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    isText(value) && pattern.test(value);

const FIELDS: Readonly<Record<string, Rule>> = {
  id: ["UUID", form(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)],
  tenant: ["id of a tenant", form(/^\S+$/)],
  tenantName: ["name of a tenant", form(/\S/)],
  principal: ["principal", form(/^$|^(users|clients|roles):[^]+$/)],
  principalItemId: ["text", isText],
  action: ["HTTP method", form(/^[A-Z-]+$/)],
  status: [
    "HTTP status, nor 0",
    (value) =>
      Number.isInteger(value) && (value === 0 || (Number(value) > 99 && Number(value) < 600)),
  ],
  path: ["path joined by colons", form(/^[a-z][a-z-]*(:[^]+)?$/)],
  ipaddress: ["address", form(/^$|^[\d.]+$|^[\da-f:.]+$/i)],
  created: ["time to the nanosecond", form(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)],
  message: ["text", isText],
};

/** What a document breaks of the rules, one sentence each; nothing if it is a record of DSV's audit. */
export function dsvProblems(document: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...Object.keys(FIELDS)
      .filter((field) => !Object.hasOwn(document, field))
      .map((field) => `${field} is missing`),
    ...Object.entries(document).flatMap(([field, value]) => {
      const rule = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
      if (rule === undefined) return [`${field} is no field of DSV's`];
      return rule[1](value) ? [] : [`${field} is no ${rule[0]}`];
    }),
    ...principalProblems(document),
    ...statusProblems(document),
  ];
}

function principalProblems({ principal, principalItemId }: Readonly<Record<string, unknown>>) {
  return (principal === "") === (principalItemId === "") ? [] : ["half a principal is named"];
}

function statusProblems(record: Readonly<Record<string, unknown>>): string[] {
  const { status, path, action, principal } = record;
  if (status === 0) {
    const isLogin = path === "token" && action === "POST" && principal === "";
    // What DSV has switched off stands in its table with this status, too.
    const isDisabled = action === "GET" && /^(?:secrets|home):[^]+::listpaths$/.test(String(path));
    return isLogin || isDisabled ? [] : ["status 0 is for a login that failed, by nobody"];
  }
  if (path === "token" && action === "POST" && status !== 200) {
    return ["a login that failed has status 0"];
  }
  const rows = LOGGED.filter(
    ([row, method]) => method === action && patternOf(row).test(String(path)),
  );
  const isFailure = Number(status) >= 400;
  return isFailure || rows.every(([, , ...statuses]) => statuses.includes(Number(status)))
    ? []
    : [`DSV answers ${String(action)} ${String(path)} with another status than ${String(status)}`];
}

function patternOf(row: string): RegExp {
  return new RegExp(`^${row.replaceAll("{path}", "[^]+").replaceAll(/\{\w+\}/g, "[^:]+")}$`);
}
