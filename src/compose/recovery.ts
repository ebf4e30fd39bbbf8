/** Answers a request to recover an administrator, at a start: does it, hands the key over, and then forgets the request. */
import { isIP } from "node:net";
import type { Call } from "../app/call.ts";
import { recoverAdministrator, type RecoveredAdministrator } from "../app/recover-administrator.ts";
import { crn } from "../audit/crn.ts";
import { accountPlace, instancePlace, type Account } from "../identity/account.ts";
import { invariant } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import type { Core } from "./core.ts";
import type { DataFolder } from "./data-folder.ts";
import { readRequest, removeRequest } from "./recovery-request.ts";

const LOOPBACK = ["127.0.0.1", "::1"];
/** Listening on every address of the machine, which loopback is one of. */
const EVERYWHERE = ["0.0.0.0", "::"];

export interface Recovering {
  readonly folder: DataFolder;
  readonly core: Pick<Core, "state" | "performer">;
  /** What the server is going to listen on. */
  readonly host: string;
  readonly say: (line: string) => void;
}

/** Done and recorded, before the first request is taken; its key is not anywhere yet. */
export interface Recovered {
  /**
   * Puts the key where the operator finds it, as a first start does. Until this has resolved every start does the
   * recovery again, with a new key in the place of the one before, which nobody can have.
   */
  handOver(server: { readonly url: string; readonly vkey: string }): Promise<void>;
}

/** Undefined when nobody asked, or when it was refused, which is recorded, said, and final. */
export async function recoverIfAsked(recovering: Recovering): Promise<Recovered | undefined> {
  const { folder, core, host, say } = recovering;
  const request = await readRequest(folder);
  if (!request) return undefined;
  const [account] = await core.state.read((view) => view.identity.accounts());
  invariant(account !== undefined, "there is an account by now");
  const isOwn = isIP(host) !== 0 && !EVERYWHERE.includes(host);
  const addresses = isOwn ? [...new Set([...LOOPBACK, host])] : LOOPBACK;
  const input = { ...request, addresses };
  const call = callIn(account);
  const performed = await core.performer.perform(recoverAdministrator, call, () => input);
  if (performed.kind === "refused") {
    say(`No administrator was recovered: ${performed.refusal.message}`);
    await removeRequest(folder);
    return undefined;
  }
  const { output } = performed;
  return { handOver: (server) => handOver(recovering, { account, output, ...server }) };
}

interface HandedOver {
  readonly account: Account;
  readonly output: RecoveredAdministrator;
  readonly url: string;
  readonly vkey: string;
}

async function handOver({ folder, core, say }: Recovering, given: HandedOver): Promise<void> {
  const { account, output, url, vkey } = given;
  const [instance] = await core.state.read((view) => view.identity.instances(account.id));
  const file = {
    url,
    account_id: account.id,
    ...(instance && { instance_crn: crn("secrets-manager", instancePlace(instance)) }),
    api_key: output.apiKey.reveal(),
    log_vkey: vkey,
  };
  await replacePrivateFile(folder.bootstrap, `${JSON.stringify(file, null, 2)}\n`);
  // Only now: a crash before this costs a key that nobody has, one after it costs nothing.
  await removeRequest(folder);
  say(
    `RECOVERED: ${output.email} administers the account again, by an API key in ${folder.bootstrap} (0600). ` +
      "Its password and its second factor are gone. Remove the file when you have read it.",
  );
}

function callIn({ id }: Account): Call {
  const requestId = randomId();
  return {
    caller: { kind: "internal", job: "recovery" },
    dialect: "internal",
    place: accountPlace(id),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: null,
  };
}
