"""Lookup tables and what queries look up in them, one event by its pointer, and groups by their data sources."""

import json
import time

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from harness import disk, tasks
from harness.installation import Keys
from harness.refusals import refused
from harness.waiting import wait_for

ACCOUNT = "000000000000"
USERS = 'id,name,"team, or none"\n1,anna,red\n2,"bert ""b"" x",blue\n'


@pytest.fixture
def group(wharf):
    logs, name = wharf.client("logs"), "/e2e/" + tasks.unique("lookup")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now - 10_000 + n, "message": json.dumps({"user": n, "path": f"/{n}"})} for n in range(1, 4)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    return name


def asked(logs, group, text):
    now = int(time.time())
    query = logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString=text)["queryId"]

    def result():
        found = logs.get_query_results(queryId=query)
        return found if found["status"] not in ("Running", "Scheduled") else None

    found = wait_for(result, what="the query's end")
    assert found["status"] == "Complete"
    return [{field["field"]: field["value"] for field in row if field["field"] != "@ptr"} for row in found["results"]]


def test_queries_look_up_after_a_kill_too(wharf, group):
    logs, name = wharf.client("logs"), tasks.unique("users").replace("-", "_")
    made = logs.create_lookup_table(lookupTableName=name, tableBody=USERS, description="who", tags={"team": "red"})
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:lookup-table:{name}"
    assert made["lookupTableArn"] == arn and made["createdAt"]
    wharf.kill_child("server")
    wharf.wait_ready()
    logs = wharf.client("logs")
    held = logs.get_lookup_table(lookupTableArn=arn)
    assert (held["tableBody"], held["description"], held["sizeBytes"]) == (USERS, "who", len(USERS))
    text = f"fields user | lookup {name} id as user OUTPUT name, `team, or none` | sort @timestamp"
    found = [{"user": "1", "name": "anna", "team, or none": "red"}, {"user": "2", "name": 'bert "b" x', "team, or none": "blue"}]
    assert asked(logs, group, text) == [*found, {"user": "3"}]
    assert asked(logs, group, f"lookup {name} id as user OUTPUT name | filter name = 'anna' | stats count(*) as n") == [{"n": "1"}]

    # The command line; what is put again takes the place of all that was there.
    wharf.aws("logs", "update-lookup-table", "--lookup-table-arn", arn, "--table-body", "id,name\n3,carl\n")
    (told,) = wharf.aws("logs", "describe-lookup-tables", "--lookup-table-name-prefix", name)["lookupTables"]
    assert (told["tableFields"], told["recordsCount"], told["description"]) == (["id", "name"], 1, "who")
    assert asked(logs, group, f"fields user | lookup {name} id as user OUTPUT name | sort @timestamp | limit 3")[2] == {
        "user": "3",
        "name": "carl",
    }
    code, text = refused(
        logs.start_query, logGroupName=group, startTime=1, endTime=2, queryString=f"lookup {name} id as user OUTPUT `team, or none`"
    )
    assert (code, text) == ("MalformedQueryException", f"the lookup table {name} has no column team, or none")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "red"}
    logs.tag_resource(resourceArn=arn, tags={"stage": "test"})
    logs.untag_resource(resourceArn=arn, tagKeys=["team"])
    found = wharf.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "stage"}])["ResourceTagMappingList"]
    assert arn in [one["ResourceARN"] for one in found]
    logs.delete_lookup_table(lookupTableArn=arn)
    assert refused(logs.get_lookup_table, lookupTableArn=arn)[0] == "ResourceNotFoundException"
    assert refused(logs.start_query, logGroupName=group, startTime=1, endTime=2, queryString=f"lookup {name} id OUTPUT name") == (
        "MalformedQueryException",
        f"the lookup table {name} does not exist",
    )


def test_a_table_of_what_a_query_found(wharf, group):
    logs, name, now = wharf.client("logs"), tasks.unique("found").replace("-", "_"), int(time.time())
    text = "stats count(*) as n, sortsLast(path) as last by user | sort user"
    query = logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString=text)["queryId"]
    wait_for(lambda: logs.get_query_results(queryId=query)["status"] == "Complete", what="the query's end")
    arn = logs.create_lookup_table(lookupTableName=name, queryId=query)["lookupTableArn"]
    assert logs.get_lookup_table(lookupTableArn=arn)["tableBody"] == "user,n,last\n1,1,/1\n2,1,/2\n3,1,/3\n"
    assert refused(logs.create_lookup_table, lookupTableName=name + "x", queryId="nobody")[0] == "ResourceNotFoundException"
    logs.delete_lookup_table(lookupTableArn=arn)


