// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleRequest {
    pub role_arn: Option<String>,
    pub role_session_name: Option<String>,
    pub policy_arns: Option<Vec<PolicyDescriptorType>>,
    pub policy: Option<String>,
    pub duration_seconds: Option<i32>,
    pub tags: Option<Vec<Tag>>,
    pub transitive_tag_keys: Option<Vec<String>>,
    pub external_id: Option<String>,
    pub serial_number: Option<String>,
    pub token_code: Option<String>,
    pub source_identity: Option<String>,
    pub provided_contexts: Option<Vec<ProvidedContext>>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(AssumeRoleRequest {
0 role_arn,
1 role_session_name,
2 policy_arns,
3 policy,
4 duration_seconds,
5 tags,
6 transitive_tag_keys,
7 external_id,
8 serial_number,
9 token_code,
10 source_identity,
11 provided_contexts,
12 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleResponse {
    pub credentials: Option<Credentials>,
    pub assumed_role_user: Option<AssumedRoleUser>,
    pub packed_policy_size: Option<i32>,
    pub source_identity: Option<String>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(AssumeRoleResponse {
0 credentials,
1 assumed_role_user,
2 packed_policy_size,
3 source_identity,
4 session_token_utilization,
5 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleWithSAMLRequest {
    pub role_arn: Option<String>,
    pub principal_arn: Option<String>,
    pub saml_assertion: Option<String>,
    pub policy_arns: Option<Vec<PolicyDescriptorType>>,
    pub policy: Option<String>,
    pub duration_seconds: Option<i32>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(AssumeRoleWithSAMLRequest {
0 role_arn,
1 principal_arn,
2 saml_assertion,
3 policy_arns,
4 policy,
5 duration_seconds,
6 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleWithSAMLResponse {
    pub credentials: Option<Credentials>,
    pub assumed_role_user: Option<AssumedRoleUser>,
    pub packed_policy_size: Option<i32>,
    pub subject: Option<String>,
    pub subject_type: Option<String>,
    pub issuer: Option<String>,
    pub audience: Option<String>,
    pub name_qualifier: Option<String>,
    pub source_identity: Option<String>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(AssumeRoleWithSAMLResponse {
0 credentials,
1 assumed_role_user,
2 packed_policy_size,
3 subject,
4 subject_type,
5 issuer,
6 audience,
7 name_qualifier,
8 source_identity,
9 session_token_utilization,
10 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleWithWebIdentityRequest {
    pub role_arn: Option<String>,
    pub role_session_name: Option<String>,
    pub web_identity_token: Option<String>,
    pub provider_id: Option<String>,
    pub policy_arns: Option<Vec<PolicyDescriptorType>>,
    pub policy: Option<String>,
    pub duration_seconds: Option<i32>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(AssumeRoleWithWebIdentityRequest {
0 role_arn,
1 role_session_name,
2 web_identity_token,
3 provider_id,
4 policy_arns,
5 policy,
6 duration_seconds,
7 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleWithWebIdentityResponse {
    pub credentials: Option<Credentials>,
    pub subject_from_web_identity_token: Option<String>,
    pub assumed_role_user: Option<AssumedRoleUser>,
    pub packed_policy_size: Option<i32>,
    pub provider: Option<String>,
    pub audience: Option<String>,
    pub source_identity: Option<String>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(AssumeRoleWithWebIdentityResponse {
0 credentials,
1 subject_from_web_identity_token,
2 assumed_role_user,
3 packed_policy_size,
4 provider,
5 audience,
6 source_identity,
7 session_token_utilization,
8 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRootRequest {
    pub target_principal: Option<String>,
    pub task_policy_arn: Option<PolicyDescriptorType>,
    pub duration_seconds: Option<i32>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(AssumeRootRequest {
0 target_principal,
1 task_policy_arn,
2 duration_seconds,
3 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRootResponse {
    pub credentials: Option<Credentials>,
    pub source_identity: Option<String>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(AssumeRootResponse {
0 credentials,
1 source_identity,
2 session_token_utilization,
3 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumedRoleUser {
    pub assumed_role_id: Option<String>,
    pub arn: Option<String>,
}
structure!(AssumedRoleUser {
0 assumed_role_id,
1 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Credentials {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
    pub expiration: Option<Timestamp>,
}
structure!(Credentials {
0 access_key_id,
1 secret_access_key,
2 session_token,
3 expiration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecodeAuthorizationMessageRequest {
    pub encoded_message: Option<String>,
}
structure!(DecodeAuthorizationMessageRequest {
0 encoded_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecodeAuthorizationMessageResponse {
    pub decoded_message: Option<String>,
}
structure!(DecodeAuthorizationMessageResponse {
0 decoded_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FederatedUser {
    pub federated_user_id: Option<String>,
    pub arn: Option<String>,
}
structure!(FederatedUser {
0 federated_user_id,
1 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessKeyInfoRequest {
    pub access_key_id: Option<String>,
}
structure!(GetAccessKeyInfoRequest {
0 access_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessKeyInfoResponse {
    pub account: Option<String>,
}
structure!(GetAccessKeyInfoResponse {
0 account,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCallerIdentityRequest {}
structure!(GetCallerIdentityRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCallerIdentityResponse {
    pub user_id: Option<String>,
    pub account: Option<String>,
    pub arn: Option<String>,
}
structure!(GetCallerIdentityResponse {
0 user_id,
1 account,
2 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDelegatedAccessTokenRequest {
    pub trade_in_token: Option<String>,
}
structure!(GetDelegatedAccessTokenRequest {
0 trade_in_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDelegatedAccessTokenResponse {
    pub credentials: Option<Credentials>,
    pub packed_policy_size: Option<i32>,
    pub assumed_principal: Option<String>,
}
structure!(GetDelegatedAccessTokenResponse {
0 credentials,
1 packed_policy_size,
2 assumed_principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetFederationTokenRequest {
    pub name: Option<String>,
    pub policy: Option<String>,
    pub policy_arns: Option<Vec<PolicyDescriptorType>>,
    pub duration_seconds: Option<i32>,
    pub tags: Option<Vec<Tag>>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(GetFederationTokenRequest {
0 name,
1 policy,
2 policy_arns,
3 duration_seconds,
4 tags,
5 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetFederationTokenResponse {
    pub credentials: Option<Credentials>,
    pub federated_user: Option<FederatedUser>,
    pub packed_policy_size: Option<i32>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(GetFederationTokenResponse {
0 credentials,
1 federated_user,
2 packed_policy_size,
3 session_token_utilization,
4 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSessionTokenRequest {
    pub duration_seconds: Option<i32>,
    pub serial_number: Option<String>,
    pub token_code: Option<String>,
    pub minimum_session_token_size: Option<i32>,
}
structure!(GetSessionTokenRequest {
0 duration_seconds,
1 serial_number,
2 token_code,
3 minimum_session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSessionTokenResponse {
    pub credentials: Option<Credentials>,
    pub session_token_utilization: Option<i32>,
    pub session_token_size: Option<i32>,
}
structure!(GetSessionTokenResponse {
0 credentials,
1 session_token_utilization,
2 session_token_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetWebIdentityTokenRequest {
    pub audience: Option<Vec<String>>,
    pub duration_seconds: Option<i32>,
    pub signing_algorithm: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(GetWebIdentityTokenRequest {
0 audience,
1 duration_seconds,
2 signing_algorithm,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetWebIdentityTokenResponse {
    pub web_identity_token: Option<String>,
    pub expiration: Option<Timestamp>,
}
structure!(GetWebIdentityTokenResponse {
0 web_identity_token,
1 expiration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyDescriptorType {
    pub arn: Option<String>,
}
structure!(PolicyDescriptorType {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProvidedContext {
    pub provider_arn: Option<String>,
    pub context_assertion: Option<String>,
}
structure!(ProvidedContext {
0 provider_arn,
1 context_assertion,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});
