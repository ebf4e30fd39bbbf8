/** Deletes a destination: nothing more is sent there, and where it had come to is forgotten. */
import { changeOperation } from "../operation.ts";
import { forgetCredentials } from "./credentials.ts";
import { itemOf, locateDestination, type Found, type WhichDestination } from "./find.ts";

/** With its credentials, which open no more wherever a copy of them may be. */
export const deleteDestination = changeOperation<WhichDestination, Found, object>({
  name: "destination.delete",
  locate: locateDestination,
  async run(_input, { subject }, context) {
    const item = itemOf(subject);
    await context.store.items.deleteItem(item);
    await forgetCredentials(item, context);
    return {};
  },
});