def test_a_large_table_is_kept_whole(wharf):
    logs, name = wharf.client("logs"), tasks.unique("large").replace("-", "_")
    body = "id,text\n" + "".join(f"{n},{'x' * 80}\n" for n in range(100_000))
    assert 8 << 20 < len(body.encode()) < 10 << 20
    arn = logs.create_lookup_table(lookupTableName=name, tableBody=body)["lookupTableArn"]
    assert logs.get_lookup_table(lookupTableArn=arn)["tableBody"] == body
    logs.delete_lookup_table(lookupTableArn=arn)


def test_wrong_tables_are_refused(wharf):
    logs, name = wharf.client("logs"), tasks.unique("wrong").replace("-", "_")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:lookup-table:{name}"
    invalid = "InvalidParameterException"
    for given, wanted in [
        ({"lookupTableName": "a-b", "tableBody": "a"}, "lookupTableName"),
        ({"lookupTableName": name}, "Exactly one of tableBody or queryId is required."),
        ({"lookupTableName": name, "tableBody": "\n"}, "The tableBody is not valid CSV: it has no header row."),
        ({"lookupTableName": name, "tableBody": "a,a"}, "its header row has the column a twice"),
        ({"lookupTableName": name, "tableBody": "a,b\n1"}, "line 2 has 1 fields and the header row has 2"),
        ({"lookupTableName": name, "tableBody": "a", "queryId": "x"}, "Exactly one of tableBody or queryId is required."),
        ({"lookupTableName": name, "tableBody": "a", "kmsKeyId": "x"}, "The specified KMS Key Id could not be found."),
        ({"lookupTableName": name, "tableBody": "a", "tags": {"aws:x": "y"}}, "reserved"),
    ]:
        code, text = refused(logs.create_lookup_table, **given)
        assert code == invalid and wanted in text, (given, text)
    assert refused(logs.get_lookup_table, lookupTableArn=name) == (invalid, f"{name} is not the ARN of a lookup table")
    assert refused(logs.describe_lookup_tables, maxResults=0) == (invalid, "maxResults must be from 1 to 100.")
    missing = ("ResourceNotFoundException", "The specified lookup table does not exist.")
    assert refused(logs.update_lookup_table, lookupTableArn=arn, tableBody="a") == missing
    assert refused(logs.delete_lookup_table, lookupTableArn=arn) == missing
    assert refused(logs.list_tags_for_resource, resourceArn=arn) == missing
    logs.create_lookup_table(lookupTableName=name, tableBody="a\n1")
    again = refused(logs.create_lookup_table, lookupTableName=name, tableBody="a")
    assert again == ("ResourceAlreadyExistsException", "The specified lookup table already exists.")
    logs.delete_lookup_table(lookupTableArn=arn)


def test_a_key_shuts_its_table(wharf):
    logs, kms, name = wharf.client("logs"), wharf.client("kms"), tasks.unique("keyed").replace("-", "_")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:lookup-table:{name}"
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    uses = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [account, uses]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    secret = tasks.unique("nobody-finds-this")
    logs.create_lookup_table(lookupTableName=name, tableBody=f"a\n{secret}\n", kmsKeyId=key)
    # Without another key it stays under this one.
    logs.update_lookup_table(lookupTableArn=arn, tableBody=f"a\n{secret}\nb\n")
    held = logs.get_lookup_table(lookupTableArn=arn)
    assert (held["kmsKeyId"], held["tableBody"]) == (key, f"a\n{secret}\nb\n")
    assert not disk.files_with(wharf.data, secret.encode())
    kms.disable_key(KeyId=key)
    shut = ("InvalidParameterException", "The specified KMS Key Id is disabled.")
    wait_for(lambda: outcome(logs.get_lookup_table, lookupTableArn=arn) == shut, what="the table is shut")
    kms.enable_key(KeyId=key)
    wait_for(lambda: outcome(logs.get_lookup_table, lookupTableArn=arn) is None, what="the table is open")
    logs.delete_lookup_table(lookupTableArn=arn)


