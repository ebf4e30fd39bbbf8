/** Where operations on the trail are located: the account's trail, of which the caller may see a part. */
import type { Located } from "../operation.ts";
import type { Call } from "../call.ts";

const SERVICE = "keytrail";

/** `about` null: the trail as a whole. */
export function trailLocation(
  call: Call,
  about: { readonly kind: string; readonly id: string } | null,
): Omit<Located<unknown>, "subject"> {
  const { place } = call;
  return {
    target: {
      place,
      kind: about?.kind ?? "",
      id: about?.id ?? "",
      name: about === null ? "trail" : "",
    },
    resource: { service: SERVICE, place },
    anywhere: true,
  };
}
