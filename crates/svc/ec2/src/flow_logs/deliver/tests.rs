use super::{super::records::Recorded, *};

fn log(prefix: &str, hive: bool, hourly: bool) -> FlowLog {
    FlowLog {
        id: "fl-1".to_owned(),
        of: Recorded::Vpc("vpc-1".to_owned()),
        vpc_id: "vpc-1".to_owned(),
        traffic: Traffic::All,
        destination: Destination::S3 {
            bucket: "b".to_owned(),
            prefix: prefix.to_owned(),
            arn: String::new(),
            hive,
            hourly,
        },
        format: String::new(),
        interval: 60,
        trouble: None,
        token_id: None,
        asked: String::new(),
        created_at: Timestamp(0),
        tags: Default::default(),
        unknown: Unknown::new(),
    }
}

#[test]
fn files_are_named_as_on_aws() {
    let scope = Scope::new("ec2", "000000000000", "us-east-1");
    let at = Timestamp::parse_iso8601("2026-11-26T13:19:36Z").unwrap();
    let file = "000000000000_vpcflowlogs_us-east-1_fl-1_20261126T1319Z_0a1b2c3d.log.gz";
    for (prefix, hive, hourly, folder) in [
        (
            "",
            false,
            false,
            "AWSLogs/000000000000/vpcflowlogs/us-east-1/2026/11/26/",
        ),
        (
            "a/c",
            false,
            true,
            "a/c/AWSLogs/000000000000/vpcflowlogs/us-east-1/2026/11/26/13/",
        ),
        (
            "",
            true,
            true,
            "AWSLogs/aws-account-id=000000000000/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/month=11/day=26/hour=13/",
        ),
    ] {
        let named = key(&scope, &log(prefix, hive, hourly), at, "0a1b2c3d");
        assert_eq!(named, format!("{folder}{file}"));
    }
}

#[test]
fn streams_are_named_by_interface_and_traffic() {
    assert_eq!(stream("eni-1", Traffic::All), "eni-1-all");
    assert_eq!(stream("eni-1", Traffic::Reject), "eni-1-reject");
}

#[test]
fn refusals_are_told_for_what_they_are() {
    for (code, passes, expected) in [
        ("AccessDenied", false, ACCESS_ERROR),
        ("AccessDeniedException", false, ACCESS_ERROR),
        ("NoSuchBucket", false, ACCESS_ERROR),
        ("InvalidParameterException", false, UNKNOWN_ERROR),
        ("ThrottlingException", true, RATE_LIMITED),
        ("InternalError", true, UNKNOWN_ERROR),
    ] {
        let failure = match passes {
            true => Failure::passing(code, "".to_owned()),
            false => Failure::lasting(code, "".to_owned()),
        };
        assert_eq!(trouble_of(&failure), expected, "{code}");
    }
}
