/** `keytrail keys`: rotates the root key of a running server, and tells how far that has come. */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { RootKeyRotation } from "../client/answers.ts";
import type { KeytrailClient } from "../client/keytrail-client.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import { CommandError, EXIT, UsageError } from "./command.ts";
import type { Command, CommandIo } from "./command.ts";
import { Progress } from "./progress.ts";

/** Between looks at a rotation under way; each look is an event of the trail, so they become rarer. */
const FIRST_LOOK_MS = 200;
const MAX_LOOK_MS = 5_000;

const USAGE = `Usage: keytrail keys rotate|status [options]

rotate   Makes a new root key and seals every data key anew by it, while the server goes on working. Values
         are not sealed anew: their data keys are. Interrupting this command does not stop the rotation.
status   Says which root key is in use and whether a rotation is under way.

Options:
  --no-wait            with rotate: begin, and do not wait for the end
  --json               the result as JSON
${CLIENT_USAGE}  --help               this text

It takes the role Operator on the whole account.

Examples:
  keytrail keys rotate
  keytrail keys status --json
`;

export const keysCommand: Command = {
  name: "keys",
  summary: "rotate the root key, and see how far that has come",
  usage: USAGE,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_OPTIONS,
      "no-wait": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [action, ...rest] = positionals;
  if ((action !== "rotate" && action !== "status") || rest.length > 0) {
    throw new UsageError("say what to do: rotate or status");
  }
  const client = await clientFor(values, io);
  const say = (result: object, sentence: string) =>
    io.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${sentence}\n`);
  try {
    if (action === "status") {
      const state = await client.rootKey();
      const under =
        state.remaining === 0 ? "all are under it" : `${state.remaining} are not yet under it`;
      say(state, `Root key ${state.key_id}; of the data keys, ${under}.`);
      return EXIT.ok;
    }
    const begun = await client.rotateRootKey();
    if (!values["no-wait"]) await waitForEnd(client, begun, io);
    const keys = begun.data_keys === 1 ? "1 data key" : `${begun.data_keys} data keys`;
    const done = values["no-wait"] ? "begun" : "done";
    say(
      { ...begun, done: !values["no-wait"] },
      `Rotation ${done}: root key ${begun.key_id} for ${keys}.`,
    );
    return EXIT.ok;
  } catch (error) {
    if (io.signal.aborted) throw interrupted();
    throw explainClientError(error, client);
  }
}

async function waitForEnd(
  client: KeytrailClient,
  begun: RootKeyRotation,
  io: CommandIo,
): Promise<void> {
  const progress = new Progress(io, "sealing data keys anew");
  try {
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, MAX_LOOK_MS)) {
      const { remaining } = await client.rootKey();
      if (remaining === 0) return;
      // Secrets made meanwhile are under the new key already, so what remains never grows past the beginning.
      progress.update(Math.max(0, begun.data_keys - remaining), begun.data_keys);
      await delay(waitMs, undefined, { signal: io.signal });
    }
  } finally {
    progress.end();
  }
}

function interrupted(): CommandError {
  return new CommandError(
    EXIT.unavailable,
    "interrupted; a rotation that has begun goes on",
    'Run "keytrail keys status" to see how far it is.',
  );
}
