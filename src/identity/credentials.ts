export interface CredentialKeeper {}
