/** Keeps retrievals in the state, where answers find them. */
import type { RetrievalStore } from "../../secrets/retrievals.ts";
import type { State } from "../state.ts";

export function retrievalStoreOn(state: State): RetrievalStore {
  return {
    position: () => state.read(({ secrets }) => secrets.retrievalsPosition()),
    save: (retrievals, position) =>
      state.transact(({ secrets }) => secrets.saveRetrievals(retrievals, position)),
  };
}
