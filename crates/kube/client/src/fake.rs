//! A small API server in memory, for tests: objects that no schema is held against, revisions, watches that can be cut and histories that
//! can be compacted. What it does, it does as the real one; what it does not know it refuses.

mod objects;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use self::{
    objects::{Objects, Told},
    request::Target,
};
use crate::{
    client::Client,
    error::Error,
    object::Object,
    transport::{Body, Transport, full},
};

/// The server; clones are the same one.
#[derive(Clone, Default)]
pub struct Fake {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: Mutex<Objects>,
    /// Rises with every change, and when watches are cut.
    changed: watch::Sender<u64>,
    /// Watches opened before the last cut end.
    cuts: watch::Sender<u64>,
    /// Requests that are answered with 500 before others are served.
    failing: Mutex<u32>,
    /// Updates that somebody else is faster than.
    overtaken: Mutex<u32>,
    calls: Mutex<Vec<String>>,
    /// A group of which discovery says nothing.
    hidden: Mutex<Option<String>>,
    /// An address of services that somebody else has.
    taken: Mutex<Option<String>>,
    /// A name of objects that nobody may delete.
    kept: Mutex<Option<String>>,
    /// The plural of a kind that is neither read nor written.
    shut: Mutex<Option<String>>,
}

impl Fake {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn client(&self) -> Client {
        Client::new(self.clone(), "test")
    }

    /// Ends all watches.
    pub fn cut(&self) {
        self.inner.cuts.send_modify(|it| *it += 1);
    }

    /// Forgets what happened up to now: watches from before are answered with 410.
    pub fn compact(&self) {
        self.inner.objects.lock().compact();
    }

    /// The next `count` requests fail.
    pub fn fail(&self, count: u32) {
        *self.inner.failing.lock() = count;
    }

    /// The next `count` updates are answered with 409, as if somebody else had written since the object was read.
    pub fn overtake(&self, count: u32) {
        *self.inner.overtaken.lock() = count;
    }

    /// Discovery says nothing of a group, as before a new kind of it is served; of all again with `None`.
    pub fn hide(&self, group: Option<&str>) {
        *self.inner.hidden.lock() = group.map(str::to_owned);
    }

    /// No service is made that wants this address.
    pub fn take_address(&self, address: &str) {
        *self.inner.taken.lock() = Some(address.to_owned());
    }

    /// A webhook keeps objects of this name from being deleted; none with `None`.
    pub fn keep(&self, name: Option<&str>) {
        *self.inner.kept.lock() = name.map(str::to_owned);
    }

    /// Requests for a kind are answered with 500, as those for Secrets under a key that is shut; those for all again with `None`.
    pub fn shut(&self, plural: Option<&str>) {
        *self.inner.shut.lock() = plural.map(str::to_owned);
    }

    /// Takes a pod away without anybody being woken.
    #[cfg(test)]
    pub(crate) fn take_away(&self, namespace: &str, name: &str) -> bool {
        self.inner.objects.lock().take_away(namespace, name)
    }

    /// Verb and path of what was asked since the last call of this; a watch and a list are a `WATCH` and a `LIST`.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.calls.lock())
    }

    fn serve(&self, request: &Request<Bytes>) -> Result<Response<Body>, Refused> {
        let target = Target::parse(request);
        let verb = match &target {
            Some(target) if target.is_watch() => "WATCH",
            Some(target) if target.is_list() => "LIST",
            _ => request.method().as_str(),
        };
        let call = format!("{verb} {}", request.uri().path());
        self.inner.calls.lock().push(call);
        let mut failing = self.inner.failing.lock();
        if *failing > 0 {
            *failing -= 1;
            return Err(refused(500, "InternalError", "not now"));
        }
        drop(failing);
        if let Some(mut answer) = objects::discovery(request.uri().path()) {
            let hidden = self.inner.hidden.lock().clone();
            if let Some(groups) = answer["groups"].as_array_mut() {
                groups.retain(|it| it["name"].as_str() != hidden.as_deref());
            }
            return Ok(answered(200, &answer));
        }
        let target = target.ok_or_else(|| refused(404, "NotFound", "no such path"))?;
        if self.inner.shut.lock().as_deref() == Some(&target.plural) {
            return Err(refused(500, "InternalError", "it is shut"));
        }
        if target.is_watch() {
            return self.watch(&target);
        }
        let body: Value = match request.body().is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(request.body())
                .map_err(|error| refused(400, "BadRequest", &error.to_string()))?,
        };
        let wanted = body["spec"]["clusterIP"].as_str();
        if request.method() == Method::POST
            && wanted.is_some()
            && wanted == self.inner.taken.lock().as_deref()
        {
            return Err(refused(
                422,
                "Invalid",
                "spec.clusterIPs: provided IP is already allocated",
            ));
        }
        if request.method() == Method::DELETE
            && self.inner.kept.lock().as_deref() == Some(&target.name)
        {
            let why = "admission webhook \"keep.example.com\" denied the request: it stays";
            return Err(refused(403, "Forbidden", why));
        }
        let mut overtaken = self.inner.overtaken.lock();
        if request.method() == Method::PUT && *overtaken > 0 {
            *overtaken -= 1;
            return Err(refused(409, "Conflict", "the object has been modified"));
        }
        drop(overtaken);
        let mut objects = self.inner.objects.lock();
        let answer = match *request.method() {
            Method::GET if target.name.is_empty() => objects.list(&target),
            Method::GET => objects.get(&target),
            Method::POST => objects.create(&target, body),
            Method::PUT => objects.update(&target, body),
            Method::PATCH => {
                let media = request.headers().get("content-type");
                objects.patch(&target, media.and_then(|it| it.to_str().ok()), &body)
            }
            Method::DELETE => objects.delete(&target, &body),
            _ => Err(refused(405, "MethodNotAllowed", "no such method")),
        };
        let revision = objects.revision;
        drop(objects);
        self.inner.changed.send_replace(revision);
        let code = if request.method() == Method::POST {
            201
        } else {
            200
        };
        answer.map(|answer| answered(code, &answer))
    }

    fn watch(&self, target: &Target) -> Result<Response<Body>, Refused> {
        let from: u64 = target.query("resourceVersion").parse().unwrap_or(0);
        self.inner.objects.lock().since(target, from)?;
        let (sender, mut receiver) = mpsc::channel::<Bytes>(16);
        let (inner, target) = (self.inner.clone(), target.clone());
        tokio::spawn(async move {
            let (mut changed, mut cuts) = (inner.changed.subscribe(), inner.cuts.subscribe());
            cuts.borrow_and_update();
            let mut from = from;
            loop {
                changed.borrow_and_update();
                let told = inner.objects.lock().since(&target, from);
                let told = match told {
                    Ok(told) => told,
                    Err(refused) => {
                        let _ = sender.send(line("ERROR", &refused.body)).await;
                        return;
                    }
                };
                for Told {
                    revision,
                    event,
                    object,
                } in told
                {
                    from = revision;
                    if sender.send(line(event, &object)).await.is_err() {
                        return;
                    }
                }
                tokio::select! {
                    _ = cuts.changed() => return,
                    () = sender.closed() => return,
                    _ = changed.changed() => {}
                }
            }
        });
        let stream = futures(move |cx| receiver.poll_recv(cx));
        let body = StreamBody::new(stream).boxed_unsync();
        Ok(Response::new(body))
    }
}

