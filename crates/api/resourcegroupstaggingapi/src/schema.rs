// Written by `cargo xtask generate` from models/. Do not edit.
//! The model as tables.
#[allow(unused_imports)]
use wharf_wire::schema::*;

pub static SERVICE: ServiceSchema = ServiceSchema {
name: "resourcegroupstaggingapi", protocol: Protocol::Cbor, protocols: &[Protocol::Cbor, Protocol::Json { minor: 1 }], api_version: "2017-01-26", signing_name: "tagging",
action_prefix: "tag", endpoint_prefix: "tagging", target_prefix: "ResourceGroupsTaggingAPI_20170126", xml_namespace: "",
query_codes: None, operations: &OPERATIONS, left_out: &LEFT_OUT, shapes: &SHAPES,
};

static OPERATIONS: [OperationSchema; 5] = [
OperationSchema::new("GetResources", Some(9), Some(10)),
OperationSchema::new("GetTagKeys", Some(11), Some(12)),
OperationSchema::new("GetTagValues", Some(13), Some(14)),
OperationSchema::new("TagResources", Some(36), Some(37)),
OperationSchema::new("UntagResources", Some(43), Some(44)),
];

static LEFT_OUT: [&str; 0] = [
];

static SHAPES: [Shape; 45] = [
Shape { name: "AmazonResourceType", kind: Kind::String { pattern: Some(Pattern::new("[\\s\\S]*", "[\\s\\S]*")), values: &[] }, min: 0.0, max: 256.0 },
Shape { name: "ComplianceDetails", kind: Kind::Structure { members: &[Member::new("NoncompliantKeys", 32), Member::new("KeysWithNoncompliantValues", 32), Member::new("MissingTagKeys", 32), Member::new("ComplianceStatus", 2)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ComplianceStatus", kind: Kind::Boolean, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ErrorCode", kind: Kind::String { pattern: None, values: &["InternalServiceException", "InvalidParameterException"] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ErrorMessage", kind: Kind::String { pattern: None, values: &[] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ExceptionMessage", kind: Kind::String { pattern: None, values: &[] }, min: 0.0, max: 2048.0 },
Shape { name: "ExcludeCompliantResources", kind: Kind::Boolean, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "FailedResourcesMap", kind: Kind::Map { key: 20, value: 8, key_name: "key", value_name: "value", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "FailureInfo", kind: Kind::Structure { members: &[Member::new("StatusCode", 27), Member::new("ErrorCode", 3), Member::new("ErrorMessage", 4)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetResourcesInput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18), Member::new("TagFilters", 30), Member::new("ResourcesPerPage", 26), Member::new("TagsPerPage", 41), Member::new("ResourceTypeFilters", 25), Member::new("IncludeComplianceDetails", 15), Member::new("ExcludeCompliantResources", 6), Member::new("ResourceARNList", 21)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetResourcesOutput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18), Member::new("ResourceTagMappingList", 24)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetTagKeysInput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetTagKeysOutput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18), Member::new("TagKeys", 32)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetTagValuesInput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18), Member::new("Key", 31).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "GetTagValuesOutput", kind: Kind::Structure { members: &[Member::new("PaginationToken", 18), Member::new("TagValues", 40)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "IncludeComplianceDetails", kind: Kind::Boolean, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InternalServiceException", kind: Kind::Structure { members: &[Member::new("Message", 5)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "InvalidParameterException", kind: Kind::Structure { members: &[Member::new("Message", 5)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "PaginationToken", kind: Kind::String { pattern: Some(Pattern::new("[\\s\\S]*", "[\\s\\S]*")), values: &[] }, min: 0.0, max: 2048.0 },
Shape { name: "PaginationTokenExpiredException", kind: Kind::Structure { members: &[Member::new("Message", 5)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ResourceARN", kind: Kind::String { pattern: Some(Pattern::new("[\\s\\S]*", "[\\s\\S]*")), values: &[] }, min: 1.0, max: 1011.0 },
Shape { name: "ResourceARNListForGet", kind: Kind::List { member: 20, member_name: "member", flattened: false }, min: 1.0, max: 100.0 },
Shape { name: "ResourceARNListForTagUntag", kind: Kind::List { member: 20, member_name: "member", flattened: false }, min: 1.0, max: 20.0 },
Shape { name: "ResourceTagMapping", kind: Kind::Structure { members: &[Member::new("ResourceARN", 20), Member::new("Tags", 34), Member::new("ComplianceDetails", 1)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ResourceTagMappingList", kind: Kind::List { member: 23, member_name: "member", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ResourceTypeFilterList", kind: Kind::List { member: 0, member_name: "member", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ResourcesPerPage", kind: Kind::Integer, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "StatusCode", kind: Kind::Integer, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "Tag", kind: Kind::Structure { members: &[Member::new("Key", 31).required(), Member::new("Value", 38).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagFilter", kind: Kind::Structure { members: &[Member::new("Key", 31), Member::new("Values", 39)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagFilterList", kind: Kind::List { member: 29, member_name: "member", flattened: false }, min: 0.0, max: 50.0 },
Shape { name: "TagKey", kind: Kind::String { pattern: Some(Pattern::new("[\\s\\S]*", "[\\s\\S]*")), values: &[] }, min: 1.0, max: 128.0 },
Shape { name: "TagKeyList", kind: Kind::List { member: 31, member_name: "member", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagKeyListForUntag", kind: Kind::List { member: 31, member_name: "member", flattened: false }, min: 1.0, max: 50.0 },
Shape { name: "TagList", kind: Kind::List { member: 28, member_name: "member", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagMap", kind: Kind::Map { key: 31, value: 38, key_name: "key", value_name: "value", flattened: false }, min: 1.0, max: 50.0 },
Shape { name: "TagResourcesInput", kind: Kind::Structure { members: &[Member::new("ResourceARNList", 22).required(), Member::new("Tags", 35).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagResourcesOutput", kind: Kind::Structure { members: &[Member::new("FailedResourcesMap", 7)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagValue", kind: Kind::String { pattern: Some(Pattern::new("[\\s\\S]*", "[\\s\\S]*")), values: &[] }, min: 0.0, max: 256.0 },
Shape { name: "TagValueList", kind: Kind::List { member: 38, member_name: "member", flattened: false }, min: 0.0, max: 20.0 },
Shape { name: "TagValuesOutputList", kind: Kind::List { member: 38, member_name: "member", flattened: false }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "TagsPerPage", kind: Kind::Integer, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "ThrottledException", kind: Kind::Structure { members: &[Member::new("Message", 5)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "UntagResourcesInput", kind: Kind::Structure { members: &[Member::new("ResourceARNList", 22).required(), Member::new("TagKeys", 33).required()] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
Shape { name: "UntagResourcesOutput", kind: Kind::Structure { members: &[Member::new("FailedResourcesMap", 7)] }, min: f64::NEG_INFINITY, max: f64::INFINITY },
];
