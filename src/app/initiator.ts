/** The event's initiator: the caller of a call, as the record names it. */
import type { EventHost, Initiator } from "../audit/event.ts";
import type { Call } from "./call.ts";

/** What IBM's IAM events say of the client, by which it is known: the console, and the command line. */
const AGENTS: Readonly<Record<string, string>> = {
  HOP55v1CCT: "Not Set",
  bx: "IBM Cloud CLI",
};

export function initiatorOf(call: Call): Initiator {
  const { caller } = call;
  const host = hostOf(call);
  switch (caller.kind) {
    case "identity":
      return {
        id: caller.id,
        name: caller.name,
        typeURI: caller.typeURI,
        ...(caller.authnId === undefined ? {} : { authnId: caller.authnId }),
        ...(caller.authnName === undefined ? {} : { authnName: caller.authnName }),
        credential: { type: caller.credentialType },
        host,
      };
    case "anonymous":
      return {
        id: caller.claimed?.id ?? "",
        name: "",
        typeURI: caller.claimed?.typeURI ?? "service/security/clientid",
        credential: { type: caller.refusal ? "token" : "public-access" },
        host,
      };
    case "internal":
      return {
        id: `keytrail-${caller.job}`,
        name: "Keytrail",
        typeURI: "service/security/clientid",
        credential: { type: "token" },
        host: { address: "", addressType: "", agent: "" },
      };
  }
}

/** Of a session that the console or the command line opened, the agent is theirs, whatever they call themselves. */
function hostOf({ caller, host }: Call): EventHost {
  const agent = caller.kind === "identity" ? AGENTS[caller.clientId ?? ""] : undefined;
  return agent === undefined ? host : { ...host, agent };
}
