/** The event's initiator: the caller of a call, as the record names it. */
import type { Initiator } from "../audit/event.ts";
import type { Call } from "./call.ts";

export function initiatorOf(call: Call): Initiator {
  const { caller, host } = call;
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
