// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    BatchCheckLayerAvailability(&'a BatchCheckLayerAvailabilityRequest),
    BatchDeleteImage(&'a BatchDeleteImageRequest),
    CompleteLayerUpload(&'a CompleteLayerUploadRequest),
    CreateRepository(&'a CreateRepositoryRequest),
    DeleteRepository(&'a DeleteRepositoryRequest),
    DeleteRepositoryPolicy(&'a DeleteRepositoryPolicyRequest),
    DescribeImageTags(&'a DescribeImageTagsRequest),
    DescribeImages(&'a DescribeImagesRequest),
    DescribeRegistries(&'a DescribeRegistriesRequest),
    DescribeRepositories(&'a DescribeRepositoriesRequest),
    GetAuthorizationToken(&'a GetAuthorizationTokenRequest),
    GetRegistryCatalogData(&'a GetRegistryCatalogDataRequest),
    GetRepositoryCatalogData(&'a GetRepositoryCatalogDataRequest),
    GetRepositoryPolicy(&'a GetRepositoryPolicyRequest),
    InitiateLayerUpload(&'a InitiateLayerUploadRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    PutImage(&'a PutImageRequest),
    PutRegistryCatalogData(&'a PutRegistryCatalogDataRequest),
    PutRepositoryCatalogData(&'a PutRepositoryCatalogDataRequest),
    SetRepositoryPolicy(&'a SetRepositoryPolicyRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UploadLayerPart(&'a UploadLayerPartRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::BatchCheckLayerAvailability(_) => "BatchCheckLayerAvailability",
            Self::BatchDeleteImage(_) => "BatchDeleteImage",
            Self::CompleteLayerUpload(_) => "CompleteLayerUpload",
            Self::CreateRepository(_) => "CreateRepository",
            Self::DeleteRepository(_) => "DeleteRepository",
            Self::DeleteRepositoryPolicy(_) => "DeleteRepositoryPolicy",
            Self::DescribeImageTags(_) => "DescribeImageTags",
            Self::DescribeImages(_) => "DescribeImages",
            Self::DescribeRegistries(_) => "DescribeRegistries",
            Self::DescribeRepositories(_) => "DescribeRepositories",
            Self::GetAuthorizationToken(_) => "GetAuthorizationToken",
            Self::GetRegistryCatalogData(_) => "GetRegistryCatalogData",
            Self::GetRepositoryCatalogData(_) => "GetRepositoryCatalogData",
            Self::GetRepositoryPolicy(_) => "GetRepositoryPolicy",
            Self::InitiateLayerUpload(_) => "InitiateLayerUpload",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::PutImage(_) => "PutImage",
            Self::PutRegistryCatalogData(_) => "PutRegistryCatalogData",
            Self::PutRepositoryCatalogData(_) => "PutRepositoryCatalogData",
            Self::SetRepositoryPolicy(_) => "SetRepositoryPolicy",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UploadLayerPart(_) => "UploadLayerPart",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ecr-public:{}", self.operation())
    }
}

#[async_trait]
pub trait EcrPublic: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn batch_check_layer_availability(
        &self,
        call: &Call,
        input: BatchCheckLayerAvailabilityRequest,
    ) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr-public",
            "BatchCheckLayerAvailability",
        ))
    }

    async fn batch_delete_image(
        &self,
        call: &Call,
        input: BatchDeleteImageRequest,
    ) -> Result<BatchDeleteImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "BatchDeleteImage"))
    }

    async fn complete_layer_upload(
        &self,
        call: &Call,
        input: CompleteLayerUploadRequest,
    ) -> Result<CompleteLayerUploadResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "CompleteLayerUpload"))
    }

    async fn create_repository(
        &self,
        call: &Call,
        input: CreateRepositoryRequest,
    ) -> Result<CreateRepositoryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "CreateRepository"))
    }

    async fn delete_repository(
        &self,
        call: &Call,
        input: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DeleteRepository"))
    }

    async fn delete_repository_policy(
        &self,
        call: &Call,
        input: DeleteRepositoryPolicyRequest,
    ) -> Result<DeleteRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DeleteRepositoryPolicy"))
    }

    async fn describe_image_tags(
        &self,
        call: &Call,
        input: DescribeImageTagsRequest,
    ) -> Result<DescribeImageTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DescribeImageTags"))
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DescribeImages"))
    }

    async fn describe_registries(
        &self,
        call: &Call,
        input: DescribeRegistriesRequest,
    ) -> Result<DescribeRegistriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DescribeRegistries"))
    }

    async fn describe_repositories(
        &self,
        call: &Call,
        input: DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "DescribeRepositories"))
    }

    async fn get_authorization_token(
        &self,
        call: &Call,
        input: GetAuthorizationTokenRequest,
    ) -> Result<GetAuthorizationTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "GetAuthorizationToken"))
    }

    async fn get_registry_catalog_data(
        &self,
        call: &Call,
        input: GetRegistryCatalogDataRequest,
    ) -> Result<GetRegistryCatalogDataResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "GetRegistryCatalogData"))
    }

    async fn get_repository_catalog_data(
        &self,
        call: &Call,
        input: GetRepositoryCatalogDataRequest,
    ) -> Result<GetRepositoryCatalogDataResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "GetRepositoryCatalogData"))
    }

    async fn get_repository_policy(
        &self,
        call: &Call,
        input: GetRepositoryPolicyRequest,
    ) -> Result<GetRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "GetRepositoryPolicy"))
    }

    async fn initiate_layer_upload(
        &self,
        call: &Call,
        input: InitiateLayerUploadRequest,
    ) -> Result<InitiateLayerUploadResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "InitiateLayerUpload"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "ListTagsForResource"))
    }

    async fn put_image(
        &self,
        call: &Call,
        input: PutImageRequest,
    ) -> Result<PutImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "PutImage"))
    }

    async fn put_registry_catalog_data(
        &self,
        call: &Call,
        input: PutRegistryCatalogDataRequest,
    ) -> Result<PutRegistryCatalogDataResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "PutRegistryCatalogData"))
    }

    async fn put_repository_catalog_data(
        &self,
        call: &Call,
        input: PutRepositoryCatalogDataRequest,
    ) -> Result<PutRepositoryCatalogDataResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "PutRepositoryCatalogData"))
    }

    async fn set_repository_policy(
        &self,
        call: &Call,
        input: SetRepositoryPolicyRequest,
    ) -> Result<SetRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "SetRepositoryPolicy"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "UntagResource"))
    }

    async fn upload_layer_part(
        &self,
        call: &Call,
        input: UploadLayerPartRequest,
    ) -> Result<UploadLayerPartResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr-public", "UploadLayerPart"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn EcrPublic>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BatchCheckLayerAvailabilityRequest::default()),
            1 => Box::new(BatchDeleteImageRequest::default()),
            2 => Box::new(CompleteLayerUploadRequest::default()),
            3 => Box::new(CreateRepositoryRequest::default()),
            4 => Box::new(DeleteRepositoryRequest::default()),
            5 => Box::new(DeleteRepositoryPolicyRequest::default()),
            6 => Box::new(DescribeImageTagsRequest::default()),
            7 => Box::new(DescribeImagesRequest::default()),
            8 => Box::new(DescribeRegistriesRequest::default()),
            9 => Box::new(DescribeRepositoriesRequest::default()),
            10 => Box::new(GetAuthorizationTokenRequest::default()),
            11 => Box::new(GetRegistryCatalogDataRequest::default()),
            12 => Box::new(GetRepositoryCatalogDataRequest::default()),
            13 => Box::new(GetRepositoryPolicyRequest::default()),
            14 => Box::new(InitiateLayerUploadRequest::default()),
            15 => Box::new(ListTagsForResourceRequest::default()),
            16 => Box::new(PutImageRequest::default()),
            17 => Box::new(PutRegistryCatalogDataRequest::default()),
            18 => Box::new(PutRepositoryCatalogDataRequest::default()),
            19 => Box::new(SetRepositoryPolicyRequest::default()),
            20 => Box::new(TagResourceRequest::default()),
            21 => Box::new(UntagResourceRequest::default()),
            22 => Box::new(UploadLayerPartRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BatchCheckLayerAvailabilityResponse::default()),
            1 => Box::new(BatchDeleteImageResponse::default()),
            2 => Box::new(CompleteLayerUploadResponse::default()),
            3 => Box::new(CreateRepositoryResponse::default()),
            4 => Box::new(DeleteRepositoryResponse::default()),
            5 => Box::new(DeleteRepositoryPolicyResponse::default()),
            6 => Box::new(DescribeImageTagsResponse::default()),
            7 => Box::new(DescribeImagesResponse::default()),
            8 => Box::new(DescribeRegistriesResponse::default()),
            9 => Box::new(DescribeRepositoriesResponse::default()),
            10 => Box::new(GetAuthorizationTokenResponse::default()),
            11 => Box::new(GetRegistryCatalogDataResponse::default()),
            12 => Box::new(GetRepositoryCatalogDataResponse::default()),
            13 => Box::new(GetRepositoryPolicyResponse::default()),
            14 => Box::new(InitiateLayerUploadResponse::default()),
            15 => Box::new(ListTagsForResourceResponse::default()),
            16 => Box::new(PutImageResponse::default()),
            17 => Box::new(PutRegistryCatalogDataResponse::default()),
            18 => Box::new(PutRepositoryCatalogDataResponse::default()),
            19 => Box::new(SetRepositoryPolicyResponse::default()),
            20 => Box::new(TagResourceResponse::default()),
            21 => Box::new(UntagResourceResponse::default()),
            22 => Box::new(UploadLayerPartResponse::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::BatchCheckLayerAvailability(borrowed(input)),
            1 => Input::BatchDeleteImage(borrowed(input)),
            2 => Input::CompleteLayerUpload(borrowed(input)),
            3 => Input::CreateRepository(borrowed(input)),
            4 => Input::DeleteRepository(borrowed(input)),
            5 => Input::DeleteRepositoryPolicy(borrowed(input)),
            6 => Input::DescribeImageTags(borrowed(input)),
            7 => Input::DescribeImages(borrowed(input)),
            8 => Input::DescribeRegistries(borrowed(input)),
            9 => Input::DescribeRepositories(borrowed(input)),
            10 => Input::GetAuthorizationToken(borrowed(input)),
            11 => Input::GetRegistryCatalogData(borrowed(input)),
            12 => Input::GetRepositoryCatalogData(borrowed(input)),
            13 => Input::GetRepositoryPolicy(borrowed(input)),
            14 => Input::InitiateLayerUpload(borrowed(input)),
            15 => Input::ListTagsForResource(borrowed(input)),
            16 => Input::PutImage(borrowed(input)),
            17 => Input::PutRegistryCatalogData(borrowed(input)),
            18 => Input::PutRepositoryCatalogData(borrowed(input)),
            19 => Input::SetRepositoryPolicy(borrowed(input)),
            20 => Input::TagResource(borrowed(input)),
            21 => Input::UntagResource(borrowed(input)),
            22 => Input::UploadLayerPart(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(
                self.0
                    .batch_check_layer_availability(call, typed(input))
                    .await?,
            ),
            1 => Box::new(self.0.batch_delete_image(call, typed(input)).await?),
            2 => Box::new(self.0.complete_layer_upload(call, typed(input)).await?),
            3 => Box::new(self.0.create_repository(call, typed(input)).await?),
            4 => Box::new(self.0.delete_repository(call, typed(input)).await?),
            5 => Box::new(self.0.delete_repository_policy(call, typed(input)).await?),
            6 => Box::new(self.0.describe_image_tags(call, typed(input)).await?),
            7 => Box::new(self.0.describe_images(call, typed(input)).await?),
            8 => Box::new(self.0.describe_registries(call, typed(input)).await?),
            9 => Box::new(self.0.describe_repositories(call, typed(input)).await?),
            10 => Box::new(self.0.get_authorization_token(call, typed(input)).await?),
            11 => Box::new(self.0.get_registry_catalog_data(call, typed(input)).await?),
            12 => Box::new(
                self.0
                    .get_repository_catalog_data(call, typed(input))
                    .await?,
            ),
            13 => Box::new(self.0.get_repository_policy(call, typed(input)).await?),
            14 => Box::new(self.0.initiate_layer_upload(call, typed(input)).await?),
            15 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            16 => Box::new(self.0.put_image(call, typed(input)).await?),
            17 => Box::new(self.0.put_registry_catalog_data(call, typed(input)).await?),
            18 => Box::new(
                self.0
                    .put_repository_catalog_data(call, typed(input))
                    .await?,
            ),
            19 => Box::new(self.0.set_repository_policy(call, typed(input)).await?),
            20 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            21 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            22 => Box::new(self.0.upload_layer_part(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn EcrPublic>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn EcrPublic>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl EcrPublic for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn batch_check_layer_availability(
        &self,
        call: &Call,
        input: BatchCheckLayerAvailabilityRequest,
    ) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
        let call = self
            .admit(call, Input::BatchCheckLayerAvailability(&input), 0, &input)
            .await?;
        self.inner
            .batch_check_layer_availability(&call, input)
            .await
    }

    async fn batch_delete_image(
        &self,
        call: &Call,
        input: BatchDeleteImageRequest,
    ) -> Result<BatchDeleteImageResponse, Fault> {
        let call = self
            .admit(call, Input::BatchDeleteImage(&input), 1, &input)
            .await?;
        self.inner.batch_delete_image(&call, input).await
    }

    async fn complete_layer_upload(
        &self,
        call: &Call,
        input: CompleteLayerUploadRequest,
    ) -> Result<CompleteLayerUploadResponse, Fault> {
        let call = self
            .admit(call, Input::CompleteLayerUpload(&input), 2, &input)
            .await?;
        self.inner.complete_layer_upload(&call, input).await
    }

    async fn create_repository(
        &self,
        call: &Call,
        input: CreateRepositoryRequest,
    ) -> Result<CreateRepositoryResponse, Fault> {
        let call = self
            .admit(call, Input::CreateRepository(&input), 3, &input)
            .await?;
        self.inner.create_repository(&call, input).await
    }

    async fn delete_repository(
        &self,
        call: &Call,
        input: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteRepository(&input), 4, &input)
            .await?;
        self.inner.delete_repository(&call, input).await
    }

    async fn delete_repository_policy(
        &self,
        call: &Call,
        input: DeleteRepositoryPolicyRequest,
    ) -> Result<DeleteRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteRepositoryPolicy(&input), 5, &input)
            .await?;
        self.inner.delete_repository_policy(&call, input).await
    }

    async fn describe_image_tags(
        &self,
        call: &Call,
        input: DescribeImageTagsRequest,
    ) -> Result<DescribeImageTagsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImageTags(&input), 6, &input)
            .await?;
        self.inner.describe_image_tags(&call, input).await
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImages(&input), 7, &input)
            .await?;
        self.inner.describe_images(&call, input).await
    }

    async fn describe_registries(
        &self,
        call: &Call,
        input: DescribeRegistriesRequest,
    ) -> Result<DescribeRegistriesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeRegistries(&input), 8, &input)
            .await?;
        self.inner.describe_registries(&call, input).await
    }

    async fn describe_repositories(
        &self,
        call: &Call,
        input: DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeRepositories(&input), 9, &input)
            .await?;
        self.inner.describe_repositories(&call, input).await
    }

    async fn get_authorization_token(
        &self,
        call: &Call,
        input: GetAuthorizationTokenRequest,
    ) -> Result<GetAuthorizationTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetAuthorizationToken(&input), 10, &input)
            .await?;
        self.inner.get_authorization_token(&call, input).await
    }

    async fn get_registry_catalog_data(
        &self,
        call: &Call,
        input: GetRegistryCatalogDataRequest,
    ) -> Result<GetRegistryCatalogDataResponse, Fault> {
        let call = self
            .admit(call, Input::GetRegistryCatalogData(&input), 11, &input)
            .await?;
        self.inner.get_registry_catalog_data(&call, input).await
    }

    async fn get_repository_catalog_data(
        &self,
        call: &Call,
        input: GetRepositoryCatalogDataRequest,
    ) -> Result<GetRepositoryCatalogDataResponse, Fault> {
        let call = self
            .admit(call, Input::GetRepositoryCatalogData(&input), 12, &input)
            .await?;
        self.inner.get_repository_catalog_data(&call, input).await
    }

    async fn get_repository_policy(
        &self,
        call: &Call,
        input: GetRepositoryPolicyRequest,
    ) -> Result<GetRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetRepositoryPolicy(&input), 13, &input)
            .await?;
        self.inner.get_repository_policy(&call, input).await
    }

    async fn initiate_layer_upload(
        &self,
        call: &Call,
        input: InitiateLayerUploadRequest,
    ) -> Result<InitiateLayerUploadResponse, Fault> {
        let call = self
            .admit(call, Input::InitiateLayerUpload(&input), 14, &input)
            .await?;
        self.inner.initiate_layer_upload(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 15, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn put_image(
        &self,
        call: &Call,
        input: PutImageRequest,
    ) -> Result<PutImageResponse, Fault> {
        let call = self
            .admit(call, Input::PutImage(&input), 16, &input)
            .await?;
        self.inner.put_image(&call, input).await
    }

    async fn put_registry_catalog_data(
        &self,
        call: &Call,
        input: PutRegistryCatalogDataRequest,
    ) -> Result<PutRegistryCatalogDataResponse, Fault> {
        let call = self
            .admit(call, Input::PutRegistryCatalogData(&input), 17, &input)
            .await?;
        self.inner.put_registry_catalog_data(&call, input).await
    }

    async fn put_repository_catalog_data(
        &self,
        call: &Call,
        input: PutRepositoryCatalogDataRequest,
    ) -> Result<PutRepositoryCatalogDataResponse, Fault> {
        let call = self
            .admit(call, Input::PutRepositoryCatalogData(&input), 18, &input)
            .await?;
        self.inner.put_repository_catalog_data(&call, input).await
    }

    async fn set_repository_policy(
        &self,
        call: &Call,
        input: SetRepositoryPolicyRequest,
    ) -> Result<SetRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::SetRepositoryPolicy(&input), 19, &input)
            .await?;
        self.inner.set_repository_policy(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 20, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 21, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn upload_layer_part(
        &self,
        call: &Call,
        input: UploadLayerPartRequest,
    ) -> Result<UploadLayerPartResponse, Fault> {
        let call = self
            .admit(call, Input::UploadLayerPart(&input), 22, &input)
            .await?;
        self.inner.upload_layer_part(&call, input).await
    }
}
