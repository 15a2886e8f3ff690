"""The Resource Groups Tagging API, asked by stock clients."""


def arns(page):
    return [it["ResourceARN"] for it in page["ResourceTagMappingList"]]


def test_resources_of_several_services_are_found_by_their_tags(wharf):
    ecr, logs = wharf.client("ecr"), wharf.client("logs")
    tagging = wharf.client("resourcegroupstaggingapi")
    ecr.create_repository(repositoryName="tagged", tags=[{"Key": "tagging-test", "Value": "image"}])
    logs.create_log_group(logGroupName="/tagged", tags={"tagging-test": "log"})
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": "tagging-test"}], ResourcesPerPage=1)
    found = [arn for page in pages for arn in arns(page)]
    assert found == [
        "arn:aws:ecr:us-east-1:000000000000:repository/tagged",
        "arn:aws:logs:us-east-1:000000000000:log-group:/tagged",
    ]
    logs_only = {"TagFilters": [{"Key": "tagging-test"}], "ResourceTypeFilters": ["logs:log-group"]}
    assert arns(tagging.get_resources(**logs_only)) == found[1:]
    assert "tagging-test" in tagging.get_tag_keys()["TagKeys"]
    assert tagging.get_tag_values(Key="tagging-test")["TagValues"] == ["image", "log"]


def test_secrets_and_rules_of_security_groups_are_found(wharf):
    ec2, secrets = wharf.client("ec2"), wharf.client("secretsmanager")
    tags = [{"Key": "tagging-kinds", "Value": "x"}]
    secret = secrets.create_secret(Name="tagged", SecretString="s", Tags=tags)["ARN"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="tagged", Description="a test", VpcId=vpc)["GroupId"]
    rule = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleArn"]
    page = wharf.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "tagging-kinds"}])
    assert arns(page) == [rule, secret]


def test_the_cli_lists_resources(wharf):
    listed = wharf.aws("resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=no-such-key")
    assert listed["ResourceTagMappingList"] == []
