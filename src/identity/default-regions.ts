/** The regions of an installation that says nothing of them. */
import type { Region } from "./region.ts";

/** Where IBM Secrets Manager is offered, and whether it sends activity tracking events there. */
const IBM_REGIONS: readonly Region[] = [
  ...within("Americas", [
    ["us-south", "Dallas"],
    ["us-east", "Washington"],
    ["ca-tor", "Toronto"],
    ["br-sao", "Sao Paulo"],
  ]),
  ...within("Asia Pacific", [
    ["jp-tok", "Tokyo"],
    ["au-syd", "Sydney"],
    ["jp-osa", "Osaka"],
  ]),
  { id: "in-che", name: "Chennai", geography: "Asia Pacific", events: false },
  ...within("Europe", [
    ["eu-de", "Frankfurt"],
    ["eu-gb", "London"],
    ["eu-es", "Madrid"],
  ]),
];

/** Where AWS Secrets Manager is offered to everybody: what a client's configuration may name. */
const AWS_REGIONS: readonly Region[] = [
  ...within("Americas", [
    ["us-east-1", "N. Virginia"],
    ["us-east-2", "Ohio"],
    ["us-west-1", "N. California"],
    ["us-west-2", "Oregon"],
    ["ca-central-1", "Canada"],
    ["ca-west-1", "Calgary"],
    ["mx-central-1", "Mexico"],
    ["sa-east-1", "Sao Paulo"],
  ]),
  ...within("Africa", [["af-south-1", "Cape Town"]]),
  ...within("Asia Pacific", [
    ["ap-east-1", "Hong Kong"],
    ["ap-east-2", "Taipei"],
    ["ap-south-1", "Mumbai"],
    ["ap-south-2", "Hyderabad"],
    ["ap-southeast-1", "Singapore"],
    ["ap-southeast-2", "Sydney"],
    ["ap-southeast-3", "Jakarta"],
    ["ap-southeast-4", "Melbourne"],
    ["ap-southeast-5", "Malaysia"],
    ["ap-southeast-6", "New Zealand"],
    ["ap-southeast-7", "Thailand"],
    ["ap-northeast-1", "Tokyo"],
    ["ap-northeast-2", "Seoul"],
    ["ap-northeast-3", "Osaka"],
  ]),
  ...within("Europe", [
    ["eu-central-1", "Frankfurt"],
    ["eu-central-2", "Zurich"],
    ["eu-west-1", "Ireland"],
    ["eu-west-2", "London"],
    ["eu-west-3", "Paris"],
    ["eu-north-1", "Stockholm"],
    ["eu-south-1", "Milan"],
    ["eu-south-2", "Spain"],
  ]),
  ...within("Middle East", [
    ["il-central-1", "Tel Aviv"],
    ["me-central-1", "UAE"],
    ["me-south-1", "Bahrain"],
  ]),
];

/** IBM's first: the first of all is where an installation begins. */
export const DEFAULT_REGIONS: readonly Region[] = [...IBM_REGIONS, ...AWS_REGIONS];

function within(
  geography: string,
  named: readonly (readonly [id: string, name: string])[],
): readonly Region[] {
  return named.map(([id, name]) => ({ id, name, geography, events: true }));
}
