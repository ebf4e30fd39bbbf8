"""A secret's life by boto3, as a program of the owner's would live it. Prints what it saw, as JSON."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]


def client(service, **more):
    return boto3.client(service, endpoint_url=ENDPOINT, **more)


secrets = client("secretsmanager")
sts = client("sts")
iam = client("iam")
trail = client("cloudtrail")
seen = {}


def refused(call, **asked):
    try:
        call(**asked)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "not refused"


made = secrets.create_secret(
    Name="app/db", SecretString=json.dumps({"password": "first"}), Tags=[{"Key": "env", "Value": "prod"}]
)
secrets.put_secret_value(SecretId="app/db", SecretBinary=bytes(range(256)))
seen["binary"] = secrets.get_secret_value(SecretId="app/db")["SecretBinary"] == bytes(range(256))
seen["previous"] = secrets.get_secret_value(SecretId="app/db", VersionStage="AWSPREVIOUS")["SecretString"]
seen["unknown"] = refused(secrets.get_secret_value, SecretId="nothing")
seen["listed"] = [
    secret["Name"]
    for page in secrets.get_paginator("list_secrets").paginate(Filters=[{"Key": "tag-key", "Values": ["env"]}])
    for secret in page["SecretList"]
]

iam.create_user(UserName="reader")
iam.get_waiter("user_exists").wait(UserName="reader")
key = iam.create_access_key(UserName="reader")["AccessKey"]
reader = client(
    "secretsmanager", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
)
seen["before"] = refused(reader.get_secret_value, SecretId="app/db")
iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/SecretsManagerReadWrite")
seen["after"] = reader.get_secret_value(SecretId="app/db", VersionStage="AWSPREVIOUS")["SecretString"]

account = sts.get_caller_identity()["Account"]
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:user/reader"},
            "Action": "sts:AssumeRole",
        }
    ],
}
role = iam.create_role(RoleName="Deployer", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
iam.attach_role_policy(RoleName="Deployer", PolicyArn="arn:aws:iam::aws:policy/SecretsManagerReadWrite")
assumed = client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]).assume_role(
    RoleArn=role["Arn"], RoleSessionName="release-7"
)
session = assumed["Credentials"]
deployer = client(
    "secretsmanager",
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
)
deployer.update_secret(SecretId="app/db", SecretString="by the role")
seen["arn"] = assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/Deployer/release-7"

iam.update_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"], Status="Inactive")
seen["inactive"] = refused(reader.get_secret_value, SecretId="app/db")


def records(key, value):
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]
    )
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


seen["bySession"] = [
    [record["eventName"], record["userIdentity"]["type"], record["userIdentity"]["arn"].split("/")[-1]]
    for record in records("AccessKeyId", session["AccessKeyId"])
]
seen["byReader"] = [
    [record["eventName"], record.get("errorCode")] for record in records("Username", "reader")
]
seen["assumed"] = [
    record["requestParameters"]["roleSessionName"] for record in records("EventName", "AssumeRole")
]
seen["secrets"] = [key["SecretAccessKey"], session["SecretAccessKey"], session["SessionToken"]]
seen["records"] = json.dumps(records("EventSource", "iam.amazonaws.com") + records("EventSource", "sts.amazonaws.com"))
print(json.dumps(seen))
