//! Whether aggregated servers answer, told in the condition `Available` of their APIServices, and what they tell of their kinds.
//!
//! Each is looked at by a task of its own: when where it leads, its Service or its Endpoints change, from time to time while all is well,
//! and with growing pauses while it is not. What others do, or what is told of it, gives none of them more looks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use http::{
    Method, Request,
    header::{ACCEPT, HOST, USER_AGENT},
};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;
use wharf_kube_auth::{UserInfo, user::MASTERS};
use wharf_kube_model::{
    openapi,
    view::{items, number, text},
};
use wharf_store::{Revision, StoreError};

use super::{
    GROUP, PLURAL,
    discovered::{self, Discovered},
    forward, index,
    service::Aggregated,
};
use crate::{
    bootstrap,
    cluster::{Cluster, Inner},
    storage::{Gone, Reader},
    webhooks::{NotReached, speak, turn_to_read},
};

/// Between two looks at a server that answers, and between two messages that tell the same reason in other words.
const EVERY: Duration = Duration::from_secs(30);
/// After one at a server that does not; it doubles up to the other.
const SOON: Duration = Duration::from_secs(1);
/// Between two looks at a server, whatever changes.
const GAP: Duration = Duration::from_millis(250);
/// How long a server may take to tell of itself.
const ANSWERS: Duration = Duration::from_secs(5);
/// Documents of OpenAPI that are read at the same time in a cluster.
const DOCUMENTS: usize = 8;
/// Changes that are looked through at a time.
const CHANGES: usize = 500;
const MOST_DISCOVERY: usize = 256 << 10;
const MOST_OPENAPI: usize = 2 << 20;
/// Who looks, to the far end.
const USER: &str = "system:kube-aggregator";

/// What a look found: the status, reason and message of the condition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    is_available: bool,
    reason: &'static str,
    message: String,
}

fn not(reason: &'static str, message: String) -> Found {
    Found {
        is_available: false,
        reason,
        message,
    }
}

/// The changes of one kind of object.
struct Changes {
    folder: String,
    reader: Reader,
}

impl Changes {
    fn new(inner: &Inner, (group, plural): (&str, &str)) -> Result<Self, Gone> {
        // Below the cluster's own folder, as the feed names folders.
        let keys = &inner.objects.keys;
        let folder = keys.folder(group, plural);
        let folder = folder.strip_prefix(keys.root());
        let folder = folder.unwrap_or_default().to_owned();
        let now = *inner.objects.feed.told().borrow();
        let reader = Self::after(inner, &folder, now)?;
        Ok(Self { folder, reader })
    }

    fn after(inner: &Inner, folder: &str, revision: Revision) -> Result<Reader, Gone> {
        let feed = &inner.objects.feed;
        let found = feed.after(folder, revision);
        found.or_else(|gone| feed.after(folder, gone.oldest))
    }

    /// The `NAMESPACE/NAME` of what changed; `None` where that is no longer known: it may be anything.
    fn take(&mut self, inner: &Inner) -> Option<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        loop {
            match self.reader.take(CHANGES) {
                Ok((changes, _)) if changes.is_empty() => return Some(found),
                Ok((changes, _)) => found.extend(changes.iter().map(|it| it.path.clone())),
                Err(gone) => {
                    if let Ok(reader) = Self::after(inner, &self.folder, gone.oldest) {
                        self.reader = reader;
                    }
                    return None;
                }
            }
        }
    }
}

/// A server that is looked at by a task of its own.
struct Watched {
    server: Arc<Aggregated>,
    /// What it stands on changed.
    changed: Arc<Notify>,
    _task: AbortOnDropHandle<()>,
}

impl Watched {
    fn new(inner: &Arc<Inner>, server: &Arc<Aggregated>, documents: &Arc<Semaphore>) -> Self {
        let changed = Arc::<Notify>::default();
        let parts = (Arc::clone(&changed), Arc::clone(documents));
        let task = look_after(Arc::downgrade(inner), server.name.clone(), parts);
        Self {
            server: Arc::clone(server),
            changed,
            _task: AbortOnDropHandle::new(tokio::spawn(task)),
        }
    }

    fn stands_on(&self, path: &str) -> bool {
        let service = &self.server.service;
        path.split_once('/') == Some((&service.namespace, &service.name))
    }
}

