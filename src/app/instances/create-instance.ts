/** A further instance of an account, in a region of the installation. */
import { accountPlace, type Instance } from "../../identity/account.ts";
import { assertTakesInstances, type Region } from "../../identity/region.ts";
import { SERVICE_WITH_INSTANCES } from "../../identity/roles.ts";
import { checkedName } from "../../identity/text.ts";
import { randomId } from "../../kernel/ids.ts";
import { assertRoom } from "../identity/find.ts";
import { changeOperation } from "../operation.ts";
import { targetOf, viewOf, type InstanceView } from "./find.ts";

/** Of an account: lists of them are never paged. */
export const MAX_INSTANCES = 100;

export interface CreateInstanceInput {
  readonly name: string;
  readonly region: string;
}

interface NewInstance {
  readonly instance: Instance;
  readonly region: Region;
}

export const createInstance = changeOperation<CreateInstanceInput, NewInstance, InstanceView>({
  name: "instance.create",

  /**
   * The id is chosen here: a creation that is refused is recorded under the CRN it would have had, unless its region
   * is one that no instance can be in.
   */
  async locate(input, { call, now, capabilities }) {
    const { account } = call.place;
    const region = capabilities.regions.named(input.region);
    const name = checkedName(input.name);
    const instance = { id: randomId(), account, region: region.id, name, createdAt: now };
    const home = accountPlace(account);
    return {
      target: region.events ? targetOf(instance) : { place: home, kind: "", id: "", name },
      // A role on a region makes instances in it; one on an instance makes none.
      resource: { service: SERVICE_WITH_INSTANCES, place: { ...home, region: region.id } },
      subject: { instance, region },
    };
  },

  async run(_input, { subject: { instance, region } }, { store }) {
    assertTakesInstances(region);
    const { length } = await store.identity.instances(instance.account);
    assertRoom(length, MAX_INSTANCES, "instances of an account");
    await store.identity.putInstance(instance);
    return viewOf(instance);
  },
});
