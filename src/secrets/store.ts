export interface SecretReader {}
export interface SecretStore extends SecretReader {}
