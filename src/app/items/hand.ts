/** Who does something now, as items keep it: by the name that records of DSV have for them. */
import { principalName } from "../../audit/render/dsv.ts";
import type { Hand } from "../../items/item.ts";
import { initiatorOf } from "../initiator.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";

export function handOf({
  call,
  caller,
  now,
}: Pick<Context<View>, "call" | "caller" | "now">): Hand {
  return { by: principalName(initiatorOf({ ...call, caller }, call.place.account)), now };
}
