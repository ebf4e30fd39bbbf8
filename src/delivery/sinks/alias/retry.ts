/** What it means that nothing is called so. */
import { DeliveryFault } from "../../fault.ts";

export function aliasFault(): DeliveryFault {
  return new DeliveryFault("denied", "no destination that may be used is called by its CRN");
}
