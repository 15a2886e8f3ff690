//! The API: each operation delegates to its file under `ops/`.

use crate::{authorize, catalog::Catalog, fault, ops};

/// ECR's API over a catalog.
#[derive(Debug, Clone)]
pub struct EcrService {
    catalog: Catalog,
}

impl EcrService {
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_ecr::operations! {
    impl EcrService;
    authorize(self, cx, input) = authorize::row(&self.catalog, cx, input).await;
    refuse = fault::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.catalog, call, input).await;

    batch_check_layer_availability = ops::batch_check_layer_availability::batch_check_layer_availability;
    batch_delete_image = ops::batch_delete_image::batch_delete_image;
    batch_get_image = ops::batch_get_image::batch_get_image;
    batch_get_repository_scanning_configuration = ops::batch_get_repository_scanning_configuration::batch_get;
    complete_layer_upload = ops::complete_layer_upload::complete_layer_upload;
    create_pull_through_cache_rule = ops::pull_through::create;
    create_repository = ops::create_repository::create_repository;
    create_repository_creation_template = ops::templates::create;
    delete_lifecycle_policy = ops::delete_lifecycle_policy::delete_lifecycle_policy;
    delete_pull_through_cache_rule = ops::pull_through::delete;
    delete_registry_policy = ops::delete_registry_policy::delete_registry_policy;
    delete_repository = ops::delete_repository::delete_repository;
    delete_repository_creation_template = ops::templates::delete;
    delete_repository_policy = ops::delete_repository_policy::delete_repository_policy;
    delete_signing_configuration = ops::signing::delete;
    deregister_pull_time_update_exclusion = ops::pull_exclusions::deregister;
    describe_image_scan_findings = ops::describe_image_scan_findings::describe;
    describe_image_replication_status = ops::replication::describe_status;
    describe_image_signing_status = ops::signing::describe_status;
    describe_images = ops::describe_images::describe_images;
    describe_pull_through_cache_rules = ops::pull_through::describe;
    describe_registry = ops::replication::describe_registry;
    describe_replication_backfill_results = ops::backfills::describe;
    describe_repositories = ops::describe_repositories::describe_repositories;
    describe_repository_creation_templates = ops::templates::describe;
    get_account_setting = ops::account_settings::get;
    get_authorization_token = ops::get_authorization_token::get_authorization_token;
    get_download_url_for_layer = ops::get_download_url_for_layer::get_download_url_for_layer;
    get_lifecycle_policy = ops::get_lifecycle_policy::get_lifecycle_policy;
    get_lifecycle_policy_preview = ops::get_lifecycle_policy_preview::get_lifecycle_policy_preview;
    get_registry_policy = ops::get_registry_policy::get_registry_policy;
    get_registry_scanning_configuration = ops::registry_scanning_configuration::get;
    get_repository_policy = ops::get_repository_policy::get_repository_policy;
    get_signing_configuration = ops::signing::get;
    initiate_layer_upload = ops::initiate_layer_upload::initiate_layer_upload;
    list_image_referrers = ops::list_image_referrers::list_image_referrers;
    list_images = ops::list_images::list_images;
    list_pull_time_update_exclusions = ops::pull_exclusions::list;
    list_replication_backfills = ops::backfills::list;
    list_tags_for_resource = ops::list_tags_for_resource::list_tags_for_resource;
    put_account_setting = ops::account_settings::put;
    put_image = ops::put_image::put_image;
    put_image_scanning_configuration = ops::put_image_scanning_configuration::put_image_scanning_configuration;
    put_image_tag_mutability = ops::put_image_tag_mutability::put_image_tag_mutability;
    put_lifecycle_policy = ops::put_lifecycle_policy::put_lifecycle_policy;
    put_replication_configuration = ops::replication::put_configuration;
    put_registry_policy = ops::put_registry_policy::put_registry_policy;
    register_pull_time_update_exclusion = ops::pull_exclusions::register;
    put_registry_scanning_configuration = ops::registry_scanning_configuration::put;
    put_signing_configuration = ops::signing::put;
    set_repository_policy = ops::set_repository_policy::set_repository_policy;
    start_image_scan = ops::start_image_scan::start_image_scan;
    start_lifecycle_policy_preview = ops::start_lifecycle_policy_preview::start_lifecycle_policy_preview;
    start_replication_backfill = ops::backfills::start;
    stop_replication_backfill = ops::backfills::stop;
    tag_resource = ops::tag_resource::tag_resource;
    untag_resource = ops::untag_resource::untag_resource;
    update_image_storage_class = ops::update_image_storage_class::update_image_storage_class;
    update_pull_through_cache_rule = ops::pull_through::update;
    update_repository_creation_template = ops::templates::update;
    upload_layer_part = ops::upload_layer_part::upload_layer_part;
    validate_pull_through_cache_rule = ops::pull_through::validate;
}
