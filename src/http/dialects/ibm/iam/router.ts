/** IBM's IAM Identity, line by line: API keys, service IDs and account settings. Trusted profiles stand beside this. */
import {
  readAccountSettings,
  updateAccountSettings,
} from "../../../../app/identity/account-settings.ts";
import { createApiKey, deleteApiKey } from "../../../../app/identity/api-keys.ts";
import { identifyApiKey, listApiKeys, readApiKey } from "../../../../app/identity/read-api-keys.ts";
import { listServiceIds, readServiceId } from "../../../../app/identity/read-service-ids.ts";
import { createServiceId, deleteServiceId } from "../../../../app/identity/service-ids.ts";
import { updateApiKey } from "../../../../app/identity/update-api-key.ts";
import { updateServiceId } from "../../../../app/identity/update-service-id.ts";
import type { Route } from "../../../route.ts";
import * as keys from "./decode-keys.ts";
import * as serviceIds from "./decode-service-ids.ts";
import * as settings from "./decode-settings.ts";
import { changedKey, createdKey, keyList, shownKey } from "./encode-keys.ts";
import {
  changedServiceId,
  createdServiceId,
  serviceIdList,
  shownServiceId,
} from "./encode-service-ids.ts";
import { shownSettings } from "./encode-settings.ts";
import { line, noContent } from "./line.ts";

const KEYS = "/v1/apikeys";
const KEY = `${KEYS}/:id`;
const SERVICE_IDS = "/v1/serviceids";
const SERVICE_ID = `${SERVICE_IDS}/:id`;
const SETTINGS = "/v1/accounts/:account_id/settings/identity";

const { aboutKey } = keys;
const { aboutServiceId } = serviceIds;
const { aboutSettings } = settings;

export const apiKeyRoutes: readonly Route[] = [
  line(`POST ${KEYS}`, createApiKey, [keys.decodeNewKey, createdKey]),
  line(`GET ${KEYS}`, listApiKeys, [keys.decodeKeyList, keyList]),
  line(`GET ${KEYS}/details`, identifyApiKey, [keys.decodeOfferedKey, shownKey]),
  line(`GET ${KEY}`, readApiKey, [keys.decodeKey, shownKey, aboutKey]),
  line(`PUT ${KEY}`, updateApiKey, [keys.decodeKeyUpdate, changedKey, aboutKey]),
  line(`DELETE ${KEY}`, deleteApiKey, [keys.decodeKeyId, noContent, aboutKey]),
  line(`POST ${KEY}/lock`, updateApiKey, [keys.decodeKeyChange("lock"), noContent, aboutKey]),
  line(`DELETE ${KEY}/lock`, updateApiKey, [keys.decodeKeyChange("unlock"), noContent, aboutKey]),
  line(`POST ${KEY}/disable`, updateApiKey, [keys.decodeKeyChange("disable"), noContent, aboutKey]),
  line(`DELETE ${KEY}/disable`, updateApiKey, [
    keys.decodeKeyChange("enable"),
    noContent,
    aboutKey,
  ]),
];

export const serviceIdRoutes: readonly Route[] = [
  line(`POST ${SERVICE_IDS}`, createServiceId, [serviceIds.decodeNewServiceId, createdServiceId]),
  line(`GET ${SERVICE_IDS}`, listServiceIds, [serviceIds.decodeServiceIdList, serviceIdList]),
  line(`GET ${SERVICE_ID}`, readServiceId, [
    serviceIds.decodeServiceId,
    shownServiceId,
    aboutServiceId,
  ]),
  line(`PUT ${SERVICE_ID}`, updateServiceId, [
    serviceIds.decodeServiceIdUpdate,
    changedServiceId,
    aboutServiceId,
  ]),
  line(`DELETE ${SERVICE_ID}`, deleteServiceId, [
    serviceIds.decodeServiceIdId,
    noContent,
    aboutServiceId,
  ]),
  line(`POST ${SERVICE_ID}/lock`, updateServiceId, [
    serviceIds.decodeServiceIdLock("lock"),
    noContent,
    aboutServiceId,
  ]),
  line(`DELETE ${SERVICE_ID}/lock`, updateServiceId, [
    serviceIds.decodeServiceIdLock("unlock"),
    noContent,
    aboutServiceId,
  ]),
];

export const settingsRoutes: readonly Route[] = [
  line(`GET ${SETTINGS}`, readAccountSettings, [
    settings.decodeSettingsRead,
    shownSettings,
    aboutSettings,
  ]),
  line(`PUT ${SETTINGS}`, updateAccountSettings, [
    settings.decodeSettingsUpdate,
    shownSettings,
    aboutSettings,
  ]),
];
