/** The commands that work on files without a server, given the storage that reads them. */
import { verifyCommand as verifyOver } from "../cli/verify.ts";
import { witnessCommand as witnessOver } from "../cli/witness.ts";
import { LedgerFolder } from "../storage/files/ledger-store.ts";
import { FileWitnessState } from "../storage/files/witness-state.ts";

export const verifyCommand = verifyOver((folder) => new LedgerFolder(folder));

export const witnessCommand = witnessOver((folder) => new FileWitnessState(folder));
