//! The API: each operation delegates to its file under `ops/`.

use wharf_service::Pages;
use wharf_svc_ecr::{Catalog, Registry};

use crate::{authorize, fault, fault::PublicFaults, ops};

/// ECR Public's API over a catalog.
#[derive(Debug, Clone)]
pub struct EcrPublicService {
    pub(crate) catalog: Catalog,
}

impl EcrPublicService {
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }

    /// The pages of a list of a registry; `selection` is all that a request chooses by.
    pub(crate) fn pages(
        &self,
        registry: &Registry,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, PublicFaults> {
        let (account, region) = (&registry.account, &registry.region);
        let list = format!("ecr-public/{list}");
        Pages::at(self.catalog.keyring(), account, region, &list, selection)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_ecr_public::operations! {
    impl EcrPublicService;
    authorize(self, cx, input) = authorize::row(self, cx, input).await;
    refuse = fault::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    batch_check_layer_availability = ops::layers::batch_check_layer_availability;
    batch_delete_image = ops::images::batch_delete_image;
    complete_layer_upload = ops::layers::complete_layer_upload;
    create_repository = ops::repositories::create_repository;
    delete_repository = ops::repositories::delete_repository;
    delete_repository_policy = ops::policies::delete_repository_policy;
    describe_image_tags = ops::describe_images::describe_image_tags;
    describe_images = ops::describe_images::describe_images;
    describe_registries = ops::registries::describe_registries;
    describe_repositories = ops::repositories::describe_repositories;
    get_authorization_token = ops::registries::get_authorization_token;
    get_registry_catalog_data = ops::registries::get_registry_catalog_data;
    get_repository_catalog_data = ops::catalog_data::get_repository_catalog_data;
    get_repository_policy = ops::policies::get_repository_policy;
    initiate_layer_upload = ops::layers::initiate_layer_upload;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    put_image = ops::images::put_image;
    put_registry_catalog_data = ops::registries::put_registry_catalog_data;
    put_repository_catalog_data = ops::catalog_data::put_repository_catalog_data;
    set_repository_policy = ops::policies::set_repository_policy;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
    upload_layer_part = ops::layers::upload_layer_part;
}