/// Until the cluster is no longer served.
pub async fn follow(inner: Weak<Inner>) {
    let Some(first) = inner.upgrade() else { return };
    let stop = first.objects.feed.stopped().clone();
    let of = |kind| Changes::new(&first, kind);
    let all = (
        of((GROUP, PLURAL)),
        of(("", "services")),
        of(("", "endpoints")),
    );
    let (Ok(mut own), Ok(mut services), Ok(mut endpoints)) = all else {
        tracing::error!("failed to follow the APIServices of a cluster");
        return;
    };
    drop(first);
    let documents = Arc::new(Semaphore::new(DOCUMENTS));
    let mut watched = BTreeMap::<String, Watched>::new();
    let mut is_stale = false;
    loop {
        let Some(this) = inner.upgrade() else { return };
        if is_stale {
            let loaded = index::load(&this).await;
            is_stale = loaded.is_err();
            if let Err(error) = loaded {
                tracing::warn!(%error, "failed to read the APIServices of a cluster, will retry");
            }
        }
        follow_all(&this, &mut watched, &documents);
        for changes in [&mut services, &mut endpoints] {
            let changed = changes.take(&this);
            for it in watched.values() {
                let changed = changed.as_ref();
                if changed.is_none_or(|all| all.iter().any(|path| it.stands_on(path))) {
                    it.changed.notify_one();
                }
            }
        }
        own.take(&this);
        drop(this);
        tokio::select! {
            () = own.reader.wait() => is_stale = true,
            () = services.reader.wait() => {}
            () = endpoints.reader.wait() => {}
            () = tokio::time::sleep(SOON), if is_stale => {}
            () = stop.cancelled() => return,
        }
    }
}

/// One task for each server that there is. One that is led elsewhere begins anew; a change of its status is none.
fn follow_all(
    inner: &Arc<Inner>,
    watched: &mut BTreeMap<String, Watched>,
    documents: &Arc<Semaphore>,
) {
    let now = inner.aggregation.now();
    watched.retain(|name, it| {
        let found = now.all.iter().find(|known| known.name == *name);
        found.is_some_and(|known| known.is_same_server(&it.server))
    });
    for it in &now.all {
        let new = || Watched::new(inner, it, documents);
        watched.entry(it.name.clone()).or_insert_with(new);
    }
}

/// Until it is gone.
async fn look_after(
    inner: Weak<Inner>,
    name: String,
    (changed, documents): (Arc<Notify>, Arc<Semaphore>),
) {
    let mut pauses = Pauses::default();
    let mut written = None;
    loop {
        let is_well = {
            let Some(this) = inner.upgrade() else { return };
            let now = this.aggregation.now();
            let Some(it) = now.all.iter().find(|it| it.name == name) else {
                return;
            };
            look_at(&this, it, (&documents, &mut written)).await
        };
        // However much changes, a server is not asked all the time.
        tokio::time::sleep(GAP).await;
        tokio::select! {
            () = changed.notified() => pauses = Pauses::default(),
            () = tokio::time::sleep(pauses.after(is_well)) => {}
        }
    }
}

/// How long until the next look, if nothing changes.
struct Pauses {
    /// After one at a server that does not answer.
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { next: SOON }
    }
}

impl Pauses {
    fn after(&mut self, is_well: bool) -> Duration {
        if is_well {
            *self = Self::default();
            return EVERY;
        }
        let now = self.next;
        self.next = EVERY.min(now * 2);
        now
    }
}

/// Whether it answers. `written`: when its condition was written last.
async fn look_at(
    inner: &Arc<Inner>,
    it: &Aggregated,
    (documents, written): (&Semaphore, &mut Option<Instant>),
) -> bool {
    let found = match find(inner, it, documents).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, name = it.name, "looking at an APIService failed, will retry");
            return false;
        }
    };
    let may_reword = written.is_none_or(|at| at.elapsed() >= EVERY);
    if tell(inner, it, (&found, may_reword)).await {
        *written = Some(Instant::now());
    }
    found.is_available
}

