/** `keytrail who-can`: who may do something now, and by what. */
import { parseArgs } from "node:util";
import type { Access, AccessPath, Conditions } from "../client/answers.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import { EXIT, printable, UsageError, type Command, type CommandIo } from "./command.ts";
import { cellText, joinCells, layOut, tableLine, type Column } from "./format-table.ts";
import { terminalOf } from "./terminal.ts";

const USAGE = `Usage: keytrail who-can OPERATION [TARGET] [options]

Who may do something now, by the policies as they are: each identity, whether it could log in at all, and
each way by which it may. A disabled identity is shown as such. The question is recorded in the trail.

OPERATION  in any vocabulary: secret.read, secrets-manager.secret.read, GetSecretValue,
           'secrets:{path} GET'. A name with several meanings is answered with all of them.
TARGET     the id of a secret, a secret group, an instance, a user, a service ID, a trusted profile,
           an access group, an API key or a policy; or a CRN. Without it: the account as a whole.

Options:
  --json               the answer as JSON
${CLIENT_USAGE}  --help               this text

It takes the role Auditor, Operator or Administrator.

Examples:
  keytrail who-can secret.read 6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10
  keytrail who-can GetSecretValue 'crn:v1:bluemix:public:secrets-manager:us-south:a/…:…:secret:…'
  keytrail who-can policy.create
  keytrail who-can secret.delete 6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10 --json | jq -r '.identities[].name'
`;

export const whoCanCommand: Command = {
  name: "who-can",
  summary: "who may do something now, and by which policy",
  usage: USAGE,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...CLIENT_OPTIONS, json: { type: "boolean", default: false } },
  });
  const [operation, target, ...rest] = positionals;
  if (operation === undefined || rest.length > 0) {
    throw new UsageError("say what would be done, and to what: OPERATION [TARGET]");
  }
  const client = await clientFor(values, io);
  let answer: Access;
  try {
    answer = await client.whoCan(operation, target);
  } catch (error) {
    throw explainClientError(error, client);
  }
  io.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : describe(answer, io));
  if (answer.truncated) {
    const shown = answer.identities.length;
    io.stderr.write(`Only ${shown} of ${answer.total_count} identities are shown.\n`);
  }
  return EXIT.ok;
}

const COLUMNS: readonly Column[] = [
  { title: "IDENTITY", min: 12, good: 24, max: 48, cut: "end" },
  { title: "KIND", min: 4, max: 9, cut: "end", rank: 1 },
  { title: "STATE", min: 6, max: 8, cut: "end" },
  { title: "LOGIN", min: 5, max: 5, cut: "end" },
  { title: "BY", min: 20, good: 40, max: 120, cut: "end" },
];

function describe(answer: Access, io: CommandIo): string {
  const { operations, target, identities } = answer;
  const what = printable(
    `${operations.join(", ")} on ${target.name || target.crn} (${target.kind})`,
  );
  const lines = [`${what}: ${countOf(answer.total_count)}`];
  const rows = identities.flatMap(rowsOf);
  if (rows.length > 0) {
    const { width } = terminalOf(io);
    const widths = layOut(COLUMNS, rows, width);
    const titles = COLUMNS.map(({ title }) => title);
    lines.push("", ...[titles, ...rows].map((row) => joinCells(tableLine(row, COLUMNS, widths))));
  }
  if (answer.secret_policy) lines.push("", ...policyLines(answer.secret_policy));
  const rules = answer.at_login.map((rule) => {
    const who = whoever(rule.realm_name, rule.conditions);
    return `${who} joins ${rule.group_name}`;
  });
  if (rules.length > 0)
    lines.push("", "At their next login:", ...rules.map((one) => `  ${printable(one)}`));
  return `${lines.join("\n")}\n`;
}

function policyLines({ statements, outsiders }: NonNullable<Access["secret_policy"]>): string[] {
  const count = statements === 1 ? "1 statement" : `${statements} statements`;
  const whom = outsiders.map((one) => (one === "*" ? "everybody" : printable(one)));
  return [
    `The secret has a policy of its own, of ${count}, which is taken into account.`,
    ...whom.map((one) => `  lets in ${one} of other accounts, where those do too`),
  ];
}

function countOf(count: number): string {
  if (count === 0) return "nobody may";
  return count === 1 ? "1 identity may" : `${count} identities may`;
}

/** A line for each way; who it is stands on the first. Those who may act as a trusted profile follow it. */
function rowsOf(identity: Access["identities"][number]): readonly (readonly string[])[] {
  const {
    name,
    iam_id: id,
    kind,
    state,
    can_log_in: canLogIn,
    paths,
    limits,
    document_limits: denied,
    applied_by: by,
  } = identity;
  const who = [cellText(name || id), kind, state, canLogIn ? "yes" : "no"];
  const trusted = [
    ...(by?.identities.map((one) => `applied by ${one.id}`) ?? []),
    ...(by?.rules.map((one) => `applied by ${whoever(one.realm_name, one.conditions)}`) ?? []),
  ];
  const kept = limits.map((one) => `not when ${statementText(one)} says so`);
  const ways = [...paths.map(pathText), ...kept, ...denied.map(denialText), ...trusted];
  return ways.map((text, i) => [...(i === 0 ? who : ["", "", "", ""]), cellText(text)]);
}

function pathText(path: AccessPath): string {
  if (path.kind === "own-matter") return "it is its own";
  if (path.kind === "resource-policy") {
    const when = path.conditional ? ", on its conditions" : "";
    return `${statementText(path)}${when}`;
  }
  if (path.kind === "owner") return "the account is its own";
  if (path.kind === "document") return documentText(path);
  if (path.kind === "setting") return `the account's setting ${path.setting}`;
  const { roles = [], resource = {}, via, policy_id: policy = "" } = path;
  const where = Object.entries(resource).map(([name, value]) => `${name} ${value}`);
  const on = where.length === 0 ? "the whole account" : where.join(", ");
  return `${roles.join(", ")} on ${on}, policy ${policy}${viaText(via)}`;
}

function documentText({ document = "", conditional, via }: AccessPath): string {
  const when = conditional ? ", from some addresses" : "";
  return `the policy document ${document}${viaText(via)}${when}`;
}

function viaText(via: AccessPath["via"]): string {
  if (!via) return "";
  const until = via.until === null ? "" : ` until ${via.until.slice(0, 19)}Z`;
  return ` of group ${via.name} (${via.membership}${until})`;
}

function denialText(one: Access["identities"][number]["document_limits"][number]): string {
  const what = one.partial ? "not all of it" : "not from everywhere";
  return `${what}: denied by the policy document ${one.document}`;
}

function statementText(one: Pick<AccessPath, "statement" | "sid" | "session">): string {
  const { statement = 0, sid, session } = one;
  const named = sid ? `${statement} (${sid})` : `${statement}`;
  return `the secret's policy, statement ${named}${session ? `, as ${session}` : ""}`;
}

function whoever(realm: string, conditions: Conditions): string {
  const met = conditions.map(({ claim, operator, value }) => `${claim} ${operator} ${value}`);
  const text = `whoever logs in by ${realm}`;
  return met.length === 0 ? text : `${text} with ${met.join(" and ")}`;
}
