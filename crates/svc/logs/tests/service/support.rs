//! The service over a store, a journal and a KMS, and short ways to call it.

use std::{
    io::Read as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_logs::{Logs, types::*};
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_journal::{Journal, JournalOptions, OpenError};
use wharf_reconcile::Takeover;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_logs::{LogsService, Options, Parts};
use wharf_testkit::{ACCOUNT, World, call_at};
use wharf_wire::{ByteStream, Call, Check, Fault, async_trait};

/// How long tasks may take to end.
const LONGEST: Duration = Duration::from_secs(10);
/// Milliseconds: 2026-01-02.
pub const NOW: i64 = 1_767_312_000_000;

pub fn open(folder: &Path) -> LogsService {
    open_with(folder, Options::default())
}

pub fn open_with(folder: &Path, options: Options) -> LogsService {
    open_over(folder, journal(folder), options)
}

/// The journal, once tasks of a service that was dropped have let go of it.
pub fn journal(folder: &Path) -> Journal {
    let begun = Instant::now();
    loop {
        match Journal::open(&folder.join("journal"), JournalOptions::default()) {
            Err(OpenError::InUse { .. }) if begun.elapsed() < LONGEST => {
                std::thread::sleep(Duration::from_millis(1));
            }
            opened => return opened.unwrap(),
        }
    }
}

/// With a KMS that lets in everybody; [`crate::keys`] has one behind IAM's gate.
pub fn open_over(folder: &Path, journal: Journal, options: Options) -> LogsService {
    let world = World::in_folder(&folder.join("store"));
    open_in(&world, journal, options)
}

pub fn open_in(world: &World, journal: Journal, options: Options) -> LogsService {
    LogsService::new(Parts {
        kms: Arc::new(kms(world, Arc::new(SystemClock))),
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        journal,
        options,
    })
}

pub fn kms(world: &World, clock: Arc<dyn Clock>) -> KmsService {
    KmsService::new(KmsParts {
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        clock,
        takeover: Takeover::Replace,
    })
}

/// A call at the time of these tests.
pub fn call() -> Call {
    call_at(Timestamp(NOW))
}

/// Puts a policy of an account, so many milliseconds after [`NOW`].
pub async fn put_policy(
    logs: &LogsService,
    (of, name): (&str, &str),
    document: String,
    selection: Option<&str>,
    at: i64,
) -> Result<AccountPolicy, Fault> {
    let input = PutAccountPolicyRequest {
        policy_name: Some(name.into()),
        policy_type: Some(of.into()),
        policy_document: Some(document),
        selection_criteria: selection.map(str::to_owned),
        ..Default::default()
    };
    let call = call_at(Timestamp(NOW + at));
    let put = logs.put_account_policy(&call, input).await;
    put.map(|it| it.account_policy.unwrap())
}

pub async fn delete_policy(logs: &LogsService, of: &str, name: &str, at: i64) -> Result<(), Fault> {
    let input = DeleteAccountPolicyRequest {
        policy_name: Some(name.into()),
        policy_type: Some(of.into()),
        ..Default::default()
    };
    let call = call_at(Timestamp(NOW + at));
    let deleted = logs.delete_account_policy(&call, input).await;
    deleted.map(|_| ())
}

pub fn arn(group: &str) -> String {
    format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}")
}

pub async fn make(logs: &LogsService, group: &str, streams: &[&str]) {
    let input = CreateLogGroupRequest {
        log_group_name: Some(group.into()),
        ..Default::default()
    };
    logs.create_log_group(&call(), input).await.unwrap();
    for stream in streams {
        make_stream(logs, &call(), group, stream).await;
    }
}

pub async fn make_stream(logs: &LogsService, call: &Call, group: &str, stream: &str) {
    let input = CreateLogStreamRequest {
        log_group_name: Some(group.into()),
        log_stream_name: Some(stream.into()),
    };
    logs.create_log_stream(call, input).await.unwrap();
}

/// Puts events, each with its time.
pub async fn put(
    logs: &LogsService,
    call: &Call,
    (group, stream): (&str, &str),
    events: &[(i64, &str)],
) -> Result<PutLogEventsResponse, Fault> {
    let event = |(time, text): &(i64, &str)| InputLogEvent {
        timestamp: Some(*time),
        message: Some((*text).to_owned()),
    };
    let input = PutLogEventsRequest {
        log_group_name: Some(group.into()),
        log_stream_name: Some(stream.into()),
        log_events: Some(events.iter().map(event).collect()),
        ..Default::default()
    };
    logs.put_log_events(call, input).await
}

/// Operations that note what they are called with.
#[derive(Default)]
pub struct Called {
    calls: Mutex<Vec<(Actor, Request)>>,
    /// The code of a refusal.
    refuses: Mutex<Option<&'static str>>,
    /// Bytes of a message from which on they are too many; 0 for none.
    too_long: AtomicUsize,
    /// Calls with this in their input are not answered.
    silent: Mutex<Option<String>>,
    /// An account that may do nothing.
    barred: Mutex<Option<String>>,
}

impl Called {
    /// Calls since the last look.
    pub fn take(&self) -> Vec<(Actor, Request)> {
        std::mem::take(&mut *self.calls.lock())
    }

    pub fn refuse(&self, refuses: bool) {
        self.refuse_as(refuses.then_some("ThrottlingException"));
    }

    pub fn refuse_as(&self, code: Option<&'static str>) {
        *self.refuses.lock() = code;
    }

    pub fn take_shorter_than(&self, bytes: usize) {
        self.too_long.store(bytes, Ordering::Relaxed);
    }

    pub fn never_answer(&self, to: &str) {
        *self.silent.lock() = Some(to.to_owned());
    }

    pub fn bar(&self, account: Option<&str>) {
        *self.barred.lock() = account.map(str::to_owned);
    }
}

#[async_trait]
impl Operations for Called {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let refusal = *self.refuses.lock();
        if let Some(code) = refusal {
            return Err(Fault::sender(code, 400, "not now"));
        }
        let is_silent = |to: &String| request.input.to_string().contains(to.as_str());
        if self.silent.lock().as_ref().is_some_and(is_silent) {
            self.calls.lock().push((actor.clone(), request.clone()));
            std::future::pending::<()>().await;
        }
        let body = request.input["MessageBody"].as_str().unwrap_or_default();
        let most = self.too_long.load(Ordering::Relaxed);
        if most > 0 && body.len() >= most {
            let text = format!("Message must be shorter than {most} bytes.");
            return Err(Fault::sender("InvalidParameterValue", 400, text));
        }
        self.calls.lock().push((actor.clone(), request.clone()));
        Ok(json!({}))
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        let whole = body.reader().whole(usize::MAX).await;
        let whole = whole.map_err(|fault| fault.expect("there is no bound"))?;
        let mut request = request.clone();
        request.input["Body"] = String::from_utf8(whole.to_vec()).unwrap().into();
        self.call(actor, &request).await
    }

    async fn may(&self, actor: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        let (Actor::Account { account, .. } | Actor::Service { account, .. }) = actor else {
            return Ok(());
        };
        match self.barred.lock().as_ref() == Some(account) {
            true => Err(Fault::sender("AccessDeniedException", 400, "no")),
            false => Ok(()),
        }
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

/// What a destination got: log events, packed as AWS does.
pub fn unpacked(request: &Request) -> Value {
    let body = request.input["MessageBody"].as_str().unwrap();
    let bytes = BASE64.decode(body).unwrap();
    let mut json = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_string(&mut json)
        .unwrap();
    serde_json::from_str(&json).unwrap()
}
