/** Who calls, and whose an access key is: GetCallerIdentity, GetAccessKeyInfo. */
import { readCallerIdentity } from "../../../../app/identity/caller-identity.ts";
import { identifyAccessKey } from "../../../../app/identity/identify-access-key.ts";
import { accountNumber } from "../../../../audit/render/cloudtrail-arn.ts";
import { line, type AwsLine } from "../service.ts";

export const callerLines: readonly AwsLine[] = [
  line("GetCallerIdentity", readCallerIdentity, [
    () => ({}),
    ({ userId, account, arn }) => ({ UserId: userId, Account: account, Arn: arn }),
  ]),
  line("GetAccessKeyInfo", identifyAccessKey, [
    (members) => ({
      accessKeyId: members.text("AccessKeyId", { min: 16, max: 128, pattern: /^\w*$/ }),
    }),
    ({ account }) => ({ Account: accountNumber(account) }),
  ]),
];
