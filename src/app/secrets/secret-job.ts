/** What jobs on secrets have in common: how what is due is found, and in whose name it is done. */
import { instancePlace } from "../../identity/account.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { DueSecret, SecretReader } from "../../secrets/store.ts";
import type { Call } from "../call.ts";
import type { Performer } from "../perform.ts";
import type { Job } from "../schedule.ts";
import type { State } from "../state.ts";

export interface JobPorts {
  readonly state: State;
  readonly performer: Performer;
}

export interface SecretJob {
  readonly name: string;
  readonly find: (
    secrets: SecretReader,
    now: Millis,
    limit: number,
  ) => Promise<readonly DueSecret[]>;
  readonly perform: (due: DueSecret, call: Call) => Promise<{ readonly kind: "done" | "refused" }>;
}

/** One task to each secret that is found due. */
export function secretJob(state: State, { name, find, perform }: SecretJob): Job {
  return {
    name,
    due: (now, limit) =>
      state.read(async ({ secrets }) => {
        const found = await find(secrets, now, limit);
        return found.map((due) => ({
          key: due.id,
          async run() {
            const call = await callAbout(state, name, due);
            return (await perform(due, call)).kind === "done";
          },
        }));
      }),
  };
}

/** A call of the server's own, about one secret of one instance. */
export async function callAbout(
  state: State,
  job: string,
  { id, at }: Pick<DueSecret, "id" | "at">,
): Promise<Call> {
  const instance = await state.read(({ identity }) => identity.instance(at.instance));
  invariant(instance !== undefined, "a secret's instance exists");
  const requestId = randomId();
  return {
    caller: { kind: "internal", job },
    dialect: "internal",
    place: instancePlace(instance),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: { kind: "secret", id },
  };
}
