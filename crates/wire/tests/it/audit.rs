//! What of requests and answers the audit log shows.

use wharf_api_ecs::{ContainerDefinition, KeyValuePair, RegisterTaskDefinitionRequest};
use wharf_api_iam::{AccessKey, CreateAccessKeyResponse};

use wharf_wire::audit::{HIDDEN, MOST_BYTES, without_secrets};

#[test]
fn secrets_are_not_shown() {
    let schema = &wharf_api_ecs::schema::SERVICE;
    let operation = schema.find_operation("RegisterTaskDefinition").unwrap();
    let input = RegisterTaskDefinitionRequest {
        family: Some("web".to_owned()),
        container_definitions: Some(vec![ContainerDefinition {
            name: Some("main".to_owned()),
            environment: Some(vec![KeyValuePair {
                name: Some("TOKEN".to_owned()),
                value: Some("hunter2".to_owned()),
            }]),
            ..ContainerDefinition::default()
        }]),
        ..RegisterTaskDefinitionRequest::default()
    };
    let shown = without_secrets(schema, schema.operations[operation].input, &input).unwrap();
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(json["family"], "web");
    let container = &json["containerDefinitions"][0];
    assert_eq!(container["environment"], HIDDEN);
    assert!(!shown.contains("hunter2"));

    let schema = &wharf_api_iam::schema::SERVICE;
    let operation = schema.find_operation("CreateAccessKey").unwrap();
    let output = CreateAccessKeyResponse {
        access_key: Some(AccessKey {
            user_name: Some("anna".to_owned()),
            access_key_id: Some("AKIA".to_owned()),
            secret_access_key: Some("hunter2".to_owned()),
            ..AccessKey::default()
        }),
    };
    let shown = without_secrets(schema, schema.operations[operation].output, &output).unwrap();
    let key =
        serde_json::json!({"userName": "anna", "accessKeyId": "AKIA", "secretAccessKey": HIDDEN});
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown, serde_json::json!({ "accessKey": key }));
}

#[test]
fn credentials_that_models_forget_are_not_shown() {
    let schema = &wharf_api_sts::schema::SERVICE;
    let operation = schema.find_operation("AssumeRole").unwrap();
    let output = wharf_api_sts::AssumeRoleResponse {
        credentials: Some(wharf_api_sts::Credentials {
            session_token: Some("hunter2".to_owned()),
            secret_access_key: Some("hunter2".to_owned()),
            ..wharf_api_sts::Credentials::default()
        }),
        ..wharf_api_sts::AssumeRoleResponse::default()
    };
    let shown = without_secrets(schema, schema.operations[operation].output, &output).unwrap();
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_long_is_left_out() {
    let schema = &wharf_api_ecs::schema::SERVICE;
    let operation = schema.find_operation("CreateCluster").unwrap();
    let shape = schema.operations[operation].input;
    let named = |length: usize| wharf_api_ecs::CreateClusterRequest {
        cluster_name: Some("x".repeat(length)),
        ..wharf_api_ecs::CreateClusterRequest::default()
    };
    let short = without_secrets(schema, shape, &named(100)).unwrap();
    assert!(short.contains("clusterName"));
    let long = without_secrets(schema, shape, &named(MOST_BYTES)).unwrap();
    assert!(long.contains("omitted") && long.len() < 100, "{long}");
    assert_eq!(
        without_secrets(schema, shape, &named(0)).as_deref(),
        Some(r#"{"clusterName":""}"#)
    );
    let nothing = wharf_api_ecs::CreateClusterRequest::default();
    assert_eq!(without_secrets(schema, shape, &nothing), None);
}
