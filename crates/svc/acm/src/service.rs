//! The service as the server holds it: operations, what load balancers are given, loops.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_records::Record;
use wharf_seal::Secret;
use wharf_service::OneQueue;
use wharf_store::Compare;

use crate::{
    announced::Announcer,
    authority::{AuthorityError, ShownAuthority},
    authorize,
    config::Parts,
    core::{ChangeError, Core},
    feed,
    names::{self, Certificates as _, Place},
    ops, reconcile,
    records::{Certificate, Origin, Status},
};

/// Certificates worked on at once.
const WORKERS: usize = 4;

/// Certificate Manager over a store.
#[derive(Clone)]
pub struct AcmService {
    core: Arc<Core>,
}

/// A certificate for who serves it.
#[derive(Debug)]
pub struct ServedCertificate {
    /// Names it is for; may start with `*.`.
    pub names: Vec<String>,
    /// PEM, the leaf first.
    pub chain: String,
    /// PEM
    pub private_key: Secret,
    /// Holds for as long as the certificate is this one.
    pub unchanged: Compare,
}

/// What an ARN stands for.
#[derive(Debug)]
pub enum Found {
    Nothing,
    /// It is not issued yet.
    NotServable,
    Certificate(ServedCertificate),
}

impl AcmService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// The certificate of an account and region with that ARN, and its key.
    pub async fn find(&self, account: &str, region: &str, arn: &str) -> Result<Found, ChangeError> {
        let asking = Place::new(account, region);
        let Some((_, id)) = names::parse(arn).filter(|(place, _)| *place == asking) else {
            return Ok(Found::Nothing);
        };
        let key = asking.scope().key(Certificate::KIND, &id);
        let Some(stored) = self.core.table.read::<Certificate>(&key).await? else {
            return Ok(Found::Nothing);
        };
        let unchanged = stored.unchanged();
        let record = stored.record;
        let status = record.status(self.core.now());
        let Some(issued) = record.issued else {
            return Ok(Found::NotServable);
        };
        // What is over counts as gone, as in AWS.
        if status == Status::Expired {
            return Ok(Found::Nothing);
        }
        let keyring = &self.core.parts.keyring;
        let private_key = keyring.open(&record.private_key, &Certificate::purpose(arn))?;
        Ok(Found::Certificate(ServedCertificate {
            chain: issued.full_chain(),
            names: record.names,
            private_key,
            unchanged,
        }))
    }

    /// ARNs of certificates that were issued or imported anew. Whoever lags behind should look at all.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.core.changes.subscribe()
    }

    /// The certificates, in PEM, of the authority that signs what is requested, which is made if there is
    /// none, and of those before that count.
    pub async fn authority(&self) -> Result<String, AuthorityError> {
        self.core.authority().await?;
        let all = self.core.authorities().await?;
        Ok(all.into_iter().map(|it| it.certificate).collect())
    }

    /// The authority that signs and those before that count, the latest first.
    pub async fn authorities(&self) -> Result<Vec<ShownAuthority>, AuthorityError> {
        self.core.authorities().await
    }

    /// Another authority signs from here on, and signs anew what those before have signed; its name.
    /// `None` if nothing was ever signed.
    pub async fn rotate_authority(&self) -> Result<Option<String>, AuthorityError> {
        self.core.rotate_authority().await
    }

    /// Forgets the authorities that sign no more; their names.
    pub async fn retire_authorities(&self) -> Result<Vec<String>, ChangeError> {
        self.core.retire_authorities().await
    }

    /// ARNs of certificates that an authority before has signed and that are not over: those still to
    /// be renewed.
    pub async fn outdated(&self) -> Result<Vec<String>, ChangeError> {
        let core = &self.core;
        let (now, generation) = (core.now(), core.generation().await?);
        let all = core.table.everywhere::<Certificate>(names::SERVICE);
        let mut arns = Vec::new();
        for (scope, id, stored) in all.await? {
            let record = stored.record;
            let requested = record.origin != Origin::Imported;
            let issued = record.issued.filter(|_| requested);
            if issued.is_some_and(|it| it.authority < generation && it.facts.not_after > now) {
                arns.push(Place::of_scope(&scope).arn(&id));
            }
        }
        Ok(arns)
    }

    /// What changes of its records mean to the world.
    pub fn announcing(&self) -> Announcer {
        Announcer {
            core: self.core.clone(),
        }
    }

    /// Runs the reconciler until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("acm-shard"),
            takeover: core.parts.takeover,
            queue: &core.certificates,
            workers: WORKERS,
        };
        let (fed, worked) = (core.clone(), core.clone());
        let changed = move |key: &str, look| feed::changed(&fed, key, look);
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.run(stop, changed, work).await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_acm::operations! {
    impl AcmService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    add_tags_to_certificate = ops::tags::add;
    delete_certificate = ops::delete_certificate::delete_certificate;
    describe_certificate = ops::describe_certificate::describe_certificate;
    export_certificate = ops::export_certificate::export_certificate;
    get_account_configuration = ops::account::get;
    get_certificate = ops::get_certificate::get_certificate;
    import_certificate = ops::import_certificate::import_certificate;
    list_certificates = ops::list_certificates::list_certificates;
    list_tags_for_certificate = ops::tags::list;
    remove_tags_from_certificate = ops::tags::remove;
    put_account_configuration = ops::account::put;
    renew_certificate = ops::renew_certificate::renew_certificate;
    request_certificate = ops::request_certificate::request_certificate;
    update_certificate_options = ops::options::update;
}
