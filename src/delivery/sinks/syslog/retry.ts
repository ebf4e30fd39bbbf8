/**
 * What failures mean. A receiver of syslog answers nothing: whether it has read something is said by its connection
 * (`transports/network-fault.ts`). What cannot be said shortly enough is said to no one.
 */
import { DeliveryFault } from "../../fault.ts";

export function tooLong(maxBytes: number): DeliveryFault {
  return new DeliveryFault("rejected", `longer than ${maxBytes} bytes, however shortened`);
}
