//! What is refused, and in which words.

use wharf_api_ssm::{self as api, Ssm as _};
use wharf_testkit::{call, refused};

use crate::home::{Home, get, label, put};

type Change = fn(&mut api::PutParameterRequest);

#[tokio::test]
async fn bad_parameters_are_refused_in_the_words_of_aws() {
    let home = Home::start();
    let advanced: Change = |it| it.tier = Some("Advanced".to_owned());
    put(&home, "/advanced", "x", advanced).await.unwrap();
    let cases: [(&str, &str, Change, &str, &str); 13] = [
        (
            "/a",
            "",
            |_| (),
            "ValidationException",
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must \
             have length greater than or equal to 1.",
        ),
        (
            "/a",
            "x",
            |it| it.type_ = None,
            "ValidationException",
            "A parameter type is required when you create a parameter.",
        ),
        (
            "/a",
            "x",
            |it| {
                it.overwrite = Some(true);
                it.tags = Some(vec![api::Tag {
                    key: Some("k".to_owned()),
                    value: Some("v".to_owned()),
                }]);
            },
            "ValidationException",
            "Invalid request: tags and overwrite can't be used together. To create a parameter with \
             tags, please remove overwrite flag. To update tags for an existing parameter, please use \
             AddTagsToResource or RemoveTagsFromResource.",
        ),
        (
            "/a",
            "a {{ssm:x}} b",
            |_| (),
            "ValidationException",
            "Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.",
        ),
        (
            "/a",
            "x",
            |it| it.key_id = Some("alias/aws/ssm".to_owned()),
            "ValidationException",
            "KeyId is required for SecureString type parameter only.",
        ),
        (
            "/a",
            "x",
            |it| {
                it.type_ = Some("SecureString".to_owned());
                it.key_id = Some("alias/mine".to_owned());
            },
            "InvalidKeyId",
            "Invalid keyId alias/mine",
        ),
        (
            "/a",
            "x",
            |it| it.data_type = Some("Text".to_owned()),
            "ValidationException",
            "The following data type is not supported: Text (Data type names are all lowercase.)",
        ),
        (
            "/a",
            "ami-0123456789abcdef0",
            |it| it.data_type = Some("aws:ec2:image".to_owned()),
            "ValidationException",
            "The data type aws:ec2:image is not supported by this version of wharf.",
        ),
        (
            "/a",
            "x",
            |it| it.allowed_pattern = Some("(".to_owned()),
            "InvalidAllowedPatternException",
            "The request does not meet the regular expression requirement.",
        ),
        (
            "/a",
            "x",
            |it| {
                it.policies = Some(
                    r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2099-01-01T00:00:00Z"}}]"#
                        .to_owned(),
                );
            },
            "ValidationException",
            "You can't assign parameter policies to a standard-parameter tier.",
        ),
        (
            "/advanced",
            "x",
            |it| {
                it.tier = Some("Standard".to_owned());
                it.overwrite = Some(true);
            },
            "ValidationException",
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
             advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the \
             advanced parameter and recreate it as a standard parameter.",
        ),
        (
            "/a",
            "x",
            |it| {
                it.tags = Some(vec![api::Tag {
                    key: Some("aws:k".to_owned()),
                    value: Some("v".to_owned()),
                }]);
            },
            "ValidationException",
            "aws: prefixed tag key names are not allowed for external use.",
        ),
        (
            "a/b",
            "x",
            |_| (),
            "ValidationException",
            "Parameter name must be a fully qualified name.",
        ),
    ];
    for (name, value, change, code, text) in cases {
        refused(put(&home, name, value, change).await, code, text);
    }
    // It is not held against a pattern.
    let value = "x".repeat(4097);
    let large = put(&home, "/a", &value, |it| {
        it.allowed_pattern = Some("y".to_owned());
    });
    let large = large.await.unwrap_err();
    assert!(
        large
            .message
            .starts_with("Standard tier parameters support a maximum"),
        "{large}"
    );
    let larger = put(&home, "/a", &"x".repeat(8193), advanced).await;
    refused(
        larger,
        "ValidationException",
        "Advanced-tier parameters support a maximum parameter value of 8192 characters.",
    );
    assert_eq!(home.described(&[]).await, ["/advanced"]);
}

#[tokio::test]
async fn what_is_not_there_is_said_briefly() {
    let home = Home::start();
    refused(get(&home, "/none").await, "ParameterNotFound", "");
    refused(home.delete("/none").await, "ParameterNotFound", "");
    refused(
        label(&home, "/none", None, &["a"]).await,
        "ParameterNotFound",
        "",
    );
    refused(home.tag("/none", "k", "v").await, "InvalidResourceId", "");
    let other = "arn:aws:ssm:us-east-1:111122223333:parameter/a";
    refused(get(&home, other).await, "ParameterNotFound", "");
    let by_arn = home
        .delete("arn:aws:ssm:us-east-1:000000000000:parameter/a")
        .await;
    assert_eq!(by_arn.unwrap_err().code, "ValidationException");
    let input = api::DeleteParametersRequest {
        names: Some(vec!["/none".to_owned()]),
    };
    let deleted = home.ssm.delete_parameters(&call(), input).await.unwrap();
    assert_eq!(deleted.deleted_parameters, Some(vec![]));
    assert_eq!(deleted.invalid_parameters, Some(vec!["/none".to_owned()]));
    let unknown = api::GetServiceSettingRequest {
        setting_id: Some("/ssm/none".to_owned()),
    };
    let unknown = home.ssm.get_service_setting(&call(), unknown).await;
    assert_eq!(unknown.unwrap_err().code, "ServiceSettingNotFound");
    let session = api::StartSessionRequest::default();
    let session = home.ssm.start_session(&call(), session).await;
    refused(
        session,
        "UnsupportedOperation",
        "ssm:StartSession is not supported by this version of wharf.",
    );
}
