/** `keytrail recover-administrator`: asks, with the server stopped, that its next start lets an administrator in again. */
import { parseArgs } from "node:util";
import { Outage } from "../kernel/errors.ts";
import { CommandError, EXIT, UsageError, type Command } from "./command.ts";

/** Rejects with an Outage while a server has the data folder, or when it is none. Durable when it resolves. */
export type RequestRecovery = (dataFolder: string, email: string | undefined) => Promise<void>;

/** RFC 5321, section 4.5.3.1.3; the server looks closer. */
const MAX_EMAIL_CHARS = 254;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;

const USAGE = `Usage: keytrail recover-administrator [--data DIR] [--email ADDRESS] [--json]

For an account that nobody can administer any more. Writes a request into the data folder; the next start
of the server answers it: the user is there, active and not locked out, administers the account, and has a
new API key, which that start writes to bootstrap.json in the data folder. The user's password, second
factor and sessions are gone. All of it stands in the account's trail: operation:administrator.recover.

The server must be stopped. Whoever can do this has the data folder, and with it everything in it.

Options:
  --data DIR           the data folder (or KEYTRAIL_DATA; ./data)
  --email ADDRESS      who is to administer the account, made if not there; else the first who does
  --json               the result as JSON
  --help               this text

Examples:
  keytrail recover-administrator
  keytrail recover-administrator --data /var/lib/keytrail --email ada@example.com
`;

export function recoverCommand(request: RequestRecovery): Command {
  return {
    name: "recover-administrator",
    summary: "let an administrator in again, at the server's next start",
    usage: USAGE,
    async run(args, io) {
      const { values } = parseArgs({
        args: [...args],
        options: {
          data: { type: "string" },
          email: { type: "string" },
          json: { type: "boolean", default: false },
        },
      });
      const folder = values.data ?? io.env["KEYTRAIL_DATA"] ?? "./data";
      const { email } = values;
      if (email !== undefined && (!EMAIL.test(email) || email.length > MAX_EMAIL_CHARS)) {
        throw new UsageError("--email is not an e-mail address");
      }
      await request(folder, email).catch((error: unknown) => {
        throw error instanceof Outage ? notAsked(error) : error;
      });
      const who = email ?? "the first administrator";
      const sentence =
        `Asked for. The next start of the server on ${folder} recovers ${who} and writes a new API key\n` +
        `to bootstrap.json there. Start it now; until then nothing has changed.\n`;
      io.stdout.write(
        values.json
          ? `${JSON.stringify({ data: folder, email: email ?? null, requested: true })}\n`
          : sentence,
      );
      return EXIT.ok;
    },
  };
}

function notAsked(error: Outage): CommandError {
  const hint = "Stop the server if it is running on this folder: only a start answers the request.";
  return new CommandError(EXIT.unavailable, error.message, hint);
}
