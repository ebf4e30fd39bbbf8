/**
 * The members that AWS's actions have, as its records write them: what of a call by AWS's wire is its
 * `requestParameters`. Those that are secret are not among them, and no event has them.
 */

const SECRET = "secretId";

const secretsManager: Readonly<Record<string, string>> = {
  BatchGetSecretValue: "secretIdList filters maxResults",
  CancelRotateSecret: SECRET,
  CreateSecret:
    "name clientRequestToken description kmsKeyId tags addReplicaRegions forceOverwriteReplicaSecret type",
  DeleteResourcePolicy: SECRET,
  DeleteSecret: `recoveryWindowInDays forceDeleteWithoutRecovery ${SECRET}`,
  DescribeSecret: SECRET,
  GetRandomPassword:
    "passwordLength excludeCharacters excludeNumbers excludePunctuation excludeUppercase excludeLowercase includeSpace requireEachIncludedType",
  GetResourcePolicy: SECRET,
  GetSecretValue: `${SECRET} versionId versionStage`,
  ListSecretVersionIds: `${SECRET} maxResults includeDeprecated`,
  ListSecrets: "filters maxResults sortBy sortOrder includePlannedDeletion",
  PutResourcePolicy: `${SECRET} resourcePolicy blockPublicPolicy`,
  PutSecretValue: `${SECRET} clientRequestToken versionStages`,
  RemoveRegionsFromReplication: `${SECRET} removeReplicaRegions`,
  ReplicateSecretToRegions: `${SECRET} addReplicaRegions forceOverwriteReplicaSecret`,
  RestoreSecret: SECRET,
  RotateSecret: `${SECRET} clientRequestToken rotationLambdaARN rotationRules rotateImmediately`,
  StopReplicationToReplica: SECRET,
  TagResource: `${SECRET} tags`,
  UntagResource: `${SECRET} tagKeys`,
  UpdateSecret: `${SECRET} clientRequestToken description kmsKeyId type`,
  UpdateSecretVersionStage: `${SECRET} versionStage removeFromVersionId moveToVersionId`,
  ValidateResourcePolicy: `${SECRET} resourcePolicy`,
};

const sts: Readonly<Record<string, string>> = {
  AssumeRole:
    "roleArn roleSessionName policyArns policy durationSeconds tags transitiveTagKeys externalId serialNumber sourceIdentity",
  GetAccessKeyInfo: "accessKeyId",
  GetFederationToken: "name policy policyArns durationSeconds tags",
  GetSessionToken: "durationSeconds serialNumber",
};

const cloudtrail: Readonly<Record<string, string>> = {
  LookupEvents: "lookupAttributes startTime endTime eventCategory maxResults",
};

const PAGE = "marker maxItems";

const iam: Readonly<Record<string, string>> = {
  AttachGroupPolicy: "groupName policyArn",
  AttachRolePolicy: "roleName policyArn",
  AttachUserPolicy: "userName policyArn",
  CreateAccessKey: "userName",
  CreateRole: "path roleName assumeRolePolicyDocument description maxSessionDuration tags",
  CreateUser: "path userName tags",
  DeleteAccessKey: "userName accessKeyId",
  DeleteRole: "roleName",
  DeleteUser: "userName",
  DetachGroupPolicy: "groupName policyArn",
  DetachRolePolicy: "roleName policyArn",
  DetachUserPolicy: "userName policyArn",
  GetAccessKeyLastUsed: "accessKeyId",
  GetPolicy: "policyArn",
  GetPolicyVersion: "policyArn versionId",
  GetRole: "roleName",
  GetUser: "userName",
  ListAccessKeys: `userName ${PAGE}`,
  ListAttachedGroupPolicies: `groupName pathPrefix ${PAGE}`,
  ListAttachedRolePolicies: `roleName pathPrefix ${PAGE}`,
  ListAttachedUserPolicies: `userName pathPrefix ${PAGE}`,
  ListGroupsForUser: `userName ${PAGE}`,
  ListAccountAliases: PAGE,
  ListInstanceProfilesForRole: `roleName ${PAGE}`,
  ListPolicies: `scope onlyAttached pathPrefix policyUsageFilter ${PAGE}`,
  ListRolePolicies: `roleName ${PAGE}`,
  ListRoles: `pathPrefix ${PAGE}`,
  ListUserPolicies: `userName ${PAGE}`,
  ListUsers: `pathPrefix ${PAGE}`,
  PutRolePolicy: "roleName policyName policyDocument",
  PutUserPolicy: "userName policyName policyDocument",
  UpdateAccessKey: "userName accessKeyId status",
  UpdateAssumeRolePolicy: "roleName policyDocument",
  UpdateRole: "roleName description maxSessionDuration",
  UpdateUser: "userName newPath newUserName",
};

const members = new Map(
  Object.entries({ ...secretsManager, ...sts, ...cloudtrail, ...iam }).map(
    ([action, names]) => [action, new Set(names.split(" "))] as const,
  ),
);

const NONE: ReadonlySet<string> = new Set();

/** By AWS's name of the action; none of what is no action of AWS. */
export function requestMembersOf(action: string): ReadonlySet<string> {
  return members.get(action) ?? NONE;
}
