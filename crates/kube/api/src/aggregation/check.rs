//! Whether aggregated servers answer, told in the condition `Available` of their APIServices, and what they tell of their kinds.
//!
//! Looked at when an APIService, a Service or Endpoints change, from time to time while all is well, and with growing pauses while it is
//! not. Clusters without APIServices have no such looks.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{
    Method, Request,
    header::{ACCEPT, HOST, USER_AGENT},
};
use http_body_util::Full;
use serde_json::{Value, json};
use wharf_kube_auth::{UserInfo, user::MASTERS};
use wharf_kube_model::view::{items, number, text};
use wharf_store::StoreError;

use super::{
    GROUP, PLURAL, forward, index,
    service::{self, Aggregated, Told},
};
use crate::{
    bootstrap,
    cluster::{Cluster, Inner},
    webhooks::speak,
};

/// Between two looks at servers that answer.
const EVERY: Duration = Duration::from_secs(30);
/// After one at servers of which one does not; it doubles up to the other.
const SOON: Duration = Duration::from_secs(1);
/// Between two looks, whatever changes.
const GAP: Duration = Duration::from_millis(250);
/// How long a server may take to tell of itself.
const ANSWERS: Duration = Duration::from_secs(5);
/// Looks at the same time.
const LOOKS: usize = 8;
const MOST_DISCOVERY: usize = 256 << 10;
const MOST_OPENAPI: usize = 1 << 20;
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

/// Until the cluster is no longer served.
pub async fn follow(inner: Weak<Inner>) {
    let Some(first) = inner.upgrade() else { return };
    let feed = &first.objects.feed;
    let stop = feed.stopped().clone();
    let now = *feed.told().borrow();
    let reader = |group: &str, plural: &str| {
        // Below the cluster's own folder, as the feed names folders.
        let folder = first.objects.keys.folder(group, plural);
        let folder = folder.strip_prefix(first.objects.keys.root());
        let folder = folder.unwrap_or_default().to_owned();
        let found = feed.after(&folder, now);
        found.or_else(|gone| feed.after(&folder, gone.oldest))
    };
    let readers = (
        reader(GROUP, PLURAL),
        reader("", "services"),
        reader("", "endpoints"),
    );
    let (Ok(mut own), Ok(mut services), Ok(mut endpoints)) = readers else {
        tracing::error!("failed to follow the APIServices of a cluster");
        return;
    };
    drop(first);
    let mut pause = SOON;
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
        let is_idle = this.aggregation.now().all.is_empty() && !is_stale;
        let is_well = is_idle || look(&this).await && !is_stale;
        drop(this);
        if !is_idle {
            // However much changes, a server is not asked all the time.
            tokio::select! {
                () = tokio::time::sleep(GAP) => {}
                () = stop.cancelled() => return,
            }
        }
        let next = if is_well { EVERY } else { pause };
        pause = if is_well { SOON } else { EVERY.min(pause * 2) };
        tokio::select! {
            () = own.wait() => (is_stale, pause) = (true, SOON),
            () = services.wait() => pause = SOON,
            () = endpoints.wait() => pause = SOON,
            () = tokio::time::sleep(next), if !is_idle => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Whether all of them answer.
async fn look(inner: &Arc<Inner>) -> bool {
    let all = inner.aggregation.now();
    let looks: Vec<_> = all.all.iter().map(|it| look_at(inner, it)).collect();
    let found: Vec<bool> = futures_util::stream::iter(looks)
        .buffer_unordered(LOOKS)
        .collect()
        .await;
    found.into_iter().all(|it| it)
}

async fn look_at(inner: &Arc<Inner>, it: &Aggregated) -> bool {
    let found = match find(inner, it).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, name = it.name, "looking at an APIService failed, will retry");
            return false;
        }
    };
    tell(inner, it, &found).await;
    found.is_available
}

async fn find(inner: &Inner, it: &Aggregated) -> Result<Found, StoreError> {
    let (space, name) = (Some(&*it.service.namespace), &*it.service.name);
    let service = inner.core_object("services", space, name).await?;
    let endpoints = inner.core_object("endpoints", space, name).await?;
    if let Some(why) = missing(it, service.as_ref(), endpoints.as_ref()) {
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
    let list: Value = serde_json::from_slice(&listed).unwrap_or_default();
    // One that tells nothing of its kinds is asked for them all the same.
    let resources = service::resources(&list, &it.group, &it.version);
    let document = fetch(inner, it, &format!("/openapi/v3{path}"), MOST_OPENAPI).await;
    let is_json = |it: &Bytes| serde_json::from_slice::<serde::de::IgnoredAny>(it).is_ok();
    let told = Told {
        resources: resources.unwrap_or_else(|| json!([])),
        openapi: document.ok().filter(is_json),
    };
    inner.aggregation.heard(&it.name, told).await;
    Ok(Found {
        is_available: true,
        reason: "Passed",
        message: "all checks passed".to_owned(),
    })
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

/// What a server answers at a path.
async fn fetch(inner: &Inner, it: &Aggregated, path: &str, most: usize) -> Result<Bytes, String> {
    let asked = async {
        let connection = forward::connect(inner, it).await?;
        let mut request = Request::get(path)
            .header(HOST, forward::host(it))
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "kube-aggregator")
            .body(Full::default())
            .map_err(|error| error.to_string())?;
        let user = UserInfo::authenticated(USER, &[MASTERS]);
        let introduced = forward::introduce(request.headers_mut(), &user);
        introduced.map_err(|it| it.message)?;
        let (code, body) = speak(connection, request, most).await?;
        match code.is_success() {
            true => Ok(body),
            false => Err(format!("bad status: {}", code.as_u16())),
        }
    };
    let asked = tokio::time::timeout(ANSWERS, asked).await;
    asked.unwrap_or_else(|_| Err("context deadline exceeded".to_owned()))
}

/// Writes the condition, if it is another than there is. Who has changed the object meanwhile is looked at again.
async fn tell(inner: &Arc<Inner>, it: &Aggregated, found: &Found) {
    let cluster = Cluster::of(inner);
    let path = format!("/apis/{GROUP}/v1/{PLURAL}/{}", it.name);
    let (code, text) = bootstrap::send(&cluster, Method::GET, &path, &Value::Null).await;
    let Ok(mut object) = serde_json::from_str::<Value>(&text) else {
        return;
    };
    if code != 200 || !set(&mut object, found, &inner.now().iso8601_seconds()) {
        return;
    }
    let path = format!("{path}/status");
    let (code, text) = bootstrap::send(&cluster, Method::PUT, &path, &object).await;
    if code != 200 && code != 404 && code != 409 {
        tracing::warn!(
            name = it.name,
            code,
            answer = text,
            "failed to tell whether an aggregated server answers"
        );
    }
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
    fn a_condition_is_written_when_it_is_another() {
        let mut object = json!({});
        let gone = not("ServiceNotFound", "x".to_owned());
        assert!(set(&mut object, &gone, "a"));
        assert!(!set(&mut object, &gone, "b"));
        let other = not("MissingEndpoints", "y".to_owned());
        assert!(set(&mut object, &other, "c"));
        // Still not available, so since when stays.
        assert_eq!(object["status"]["conditions"][0]["lastTransitionTime"], "a");
    }
}