async fn find(inner: &Inner, it: &Aggregated, documents: &Semaphore) -> Result<Found, StoreError> {
    let (space, name) = (Some(&*it.service.namespace), &*it.service.name);
    let service = inner.core_object("services", space, name).await?;
    let endpoints = inner.core_object("endpoints", space, name).await?;
    if let Some(why) = missing(it, service.as_deref(), endpoints.as_deref()) {
        return Ok(why);
    }
    let path = format!("/apis/{}/{}", it.group, it.version);
    let listed = match fetch(inner, it, &path, MOST_DISCOVERY).await {
        Ok(listed) => listed,
        Err(why) => {
            let (host, port) = (it.service.host(), it.service.port);
            let url = format!("https://{host}:{port}{path}");
            let message = format!("failing or missing response from {url}: {why}");
            return Ok(not("FailedDiscoveryCheck", message));
        }
    };
    // One that tells nothing of its kinds is asked for them all the same.
    let resources = {
        let _turn = turn_to_read(&listed).await;
        discovered::resources(&listed, &it.group, &it.version)
    };
    if let Err(why) = &resources {
        tracing::debug!(
            name = it.name,
            %why,
            "what an aggregated server tells of its kinds is left out"
        );
    }
    drop(listed);
    let discovered = Discovered {
        resources: resources.ok(),
        openapi: document(inner, it, documents, &format!("/openapi/v3{path}")).await,
        openapi_v2: document_v2(inner, it, documents).await,
    };
    inner.aggregation.heard(&it.name, discovered).await;
    Ok(Found {
        is_available: true,
        reason: "Passed",
        message: "all checks passed".to_owned(),
    })
}

/// What of its whole document of OpenAPI 2 is about its kinds. It is made anew for each look, which is seldom.
async fn document_v2(inner: &Inner, it: &Aggregated, documents: &Semaphore) -> Option<Bytes> {
    let document = document(inner, it, documents, "/openapi/v2").await?;
    let _turn = turn_to_read(&document).await;
    let own = openapi::other(&document, &it.group, &it.version)?;
    Some(own.into())
}

/// The document of a server, if it has one and there is a turn to read it.
async fn document(
    inner: &Inner,
    it: &Aggregated,
    documents: &Semaphore,
    path: &str,
) -> Option<Bytes> {
    let turn = tokio::time::timeout(ANSWERS, documents.acquire()).await;
    let _turn = turn.ok()?.ok()?;
    let document = fetch(inner, it, path, MOST_OPENAPI).await.ok()?;
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&document).is_ok();
    is_json.then_some(document)
}

/// What a server lacks to be asked at all, in upstream's words.
fn missing(it: &Aggregated, service: Option<&Value>, endpoints: Option<&Value>) -> Option<Found> {
    let (space, name, port) = (&it.service.namespace, &it.service.name, it.service.port);
    let Some(service) = service else {
        let message = format!("service/{name} in \"{space}\" is not present");
        return Some(not("ServiceNotFound", message));
    };
    let mut ports = items(&service["spec"], "ports").iter();
    let Some(chosen) = ports.find(|it| number(it, "port") == Some(port.into())) else {
        let message = format!("service/{name} in \"{space}\" is not listening on port {port}");
        return Some(not("ServicePortError", message));
    };
    let Some(endpoints) = endpoints else {
        let message = format!("cannot find endpoints for service/{name} in \"{space}\"");
        return Some(not("EndpointsNotFound", message));
    };
    let wanted = text(chosen, "name");
    let has = |subset: &Value| {
        let mut ports = items(subset, "ports").iter();
        !items(subset, "addresses").is_empty() && ports.any(|it| text(it, "name") == wanted)
    };
    if items(endpoints, "subsets").iter().any(has) {
        return None;
    }
    let message = format!(
        "endpoints for service/{name} in \"{space}\" have no addresses with port name \"{wanted}\""
    );
    Some(not("MissingEndpoints", message))
}

/// Why a server answers nothing at a path.
#[derive(Debug, thiserror::Error)]
enum NotFetched {
    #[error(transparent)]
    NotReached(#[from] NotReached),
    /// This server cannot say who it is.
    #[error("{0}")]
    NotIntroduced(String),
    #[error("bad status: {0}")]
    Status(u16),
}

/// What a server answers at a path.
async fn fetch(
    inner: &Inner,
    it: &Aggregated,
    path: &str,
    most: usize,
) -> Result<Bytes, NotFetched> {
    let asked = async {
        let connection = forward::connect(inner, it).await?;
        let mut request = Request::get(path)
            .header(HOST, forward::host(it))
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "kube-aggregator")
            .body(Full::default())
            .map_err(NotReached::Request)?;
        let user = UserInfo::authenticated(USER, &[MASTERS]);
        let introduced = forward::introduce(request.headers_mut(), &user);
        introduced.map_err(|it| NotFetched::NotIntroduced(it.message))?;
        let (code, body) = speak(connection, request, most).await?;
        match code.is_success() {
            true => Ok(body),
            false => Err(NotFetched::Status(code.as_u16())),
        }
    };
    let asked = tokio::time::timeout(ANSWERS, asked).await;
    asked.unwrap_or(Err(NotReached::Late.into()))
}

