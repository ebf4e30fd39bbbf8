/** A certificate authority of an instance: a root, or an intermediate one. */
export interface AuthorityAttributes {
  readonly kind: "authority";
}
