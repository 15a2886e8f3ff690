//! Real services over one temporary store, for tests: a service is tested with its neighbours as they
//! are, IAM's gate between them, and not with stand-ins whose behaviour nobody checks.
//!
//! [`World`] is the store and what every service has; [`Running`] is a service with its loops, which a
//! test can end as a crash does and start again; [`until`] waits for what happens by itself.
//!
//! Nothing that ships depends on this crate (`cargo xtask check`).

#![forbid(unsafe_code)]

mod counted;
pub mod ecs;
pub mod id_token;
mod killed;
mod known;
mod network;
mod people;
mod running;
mod virtual_time;

use std::{path::Path, sync::Arc, time::Duration};

use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_acm::AcmService;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_elbv2::Elbv2Service;
use wharf_svc_iam::{Directory, IamGate, IamService, Mode};
use wharf_wire::{Call, Caller, Context, Dispatcher, Fault};

pub use counted::Counted;
pub use killed::CutOff;
pub use known::Known;
pub use network::Network;
pub use running::Running;
pub use virtual_time::{VirtualClock, VirtualSeconds};

/// Whose everything is.
pub const ACCOUNT: &str = "000000000000";
/// Where everything is.
pub const REGION: &str = "us-east-1";
/// With what tests write.
pub const PERMIT: Permit = Permit::for_controller("test");

/// Longest wait for anything that happens by itself.
const DEADLINE: Duration = Duration::from_secs(20);

/// A store, and what services are made of.
pub struct World {
    pub store: Store,
    pub keyring: Keyring,
    pub directory: Arc<Directory>,
    pub dispatcher: Dispatcher,
    pub ec2: Arc<Ec2Service>,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    /// IAM decides.
    pub fn new() -> Self {
        Self::with_mode(Mode::Enforce)
    }

    pub fn with_mode(mode: Mode) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path(), StoreOptions::default()).expect("a store");
        Self {
            _folder: Some(folder),
            ..Self::over(store, mode)
        }
    }

    /// Over a store in memory: for tests that ask nothing of disks.
    pub fn in_memory() -> Self {
        Self::over(Store::in_memory(StoreOptions::default()), Mode::Enforce)
    }

    /// Over a store in a folder of the test's own, which another world can open later.
    pub fn in_folder(folder: &Path) -> Self {
        let store = Store::open(folder, StoreOptions::default()).expect("a store");
        Self::over(store, Mode::Enforce)
    }

    /// Over a store of the test's own.
    pub fn over(store: Store, mode: Mode) -> Self {
        let keyring = Keyring::in_memory();
        let directory = Arc::new(Directory::new(store.clone(), keyring.clone()));
        let gate = IamGate::new(directory.clone(), mode);
        Self {
            ec2: Arc::new(Ec2Service::new(store.clone(), keyring.clone())),
            dispatcher: Dispatcher::new(Arc::new(gate)),
            directory,
            keyring,
            store,
            _folder: None,
        }
    }

    /// EC2 as other services hold it: behind IAM's gate.
    pub fn ec2_client(&self) -> Arc<wharf_api_ec2::Client> {
        let client = wharf_api_ec2::Client::new(self.ec2.clone(), self.dispatcher.clone());
        Arc::new(client)
    }

    /// IAM itself, past its gate.
    pub fn iam(&self) -> Arc<IamService> {
        Arc::new(IamService::new(self.directory.clone()))
    }

    /// Certificate Manager with its loops.
    pub fn acm(&self, change: impl FnOnce(&mut wharf_svc_acm::Parts)) -> Running<AcmService> {
        let mut parts = wharf_svc_acm::Parts::new(self.store.clone(), self.keyring.clone());
        change(&mut parts);
        Running::start(move || {
            let acm = AcmService::new(parts.clone());
            let running = acm.clone();
            (acm, move |stop| async move { running.run(stop).await })
        })
    }

    /// Elastic Load Balancing with its loops, over this world's EC2.
    pub fn elbv2(&self, change: impl FnOnce(&mut wharf_svc_elbv2::Parts)) -> Running<Elbv2Service> {
        let (store, keyring) = (self.store.clone(), self.keyring.clone());
        let mut parts = wharf_svc_elbv2::Parts::new(store, keyring, self.ec2_client());
        change(&mut parts);
        Running::start(move || {
            let elbv2 = Elbv2Service::new(parts.clone());
            let running = elbv2.clone();
            (elbv2, move |stop| async move { running.run(stop).await })
        })
    }

    /// The values under a prefix, as text.
    pub async fn stored(&self, prefix: &str) -> String {
        let all = self.store.all(Range::prefix(prefix)).await;
        let all = all.expect("the store reads");
        let values = all.entries.iter();
        values
            .map(|it| String::from_utf8_lossy(&it.value).into_owned())
            .collect()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// A request by root, now.
pub fn context() -> Context {
    context_of(Caller::root(ACCOUNT))
}

/// A request by a caller, now.
pub fn context_of(caller: Caller) -> Context {
    let mut context = Context::internal(ACCOUNT, REGION, "tests", SystemClock.now());
    context.account.clone_from(&caller.account);
    context.caller = caller;
    context
}

/// An authorised call by root, at another time than now.
pub fn call_at(now: Timestamp) -> Call {
    let context = Context { now, ..context() };
    Call::by_controller(context, PERMIT)
}

/// An authorised call by root, now.
pub fn call() -> Call {
    call_of(Caller::root(ACCOUNT))
}

/// An authorised call by a caller, now.
pub fn call_of(caller: Caller) -> Call {
    Call::by_controller(context_of(caller), PERMIT)
}

/// An authorised call by a service of wharf, `ecs.amazonaws.com`.
pub fn call_of_service(principal: &str) -> Call {
    call_of(Caller::service(ACCOUNT, principal))
}

/// Asks until the answer is yes.
///
/// # Panics
/// If it never is.
pub async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while !ask().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it never came true that {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Code and text of a refusal.
///
/// # Panics
/// If it is none.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Fault>, code: &str, message: &str) {
    let fault = answer.expect_err("refused");
    let found = (fault.code.as_ref(), fault.message.as_str());
    assert_eq!(found, (code, message));
}