/// A stream of frames out of a function that polls.
fn futures<F>(poll: F) -> impl futures_util::Stream<Item = std::io::Result<Frame<Bytes>>>
where
    F: FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<Bytes>>,
{
    let mut poll = poll;
    futures_util::stream::poll_fn(move |cx| poll(cx).map(|it| it.map(|it| Ok(Frame::data(it)))))
}

fn line(event: &str, object: &Value) -> Bytes {
    format!("{}\n", json!({"type": event, "object": object})).into()
}

#[async_trait]
impl Transport for Fake {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        // As over a network, others go on meanwhile.
        tokio::task::yield_now().await;
        Ok(match self.serve(&request) {
            Ok(answer) => answer,
            Err(refused) => answered(refused.code, &refused.body),
        })
    }
}

fn answered(code: u16, body: &Value) -> Response<Body> {
    let mut answer = Response::new(full(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    answer
}

#[derive(Debug)]
struct Refused {
    code: u16,
    body: Value,
}

fn refused(code: u16, reason: &str, message: &str) -> Refused {
    Refused {
        code,
        body: json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "code": code, "reason": reason, "message": message,
        }),
    }
}

fn not_found(target: &Target) -> Refused {
    let message = format!("{} {:?} not found", target.plural, target.name);
    refused(404, "NotFound", &message)
}

fn is_empty(object: &Value, pointer: &str) -> bool {
    object.list(pointer).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::Patch,
        kind::{self, Kind},
    };

    #[tokio::test]
    async fn a_strategic_merge_patch_merges_lists_by_their_keys() {
        let client = Fake::new().client();
        let pod = json!({
            "metadata": {"name": "p"},
            "status": {
                "conditions": [{"type": "A", "status": "True"}, {"type": "B", "status": "True"}],
                "podIPs": [{"ip": "10.0.0.1"}],
            },
        });
        let pod = client.create(&kind::POD, "n", &pod).await.unwrap();
        let patch = |uid: &str| {
            Patch::Strategic(json!({"metadata": {"uid": uid}, "status": {
                "conditions": [{"type": "B", "status": "False"}, {"type": "A", "$patch": "delete"}],
                "podIPs": [{"ip": "10.0.0.2"}],
            }}))
        };
        let of_other = patch("other");
        let kind = kind::POD;
        let refused = client.patch_at(&kind, "n", "p", "status", &of_other);
        let refused = refused.await.unwrap_err();
        assert!(refused.is_invalid() && refused.is_outdated(), "{refused}");
        let patch = patch(pod.uid());
        let patched = client.patch_at(&kind, "n", "p", "status", &patch);
        let patched = patched.await.unwrap();
        let conditions = json!([{"type": "B", "status": "False"}]);
        assert_eq!(*patched.at("/status/conditions"), conditions);
        assert_eq!(patched.list("/status/podIPs").len(), 2);
        // What lists of other kinds are merged by only their schemas would say.
        let kind = Kind::known("example.com", "v1", "Thing", "things", true);
        let thing =
            json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}});
        client.create(&kind, "n", &thing).await.unwrap();
        let patched = client.patch(&kind, "n", "t", &patch).await;
        assert_eq!(patched.unwrap_err().refusal().map(|it| it.code), Some(415));
    }
}
