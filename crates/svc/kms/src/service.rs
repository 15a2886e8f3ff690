//! The service as the server holds it: operations and the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::OneQueue;

use crate::{authorize, config::Parts, core::Core, names, ops, reconcile};

/// Keys rotated or destroyed at once.
const WORKERS: usize = 2;

/// KMS over a store.
#[derive(Clone)]
pub struct KmsService {
    core: Arc<Core>,
}

impl KmsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Rotates and destroys keys in time until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("kms-shard"),
            takeover: core.parts.takeover,
            queue: &core.due,
            workers: WORKERS,
        };
        let (fed, worked) = (core.clone(), core.clone());
        let changed = move |key: &str, look| reconcile::changed(&fed, key, look);
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.run(stop, changed, work).await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_kms::operations! {
    impl KmsService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    cancel_key_deletion = ops::deletion::cancel_key_deletion;
    create_alias = ops::alias::create_alias;
    create_grant = ops::grants::create_grant;
    create_key = ops::create::create_key;
    decrypt = ops::encrypt::decrypt;
    delete_alias = ops::alias::delete_alias;
    delete_imported_key_material = ops::import::delete_imported_key_material;
    derive_shared_secret = ops::agreement::derive_shared_secret;
    describe_key = ops::keys::describe_key;
    disable_key = ops::keys::disable_key;
    disable_key_rotation = ops::rotation::disable_key_rotation;
    enable_key = ops::keys::enable_key;
    enable_key_rotation = ops::rotation::enable_key_rotation;
    encrypt = ops::encrypt::encrypt;
    generate_data_key = ops::data_keys::generate_data_key;
    generate_data_key_pair = ops::data_keys::generate_data_key_pair;
    generate_data_key_pair_without_plaintext = ops::data_keys::generate_data_key_pair_without_plaintext;
    generate_data_key_without_plaintext = ops::data_keys::generate_data_key_without_plaintext;
    generate_mac = ops::mac::generate_mac;
    generate_random = ops::random::generate_random;
    get_key_policy = ops::policy::get_key_policy;
    get_key_rotation_status = ops::rotation::get_key_rotation_status;
    get_parameters_for_import = ops::import::get_parameters_for_import;
    get_public_key = ops::keys::get_public_key;
    import_key_material = ops::import::import_key_material;
    list_aliases = ops::alias::list_aliases;
    list_grants = ops::grants::list_grants;
    list_key_policies = ops::policy::list_key_policies;
    list_key_rotations = ops::rotation::list_key_rotations;
    list_keys = ops::keys::list_keys;
    list_resource_tags = ops::tags::list_resource_tags;
    list_retirable_grants = ops::grants::list_retirable_grants;
    put_key_policy = ops::policy::put_key_policy;
    replicate_key = ops::replicas::replicate_key;
    re_encrypt = ops::encrypt::re_encrypt;
    retire_grant = ops::grants::retire_grant;
    revoke_grant = ops::grants::revoke_grant;
    rotate_key_on_demand = ops::rotation::rotate_key_on_demand;
    schedule_key_deletion = ops::deletion::schedule_key_deletion;
    sign = ops::sign::sign;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
    update_alias = ops::alias::update_alias;
    update_primary_region = ops::replicas::update_primary_region;
    update_key_description = ops::keys::update_key_description;
    verify = ops::sign::verify;
    verify_mac = ops::mac::verify_mac;
}
