/** Who the caller is, told to the caller: whoever has a credential may ask. */
import { principalName } from "../../audit/render/dsv.ts";
import { principalNames, type PrincipalNames } from "../../audit/render/principal-arn.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Identity } from "../call.ts";
import { readOperation } from "../operation.ts";
import { targetOf } from "./find.ts";

export interface CallerNames extends PrincipalNames {
  /** As the record has it. */
  readonly id: string;
  /** As policy documents have it: `users:bob`. */
  readonly principal: string;
}

export const readCallerIdentity = readOperation<object, Identity, CallerNames>({
  name: "session.read",
  async locate(_input, { call, caller }) {
    if (caller.kind !== "identity") {
      throw new Refusal("unauthenticated", "The request carries no credential.");
    }
    const { id, name, typeURI } = caller;
    const kind = KINDS[typeURI] ?? "user";
    const own = kind === "user" ? id : id.replace(/^iam-/, "");
    return { target: targetOf(call, { kind, id: own, name }), resource: null, subject: caller };
  },
  run: async (_input, { subject }) => ({
    ...principalNames(subject),
    id: subject.id,
    principal: principalName(subject),
  }),
});

const KINDS: Readonly<Record<string, "user" | "serviceid" | "profile">> = {
  "service/security/account/serviceid": "serviceid",
  "service/security/account/profile": "profile",
};
