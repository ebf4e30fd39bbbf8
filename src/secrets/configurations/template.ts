/** A certificate template: what certificates of one authority may say. */
export interface TemplateAttributes {
  readonly kind: "template";
  /** The authority's name. */
  readonly certificateAuthority: string;
}
