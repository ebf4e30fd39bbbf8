/** AWS CloudTrail: the trail as CloudTrail's users look it up. */
import { lookUpLine } from "./look-up.ts";
import type { AwsService } from "../service.ts";

export const cloudtrail: AwsService = {
  name: "cloudtrail",
  target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
  shape: "CloudTrail_20131101",
  query: null,
  lines: [lookUpLine],
};