def outcome(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def test_others_see_nothing(wharf, group):
    logs, name = wharf.client("logs"), tasks.unique("mine").replace("-", "_")
    arn = logs.create_lookup_table(lookupTableName=name, tableBody="a\n1")["lookupTableArn"]
    made = json.loads(wharf.run("account", "create", tasks.unique("other"), "--json").stdout)
    theirs = wharf.client("logs", Keys(made["accessKeyId"], made["secretAccessKey"]))
    assert theirs.describe_lookup_tables()["lookupTables"] == []
    for call in (theirs.get_lookup_table, theirs.delete_lookup_table):
        assert refused(call, lookupTableArn=arn)[0] in ("ResourceNotFoundException", "AccessDeniedException")
    # Whoever may not read a table cannot do so by a query.
    user = tasks.unique("reader")
    iam = wharf.client("iam")
    iam.create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": ["logs:StartQuery", "logs:GetQueryResults"], "Resource": "*"}
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    reader = wharf.client("logs", Keys(key["AccessKeyId"], key["SecretAccessKey"]))
    query = {"logGroupName": group, "startTime": 1, "endTime": 2}
    assert outcome(reader.start_query, queryString="limit 1", **query) is None
    code, text = refused(reader.start_query, queryString=f"lookup {name} a as user OUTPUT a", **query)
    assert code == "AccessDeniedException" and "logs:GetLookupTable" in text
    logs.delete_lookup_table(lookupTableArn=arn)


def test_an_event_comes_as_an_object(wharf, group):
    logs, now = wharf.client("logs"), int(time.time())
    query = logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString="filter user = 2")["queryId"]
    found = wait_for(lambda: logs.get_query_results(queryId=query)["results"], what="the query's end")
    (pointer,) = [field["value"] for field in found[0] if field["field"] == "@ptr"]
    config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False, inject_host_prefix=False)
    plain = boto3.client(
        "logs",
        endpoint_url=wharf.endpoint,
        region_name="us-east-1",
        aws_access_key_id=wharf.root.access_key,
        aws_secret_access_key=wharf.root.secret_key,
        config=config,
    )
    pieces = [event["fields"]["data"] for event in plain.get_log_object(logObjectPointer=pointer)["fieldStream"]]
    fields = json.loads(b"".join(pieces))
    assert fields == logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    assert (fields["path"], fields["@logStream"]) == ("/2", "s")
    assert refused(plain.get_log_object, logObjectPointer="x") == (
        "InvalidParameterException",
        "The specified logObjectPointer is invalid.",
    )
    logs.delete_log_group(logGroupName=group)
    assert refused(plain.get_log_object, logObjectPointer=pointer)[0] == "ResourceNotFoundException"


def test_groups_are_counted_by_their_data_sources(wharf):
    logs, source = wharf.client("logs"), tasks.unique("source")
    for number, kind in enumerate(["access", "access", "error"]):
        tags = {"cw:datasource:name": source, "cw:datasource:type": kind}
        logs.create_log_group(logGroupName=f"/e2e/{source}/{number}", tags=tags)

    def counted(**more):
        wanted = {"dataSources": [{"name": source}], "groupBy": "DATA_SOURCE_NAME_AND_TYPE", **more}
        told = logs.list_aggregate_log_group_summaries(**wanted)
        shown = [
            ({one["key"]: one["value"] for one in each["groupingIdentifiers"]}, each["logGroupCount"])
            for each in told["aggregateLogGroupSummaries"]
        ]
        return shown, told.get("nextToken")

    access = ({"dataSource.Name": source, "dataSource.Type": "access"}, 2)
    error = ({"dataSource.Name": source, "dataSource.Type": "error"}, 1)
    assert counted() == ([access, error], None)
    first, token = counted(limit=1)
    assert first == [access] and counted(limit=1, nextToken=token) == ([error], None)
    assert counted(dataSources=[{"name": source, "type": "error"}]) == ([error], None)
    assert counted(logGroupNamePattern=f"{source[-8:]}/0")[0] == [(access[0], 1)]
    assert counted(logGroupClass="INFREQUENT_ACCESS")[0] == []
    assert "groupBy" in refused(logs.list_aggregate_log_group_summaries, groupBy="DATA_SOURCE_NAME_TYPE_AND_FORMAT")[1]


def test_fields_of_a_data_source_have_types(wharf):
    logs, source = wharf.client("logs"), tasks.unique("source")
    group = f"/e2e/{source}"
    logs.create_log_group(logGroupName=group, tags={"cw:datasource:name": source, "cw:datasource:type": "access"})
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    said = [{"status": 200, "path": "/", "took": 1}, {"status": 404, "took": 0.5, "from": {"tags": ["a"]}}]
    events = [{"timestamp": now + at, "message": json.dumps(it)} for at, it in enumerate(said)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    told = logs.get_log_fields(dataSourceName=source, dataSourceType="access")["logFields"]
    fields = {it["logFieldName"]: it["logFieldType"] for it in told}
    within = [{"logFieldName": "tags", "logFieldType": {"type": "array", "element": {"type": "string"}}}]
    assert fields == {
        "status": {"type": "bigint"},
        "path": {"type": "string"},
        "took": {"type": "double"},
        "from": {"type": "struct", "fields": within},
    }
    code, text = refused(logs.get_log_fields, dataSourceName=source, dataSourceType="error")
    assert (code, text) == ("ResourceNotFoundException", "The specified data source does not exist.")
