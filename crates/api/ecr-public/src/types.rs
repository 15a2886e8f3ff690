// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizationData {
    pub authorization_token: Option<String>,
    pub expires_at: Option<Timestamp>,
}
structure!(AuthorizationData {
0 authorization_token,
1 expires_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchCheckLayerAvailabilityRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub layer_digests: Option<Vec<String>>,
}
structure!(BatchCheckLayerAvailabilityRequest {
0 registry_id,
1 repository_name,
2 layer_digests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchCheckLayerAvailabilityResponse {
    pub layers: Option<Vec<Layer>>,
    pub failures: Option<Vec<LayerFailure>>,
}
structure!(BatchCheckLayerAvailabilityResponse {
0 layers,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchDeleteImageRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
}
structure!(BatchDeleteImageRequest {
0 registry_id,
1 repository_name,
2 image_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchDeleteImageResponse {
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub failures: Option<Vec<ImageFailure>>,
}
structure!(BatchDeleteImageResponse {
0 image_ids,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteLayerUploadRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub layer_digests: Option<Vec<String>>,
}
structure!(CompleteLayerUploadRequest {
0 registry_id,
1 repository_name,
2 upload_id,
3 layer_digests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteLayerUploadResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub layer_digest: Option<String>,
}
structure!(CompleteLayerUploadResponse {
0 registry_id,
1 repository_name,
2 upload_id,
3 layer_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryRequest {
    pub repository_name: Option<String>,
    pub catalog_data: Option<RepositoryCatalogDataInput>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateRepositoryRequest {
0 repository_name,
1 catalog_data,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryResponse {
    pub repository: Option<Repository>,
    pub catalog_data: Option<RepositoryCatalogData>,
}
structure!(CreateRepositoryResponse {
0 repository,
1 catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(DeleteRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(DeleteRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub force: Option<bool>,
}
structure!(DeleteRepositoryRequest {
0 registry_id,
1 repository_name,
2 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryResponse {
    pub repository: Option<Repository>,
}
structure!(DeleteRepositoryResponse {
0 repository,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageTagsRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeImageTagsRequest {
0 registry_id,
1 repository_name,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageTagsResponse {
    pub image_tag_details: Option<Vec<ImageTagDetail>>,
    pub next_token: Option<String>,
}
structure!(DescribeImageTagsResponse {
0 image_tag_details,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeImagesRequest {
0 registry_id,
1 repository_name,
2 image_ids,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesResponse {
    pub image_details: Option<Vec<ImageDetail>>,
    pub next_token: Option<String>,
}
structure!(DescribeImagesResponse {
0 image_details,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegistriesRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeRegistriesRequest {
0 next_token,
1 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegistriesResponse {
    pub registries: Option<Vec<Registry>>,
    pub next_token: Option<String>,
}
structure!(DescribeRegistriesResponse {
0 registries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoriesRequest {
    pub registry_id: Option<String>,
    pub repository_names: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeRepositoriesRequest {
0 registry_id,
1 repository_names,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoriesResponse {
    pub repositories: Option<Vec<Repository>>,
    pub next_token: Option<String>,
}
structure!(DescribeRepositoriesResponse {
0 repositories,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuthorizationTokenRequest {}
structure!(GetAuthorizationTokenRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuthorizationTokenResponse {
    pub authorization_data: Option<AuthorizationData>,
}
structure!(GetAuthorizationTokenResponse {
0 authorization_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryCatalogDataRequest {}
structure!(GetRegistryCatalogDataRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryCatalogDataResponse {
    pub registry_catalog_data: Option<RegistryCatalogData>,
}
structure!(GetRegistryCatalogDataResponse {
0 registry_catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryCatalogDataRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(GetRepositoryCatalogDataRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryCatalogDataResponse {
    pub catalog_data: Option<RepositoryCatalogData>,
}
structure!(GetRepositoryCatalogDataResponse {
0 catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(GetRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(GetRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub image_manifest: Option<String>,
    pub image_manifest_media_type: Option<String>,
}
structure!(Image {
0 registry_id,
1 repository_name,
2 image_id,
3 image_manifest,
4 image_manifest_media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageDetail {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_digest: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub image_size_in_bytes: Option<i64>,
    pub image_pushed_at: Option<Timestamp>,
    pub image_manifest_media_type: Option<String>,
    pub artifact_media_type: Option<String>,
}
structure!(ImageDetail {
0 registry_id,
1 repository_name,
2 image_digest,
3 image_tags,
4 image_size_in_bytes,
5 image_pushed_at,
6 image_manifest_media_type,
7 artifact_media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageFailure {
    pub image_id: Option<ImageIdentifier>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
}
structure!(ImageFailure {
0 image_id,
1 failure_code,
2 failure_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageIdentifier {
    pub image_digest: Option<String>,
    pub image_tag: Option<String>,
}
structure!(ImageIdentifier {
0 image_digest,
1 image_tag,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageTagDetail {
    pub image_tag: Option<String>,
    pub created_at: Option<Timestamp>,
    pub image_detail: Option<ReferencedImageDetail>,
}
structure!(ImageTagDetail {
0 image_tag,
1 created_at,
2 image_detail,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InitiateLayerUploadRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(InitiateLayerUploadRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InitiateLayerUploadResponse {
    pub upload_id: Option<String>,
    pub part_size: Option<i64>,
}
structure!(InitiateLayerUploadResponse {
0 upload_id,
1 part_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    pub layer_digest: Option<String>,
    pub layer_availability: Option<String>,
    pub layer_size: Option<i64>,
    pub media_type: Option<String>,
}
structure!(Layer {
0 layer_digest,
1 layer_availability,
2 layer_size,
3 media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerFailure {
    pub layer_digest: Option<String>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
}
structure!(LayerFailure {
0 layer_digest,
1 failure_code,
2 failure_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_manifest: Option<String>,
    pub image_manifest_media_type: Option<String>,
    pub image_tag: Option<String>,
    pub image_digest: Option<String>,
}
structure!(PutImageRequest {
0 registry_id,
1 repository_name,
2 image_manifest,
3 image_manifest_media_type,
4 image_tag,
5 image_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageResponse {
    pub image: Option<Image>,
}
structure!(PutImageResponse {
0 image,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryCatalogDataRequest {
    pub display_name: Option<String>,
}
structure!(PutRegistryCatalogDataRequest {
0 display_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryCatalogDataResponse {
    pub registry_catalog_data: Option<RegistryCatalogData>,
}
structure!(PutRegistryCatalogDataResponse {
0 registry_catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRepositoryCatalogDataRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub catalog_data: Option<RepositoryCatalogDataInput>,
}
structure!(PutRepositoryCatalogDataRequest {
0 registry_id,
1 repository_name,
2 catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRepositoryCatalogDataResponse {
    pub catalog_data: Option<RepositoryCatalogData>,
}
structure!(PutRepositoryCatalogDataResponse {
0 catalog_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReferencedImageDetail {
    pub image_digest: Option<String>,
    pub image_size_in_bytes: Option<i64>,
    pub image_pushed_at: Option<Timestamp>,
    pub image_manifest_media_type: Option<String>,
    pub artifact_media_type: Option<String>,
}
structure!(ReferencedImageDetail {
0 image_digest,
1 image_size_in_bytes,
2 image_pushed_at,
3 image_manifest_media_type,
4 artifact_media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Registry {
    pub registry_id: Option<String>,
    pub registry_arn: Option<String>,
    pub registry_uri: Option<String>,
    pub verified: Option<bool>,
    pub aliases: Option<Vec<RegistryAlias>>,
}
structure!(Registry {
0 registry_id,
1 registry_arn,
2 registry_uri,
3 verified,
4 aliases,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegistryAlias {
    pub name: Option<String>,
    pub status: Option<String>,
    pub primary_registry_alias: Option<bool>,
    pub default_registry_alias: Option<bool>,
}
structure!(RegistryAlias {
0 name,
1 status,
2 primary_registry_alias,
3 default_registry_alias,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegistryCatalogData {
    pub display_name: Option<String>,
}
structure!(RegistryCatalogData {
0 display_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repository {
    pub repository_arn: Option<String>,
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub repository_uri: Option<String>,
    pub created_at: Option<Timestamp>,
}
structure!(Repository {
0 repository_arn,
1 registry_id,
2 repository_name,
3 repository_uri,
4 created_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryCatalogData {
    pub description: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub operating_systems: Option<Vec<String>>,
    pub logo_url: Option<String>,
    pub about_text: Option<String>,
    pub usage_text: Option<String>,
    pub marketplace_certified: Option<bool>,
}
structure!(RepositoryCatalogData {
0 description,
1 architectures,
2 operating_systems,
3 logo_url,
4 about_text,
5 usage_text,
6 marketplace_certified,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryCatalogDataInput {
    pub description: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub operating_systems: Option<Vec<String>>,
    pub logo_image_blob: Option<Vec<u8>>,
    pub about_text: Option<String>,
    pub usage_text: Option<String>,
}
structure!(RepositoryCatalogDataInput {
0 description,
1 architectures,
2 operating_systems,
3 logo_image_blob,
4 about_text,
5 usage_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
    pub force: Option<bool>,
}
structure!(SetRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
2 policy_text,
3 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(SetRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
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
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadLayerPartRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub part_first_byte: Option<i64>,
    pub part_last_byte: Option<i64>,
    pub layer_part_blob: Option<Vec<u8>>,
}
structure!(UploadLayerPartRequest {
0 registry_id,
1 repository_name,
2 upload_id,
3 part_first_byte,
4 part_last_byte,
5 layer_part_blob,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadLayerPartResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub last_byte_received: Option<i64>,
}
structure!(UploadLayerPartResponse {
0 registry_id,
1 repository_name,
2 upload_id,
3 last_byte_received,
});
