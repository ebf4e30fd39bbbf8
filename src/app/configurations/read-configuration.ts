/** Configurations as they are seen: one, or many. What they keep secret is not given out. */
import { Refusal } from "../../kernel/errors.ts";
import type { Configuration } from "../../secrets/configurations/configuration.ts";
import {
  CONFIGURATION_SORT_FIELDS,
  type ConfigurationSortField,
} from "../../secrets/configurations/store.ts";
import {
  DEFAULT_SECRETS_PER_PAGE,
  pageOf,
  sortOf,
  type PageInput,
  type Sort,
} from "../../secrets/paging.ts";
import type { Instance, SecretType } from "../../secrets/secret.ts";
import { readOperation } from "../operation.ts";
import type { PageFacts } from "../secrets/answers.ts";
import { instanceOf, wholeOf } from "../secrets/find.ts";
import { checkSearch } from "../secrets/list-secrets.ts";
import type { ConfigurationView } from "./answers.ts";
import { shown } from "./show.ts";
import { locateConfiguration, type WhichConfiguration } from "./find.ts";

export const readConfiguration = readOperation<
  WhichConfiguration,
  Configuration,
  ConfigurationView
>({
  name: "configuration.read",
  locate: locateConfiguration,
  run: (_input, { subject }, context) => shown(subject, context),
});

export interface ListConfigurationsInput extends PageInput {
  readonly sort?: Sort<ConfigurationSortField> | undefined;
  readonly search?: string | undefined;
  readonly secretTypes?: readonly SecretType[] | undefined;
}

export interface ListConfigurationsOutput extends PageFacts {
  readonly configurations: readonly ConfigurationView[];
}

export const listConfigurations = readOperation<
  ListConfigurationsInput,
  Instance,
  ListConfigurationsOutput
>({
  name: "configuration.list",

  async locate(_input, { call: { place } }) {
    const target = { place, kind: "", id: "", name: "" };
    return { target, resource: wholeOf(place), subject: instanceOf(place) };
  },

  async run(input, { subject: at }, context) {
    const { store } = context;
    const page = pageOf(input, DEFAULT_SECRETS_PER_PAGE);
    const sort = input.sort ?? "name";
    if (!CONFIGURATION_SORT_FIELDS.includes(sortOf(sort).field)) {
      throw new Refusal(
        "invalid_request",
        `Configurations are sorted by ${CONFIGURATION_SORT_FIELDS.join(", ")}.`,
        { field: "sort" },
      );
    }
    const search = checkSearch(input.search);
    const { secretTypes } = input;
    const found = await store.configurations.configurations(at, {
      page,
      sort,
      search,
      secretTypes,
    });
    const configurations = await Promise.all(found.items.map((one) => shown(one, context)));
    return {
      totalCount: found.totalCount,
      returnedCount: configurations.length,
      ...page,
      configurations,
    };
  },
});
