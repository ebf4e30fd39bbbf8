export interface TokenIssuer {}
