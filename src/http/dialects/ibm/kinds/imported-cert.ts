/** Being written. */
import { Refusal } from "../../../../kernel/errors.ts";
import type { WireKind } from "./wire-kind.ts";

export const importedCert: WireKind<"imported_cert"> = {
  create() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  metadata: () => ({}),
  value: () => ({}),
};
