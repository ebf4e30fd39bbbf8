/** The port to where notices are sent. Which instance of Event Notifications stands for which webhook, its operator says. */
import type { NoticeMessage } from "../../secrets/notice-message.ts";

/** What became of one attempt. A status of 2xx is an acceptance. */
export type SentNotice =
  | { readonly kind: "accepted"; readonly status: number }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "unreachable"; readonly problem: "timeout" | "connection" | "stopped" };

export interface NoticeSender {
  /** Whether this installation has been told where that is. */
  knows(notificationsCrn: string): boolean;
  /** Once. Resolves in that time, whatever the other side does. */
  send(
    notificationsCrn: string,
    message: NoticeMessage,
    sending: { readonly timeoutMs: number },
  ): Promise<SentNotice>;
}