/// Writes the condition, if it is another than there is; other words for the same reason only if they may be. Whether it was written: who
/// has changed the object meanwhile is looked at again.
async fn tell(inner: &Arc<Inner>, it: &Aggregated, (found, may_reword): (&Found, bool)) -> bool {
    let cluster = Cluster::of(inner);
    let path = format!("/apis/{GROUP}/v1/{PLURAL}/{}", it.name);
    let (code, text) = bootstrap::send(&cluster, Method::GET, &path, &Value::Null).await;
    let Ok(mut object) = serde_json::from_str::<Value>(&text) else {
        return false;
    };
    if code != 200 || !may_reword && says(&object, found) {
        return false;
    }
    if !set(&mut object, found, &inner.now().iso8601_seconds()) {
        return false;
    }
    let path = format!("{path}/status");
    let (code, text) = bootstrap::send(&cluster, Method::PUT, &path, &object).await;
    if code != 200 && code != 404 && code != 409 {
        tracing::warn!(
            name = it.name,
            code,
            answer = text,
            "failed to write whether an aggregated API server is available"
        );
    }
    code == 200
}

/// Whether its condition says that already, in whatever words.
fn says(object: &Value, found: &Found) -> bool {
    let status = if found.is_available { "True" } else { "False" };
    let mut conditions = items(&object["status"], "conditions").iter();
    conditions.any(|it| {
        it["type"] == "Available" && it["status"] == status && it["reason"] == found.reason
    })
}

/// Whether that changed anything.
fn set(object: &mut Value, found: &Found, now: &str) -> bool {
    let status = if found.is_available { "True" } else { "False" };
    let mut new = json!({
        "type": "Available",
        "status": status,
        "lastTransitionTime": now,
        "reason": found.reason,
        "message": found.message,
    });
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = object["status"]["conditions"].as_array_mut() else {
        return false;
    };
    let Some(own) = conditions.iter_mut().find(|it| it["type"] == "Available") else {
        conditions.push(new);
        return true;
    };
    if own["status"] == status {
        new["lastTransitionTime"] = own["lastTransitionTime"].clone();
    }
    let is_other = *own != new;
    *own = new;
    is_other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_lacks_is_said() {
        let it = Aggregated::of(&json!({
            "metadata": {"name": "v1.g"},
            "spec": {"group": "g", "version": "v1", "service": {"namespace": "n", "name": "s", "port": 8443}},
            "status": {},
        }))
        .unwrap();
        let service = |port: u16| json!({"spec": {"ports": [{"name": "p", "port": port}]}});
        let endpoints = |name: &str| json!({"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": name}]}]});
        for (service, endpoints, expected) in [
            (None, None, Some("ServiceNotFound")),
            (Some(service(443)), None, Some("ServicePortError")),
            (Some(service(8443)), None, Some("EndpointsNotFound")),
            (
                Some(service(8443)),
                Some(json!({})),
                Some("MissingEndpoints"),
            ),
            (
                Some(service(8443)),
                Some(endpoints("q")),
                Some("MissingEndpoints"),
            ),
            (Some(service(8443)), Some(endpoints("p")), None),
        ] {
            let found = missing(&it, service.as_ref(), endpoints.as_ref());
            assert_eq!(found.map(|it| it.reason), expected);
        }
    }

    #[test]
    fn one_that_does_not_answer_is_looked_at_more_and_more_seldom() {
        let mut pauses = Pauses::default();
        let mut after = |is_well| pauses.after(is_well).as_secs();
        let waited = [false, false, false, false, false, false, false].map(&mut after);
        assert_eq!(waited, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!([true, true, false, false].map(&mut after), [30, 30, 1, 2]);
    }

    #[test]
    fn a_condition_is_written_when_it_is_another() {
        let mut object = json!({});
        let gone = not("ServiceNotFound", "x".to_owned());
        assert!(set(&mut object, &gone, "a"));
        assert!(!set(&mut object, &gone, "b"));
        assert!(says(
            &object,
            &not("ServiceNotFound", "in other words".to_owned())
        ));
        let other = not("MissingEndpoints", "y".to_owned());
        assert!(!says(&object, &other));
        assert!(set(&mut object, &other, "c"));
        // Still not available, so since when stays.
        assert_eq!(object["status"]["conditions"][0]["lastTransitionTime"], "a");
    }
}
