/** Whose rights credentials are made with: the owner of an API key. Of the key itself nothing but the id is kept. */
export interface IamEngineAttributes {
  readonly kind: "iam-engine";
  readonly apiKeyId: string;
  readonly disabled: boolean;
}
