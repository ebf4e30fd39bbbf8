/** `history` and `activity`: what the trail says of a thing, as IBM's IAM Identity shows it. */
import type { Past, Told } from "../../../../app/identity/history.ts";

/** Only what was asked for. */
export function pastBody({ history, activity }: Told): object {
  return {
    ...(history ? { history: history.map(recordBody) } : {}),
    ...(activity
      ? { activity: { last_authn: activity.lastLoginAt, authn_count: activity.loginCount } }
      : {}),
  };
}

function recordBody({ at, iamId, account, action, params, message }: Past): object {
  return { timestamp: at, iam_id: iamId, iam_id_account: account, action, params, message };
}
