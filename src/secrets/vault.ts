export interface Vault {}
