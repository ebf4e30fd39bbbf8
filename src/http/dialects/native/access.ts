/** Routes of the two questions of an incident: who could, by the policies, and who did, by the ledger. */
import { exposure } from "../../../app/access/exposure.ts";
import { whoCan } from "../../../app/access/who-can.ts";
import { isUuid } from "../../../kernel/ids.ts";
import {
  accessAnswer,
  accessBody,
  accessQuery,
  exposureAnswer,
  exposureBody,
  exposureQuery,
} from "./access-shapes.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";

export const accessRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: "/trail/v1/access",
    operationId: "whoCan",
    summary: "Who may do something now, by which policies, groups and trusted profiles.",
    operation: whoCan,
    query: accessQuery,
    answer: {
      status: 200,
      description: "Every identity that may, with each way by which it may.",
      content: { "application/json": accessAnswer },
    },
    decode: ({ query: { operation: permission, target } }) => ({ permission, target }),
    encode: (found) => ({ status: 200, body: accessBody(found) }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/exposure",
    operationId: "readExposure",
    summary: "Who has received a secret's value, when and from where, with what proves it.",
    operation: exposure,
    query: exposureQuery,
    answer: {
      status: 200,
      description: "Every identity that was given the value, or knew it from the beginning.",
      content: { "application/json": exposureAnswer },
    },
    about({ query }) {
      const { secret } = query as { readonly secret?: unknown };
      if (typeof secret !== "string" || !isUuid(secret)) return null;
      return { kind: "exposure", id: secret.toLowerCase() };
    },
    decode: ({ query: { secret, version, since } }) => ({
      secretId: secret.toLowerCase(),
      versionId: version?.toLowerCase(),
      since,
    }),
    encode: (found) => ({ status: 200, body: exposureBody(found) }),
  }),
];
