/** How custom credentials are made: the job of the owner's that is asked to. */
export interface CustomEngineAttributes {
  readonly kind: "custom-engine";
}
