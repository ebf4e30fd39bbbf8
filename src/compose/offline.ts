/** The commands that work on files without a server, given the storage that reads them. */
import { indexCommand as indexOver } from "../cli/index.ts";
import { recoverCommand as recoverOver } from "../cli/recover.ts";
import { verifyCommand as verifyOver } from "../cli/verify.ts";
import { witnessCommand as witnessOver } from "../cli/witness.ts";
import { LedgerFolder } from "../storage/files/ledger-store.ts";
import { FileWitnessState } from "../storage/files/witness-state.ts";

export const verifyCommand = verifyOver((folder) => new LedgerFolder(folder));

export const witnessCommand = witnessOver((folder) => new FileWitnessState(folder));

/** The database is loaded only where it is used. */
export const recoverCommand = recoverOver(async (folder, email) => {
  const { requestRecovery } = await import("./recovery-request.ts");
  await requestRecovery(folder, email);
});

/** The index's engine is loaded only where it is used: it is by far the largest part of the program. */
export const indexCommand = indexOver(async (folder, say) => {
  const { openOfflineIndex } = await import("./offline-index.ts");
  return openOfflineIndex(folder, say);
});
