/** The operations on instances: having them, logging in to them, being told of what happens in them. */
import { changing, making, reading, removing, rows } from "./row.ts";

/** AWS has no instances: these are events of ours, and no lines in the history of its Secrets Manager. */
const OURS = "keytrail.amazonaws.com";

export const instanceRows = rows({
  "instance.create": {
    ...making,
    action: "secrets-manager.instance.create",
    aws: "CreateSecretsManagerInstance",
    awsSource: OURS,
    dsv: ["instances", "POST"],
    request: ["name", "region"],
    response: ["id", "crn", "region"],
  },
  "instance.list": {
    ...reading,
    action: "secrets-manager.instances.list",
    aws: "ListSecretsManagerInstances",
    awsSource: OURS,
    dsv: ["instances", "GET"],
    request: [],
    response: ["totalCount"],
  },
  "instance.read": {
    ...reading,
    action: "secrets-manager.instance.read",
    aws: "DescribeSecretsManagerInstance",
    awsSource: OURS,
    dsv: ["instances:{id}", "GET"],
    request: ["id"],
    response: ["id", "region"],
  },
  "instance.update": {
    ...changing,
    action: "secrets-manager.instance.update",
    aws: "UpdateSecretsManagerInstance",
    awsSource: OURS,
    dsv: ["instances:{id}", "PUT"],
    request: ["id", "changes"],
    response: ["id", "changes"],
  },
  "instance.delete": {
    ...removing,
    action: "secrets-manager.instance.delete",
    aws: "DeleteSecretsManagerInstance",
    awsSource: OURS,
    dsv: ["instances:{id}", "DELETE"],
    request: ["id"],
    response: [],
  },
  "instance.login": {
    ...making,
    action: "secrets-manager.instance.login",
    aws: "LoginToInstance",
    dsv: ["token", "POST"],
    request: ["method"],
    response: ["leaseDuration"],
  },
  "instance.endpoints.read": {
    ...reading,
    action: "secrets-manager.endpoints.view",
    aws: "DescribeEndpoints",
    dsv: ["instances:{id}:endpoints", "GET"],
    request: ["id"],
    response: ["id"],
  },
  "notification-registration.create": {
    ...making,
    action: "secrets-manager.notifications-registration.create",
    aws: "CreateNotificationsRegistration",
    dsv: ["config:notifications", "POST"],
    request: ["notificationsCrn", "sourceName"],
    response: ["notificationsCrn"],
  },
  "notification-registration.read": {
    ...reading,
    action: "secrets-manager.notifications-registration.read",
    aws: "DescribeNotificationsRegistration",
    dsv: ["config:notifications", "GET"],
    request: [],
    response: ["notificationsCrn"],
  },
  "notification-registration.delete": {
    ...removing,
    action: "secrets-manager.notifications-registration.delete",
    aws: "DeleteNotificationsRegistration",
    dsv: ["config:notifications", "DELETE"],
    request: [],
    response: ["notificationsCrn"],
  },
  // A change by its kind, since it sends: a message goes out, and what became of it is recorded.
  "notification-registration.test": {
    ...making,
    action: "secrets-manager.notifications-registration.test",
    aws: "TestNotificationsRegistration",
    dsv: ["config:notifications:test", "GET"],
    request: [],
    response: ["notificationsCrn", "status"],
  },
});
