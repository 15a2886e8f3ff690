// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComplianceDetails {
    pub noncompliant_keys: Option<Vec<String>>,
    pub keys_with_noncompliant_values: Option<Vec<String>>,
    pub missing_tag_keys: Option<Vec<String>>,
    pub compliance_status: Option<bool>,
}
structure!(ComplianceDetails {
0 noncompliant_keys,
1 keys_with_noncompliant_values,
2 missing_tag_keys,
3 compliance_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailureInfo {
    pub status_code: Option<i32>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(FailureInfo {
0 status_code,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcesInput {
    pub pagination_token: Option<String>,
    pub tag_filters: Option<Vec<TagFilter>>,
    pub resources_per_page: Option<i32>,
    pub tags_per_page: Option<i32>,
    pub resource_type_filters: Option<Vec<String>>,
    pub include_compliance_details: Option<bool>,
    pub exclude_compliant_resources: Option<bool>,
    pub resource_arn_list: Option<Vec<String>>,
}
structure!(GetResourcesInput {
0 pagination_token,
1 tag_filters,
2 resources_per_page,
3 tags_per_page,
4 resource_type_filters,
5 include_compliance_details,
6 exclude_compliant_resources,
7 resource_arn_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcesOutput {
    pub pagination_token: Option<String>,
    pub resource_tag_mapping_list: Option<Vec<ResourceTagMapping>>,
}
structure!(GetResourcesOutput {
0 pagination_token,
1 resource_tag_mapping_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagKeysInput {
    pub pagination_token: Option<String>,
}
structure!(GetTagKeysInput {
0 pagination_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagKeysOutput {
    pub pagination_token: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(GetTagKeysOutput {
0 pagination_token,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagValuesInput {
    pub pagination_token: Option<String>,
    pub key: Option<String>,
}
structure!(GetTagValuesInput {
0 pagination_token,
1 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagValuesOutput {
    pub pagination_token: Option<String>,
    pub tag_values: Option<Vec<String>>,
}
structure!(GetTagValuesOutput {
0 pagination_token,
1 tag_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceTagMapping {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub compliance_details: Option<ComplianceDetails>,
}
structure!(ResourceTagMapping {
0 resource_arn,
1 tags,
2 compliance_details,
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

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagFilter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(TagFilter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourcesInput {
    pub resource_arn_list: Option<Vec<String>>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(TagResourcesInput {
0 resource_arn_list,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourcesOutput {
    pub failed_resources_map: Option<BTreeMap<String, FailureInfo>>,
}
structure!(TagResourcesOutput {
0 failed_resources_map,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourcesInput {
    pub resource_arn_list: Option<Vec<String>>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourcesInput {
0 resource_arn_list,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourcesOutput {
    pub failed_resources_map: Option<BTreeMap<String, FailureInfo>>,
}
structure!(UntagResourcesOutput {
0 failed_resources_map,
});
