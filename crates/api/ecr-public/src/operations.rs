// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`EcrPublic`](crate::EcrPublic) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate EcrPublic] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod batch_check_layer_availability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchCheckLayerAvailabilityRequest;
        pub type Output = BatchCheckLayerAvailabilityResponse;
    }

    pub mod batch_delete_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchDeleteImageRequest;
        pub type Output = BatchDeleteImageResponse;
    }

    pub mod complete_layer_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CompleteLayerUploadRequest;
        pub type Output = CompleteLayerUploadResponse;
    }

    pub mod create_repository {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRepositoryRequest;
        pub type Output = CreateRepositoryResponse;
    }

    pub mod delete_repository {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRepositoryRequest;
        pub type Output = DeleteRepositoryResponse;
    }

    pub mod delete_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRepositoryPolicyRequest;
        pub type Output = DeleteRepositoryPolicyResponse;
    }

    pub mod describe_image_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImageTagsRequest;
        pub type Output = DescribeImageTagsResponse;
    }

    pub mod describe_images {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImagesRequest;
        pub type Output = DescribeImagesResponse;
    }

    pub mod describe_registries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRegistriesRequest;
        pub type Output = DescribeRegistriesResponse;
    }

    pub mod describe_repositories {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRepositoriesRequest;
        pub type Output = DescribeRepositoriesResponse;
    }

    pub mod get_authorization_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAuthorizationTokenRequest;
        pub type Output = GetAuthorizationTokenResponse;
    }

    pub mod get_registry_catalog_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRegistryCatalogDataRequest;
        pub type Output = GetRegistryCatalogDataResponse;
    }

    pub mod get_repository_catalog_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRepositoryCatalogDataRequest;
        pub type Output = GetRepositoryCatalogDataResponse;
    }

    pub mod get_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRepositoryPolicyRequest;
        pub type Output = GetRepositoryPolicyResponse;
    }

    pub mod initiate_layer_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = InitiateLayerUploadRequest;
        pub type Output = InitiateLayerUploadResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod put_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutImageRequest;
        pub type Output = PutImageResponse;
    }

    pub mod put_registry_catalog_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRegistryCatalogDataRequest;
        pub type Output = PutRegistryCatalogDataResponse;
    }

    pub mod put_repository_catalog_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRepositoryCatalogDataRequest;
        pub type Output = PutRepositoryCatalogDataResponse;
    }

    pub mod set_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetRepositoryPolicyRequest;
        pub type Output = SetRepositoryPolicyResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }

    pub mod upload_layer_part {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadLayerPartRequest;
        pub type Output = UploadLayerPartResponse;
    }
}
