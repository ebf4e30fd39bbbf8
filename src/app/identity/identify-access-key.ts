/** The account of an access key, by its id, which is no secret: for whoever comes upon one and looks for its owner. */
import { isAccessKeyId } from "../../identity/access-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { placeOf } from "./find.ts";

export interface IdentifyAccessKeyInput {
  readonly accessKeyId: string;
}

export interface IdentifiedAccessKey {
  readonly account: string;
}

/** Tells nothing of a key but its account, to anybody who has a credential of any. */
export const identifyAccessKey = readOperation<
  IdentifyAccessKeyInput,
  IdentifiedAccessKey | undefined,
  IdentifiedAccessKey
>({
  name: "apikey.identify",
  async locate({ accessKeyId }, { store, call }) {
    const sentence = "The access key is not known.";
    if (!isAccessKeyId(accessKeyId)) {
      throw new Refusal("invalid_request", sentence, { reason: "no-access-key" });
    }
    const subject = await store.accessKeys.accessKey(accessKeyId);
    return {
      target: { place: placeOf(call), kind: "", id: "", name: "" },
      resource: null,
      subject,
      refusal: subject ? undefined : new Refusal("not_found", sentence),
    };
  },
  async run(_input, { subject }) {
    if (!subject) throw new Refusal("not_found", "The access key is not known.");
    return { account: subject.account };
  },
});
