//! Watches: a list first if one is asked for, then each change as it comes.
//!
//! A watch holds a position in its resource's changes ([`crate::storage::Reader`]) and makes bytes only as its client takes them, so a
//! slow client costs nothing; one that is too slow hears 410 and lists again.

use std::{collections::VecDeque, io, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::header::WARNING;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use rand::Rng;
use serde_json::{Value, json};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep},
};
use tokio_util::sync::WaitForCancellationFutureOwned;
use wharf_kube_model::{codec, status::Status};
use wharf_store::Revision;

use crate::{
    answer::{self, Answer, Fault},
    call::{Call, store_fault},
    conversion,
    negotiate::{Shape, content_type},
    reading::{self, Asks, Selection},
    storage::{Change, Gone, Object, Reader, path},
};

/// Changes taken at a time.
const BATCH: usize = 256;
/// Objects of the first list read at a time.
const PAGE: usize = 500;
/// Bytes after which what was made is handed out.
const PIECE: usize = 128 << 10;
/// For how long a bookmark waits for news.
const CATCHES_UP: Duration = Duration::from_secs(5);
const BOOKMARKS: Duration = Duration::from_secs(60);
/// The last bookmark comes this long before the watch ends: its client goes on from there.
const BEFORE_END: Duration = Duration::from_secs(2);
/// How long a watch lasts whose client does not say: from this to twice as long, so that they do not end together.
const LASTS: Duration = Duration::from_secs(1800);
/// The longest that a client may say.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Tells that all that was there has been told.
const INITIAL_END: &str = "k8s.io/initial-events-end";

struct Watching {
    call: Call,
    reader: Reader,
    selection: Selection,
    /// Paths in the folder begin with it.
    within: String,
    initial: Option<Initial>,
    ready: VecDeque<Bytes>,
    bookmarks: bool,
    next_bookmark: Instant,
    ends: Instant,
    /// These two wait for long, and not anew for each change: timers and tokens are shared by all watches.
    timer: Pin<Box<Sleep>>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Everything up to here was told.
    told: Revision,
    is_first: bool,
    is_over: bool,
    /// Whether objects are told as they are stored.
    passes_texts: bool,
    _place: OwnedSemaphorePermit,
}

/// A list that is told before the changes.
struct Initial {
    at: Revision,
    after: Option<String>,
    /// Whether its end is told.
    marks_end: bool,
}

/// When the next bookmark is due.
fn next_bookmark(now: Instant, ends: Instant) -> Instant {
    let regular = now + BOOKMARKS;
    match ends.checked_sub(BEFORE_END) {
        Some(last) if last > now => regular.min(last),
        _ => regular,
    }
}

pub async fn watch(call: Call, place: OwnedSemaphorePermit) -> Result<Answer, Fault> {
    let selection = Selection::of(&call)?;
    let bookmarks = call.query.is_set("allowWatchBookmarks");
    reading::check_options(&call.query, Asks::Watch)?;
    let initial = call.query.says(reading::INITIAL);
    let given = reading::given_revision(&call)?;
    let objects = &call.cluster.objects;
    let now = objects.revision().await.map_err(store_fault)?;
    // Without a revision a watch begins with what is there.
    let lists = initial.unwrap_or(given.is_none());
    if let Some(given) = given {
        reading::must_have(&call, given).await?;
    }
    let start = match (given, lists) {
        (Some(given), false) => given,
        _ => now,
    };
    let seconds = call.query.number("timeoutSeconds").map_err(Status::from)?;
    let lasts = match seconds
        .and_then(|it| u64::try_from(it).ok())
        .filter(|it| *it > 0)
    {
        Some(seconds) => Duration::from_secs(seconds).min(LONGEST),
        None => LASTS + LASTS.mul_f64(rand::rng().random()),
    };
    let storage = &call.resource.storage;
    let root_len = objects.keys.root().len();
    let folder = objects.keys.folder(&storage.group, &storage.plural);
    let reader = match objects.feed.after(&folder[root_len..], start) {
        Ok(reader) => reader,
        Err(Gone { oldest }) => return Err(Status::too_old(start, oldest).into()),
    };
    let within = call.namespace().map(|it| path(Some(it), ""));
    let media = call.form.media;
    let started = Instant::now();
    let warnings = call.take_warnings();
    let watching = Watching {
        reader,
        selection,
        within: within.unwrap_or_default(),
        initial: lists.then_some(Initial {
            at: now,
            after: None,
            marks_end: initial == Some(true) && bookmarks,
        }),
        ready: VecDeque::new(),
        bookmarks,
        next_bookmark: next_bookmark(started, started + lasts),
        ends: started + lasts,
        timer: Box::pin(tokio::time::sleep_until(started + lasts)),
        stopped: Box::pin(objects.feed.stopped().clone().cancelled_owned()),
        told: start,
        is_first: true,
        is_over: false,
        passes_texts: call.presenter().passes_texts(),
        _place: place,
        call,
    };
    let pieces = futures_util::stream::unfold(watching, |mut watching| async move {
        let piece = watching.next().await?;
        Some((Ok::<_, io::Error>(Frame::data(piece)), watching))
    });
    let body = StreamBody::new(pieces).boxed_unsync();
    let mut answer = answer::with_body(200, content_type(media, true), body);
    for value in warnings {
        answer.headers_mut().append(WARNING, value);
    }
    Ok(answer)
}

impl Watching {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            if self.is_over || Instant::now() >= self.ends {
                return None;
            }
            if self.initial.is_some() {
                self.list_more().await;
                continue;
            }
            match self.reader.take(BATCH) {
                Ok((changes, through)) => {
                    let is_idle = changes.is_empty();
                    let changes = match conversion::shown_changes(&self.call, changes).await {
                        Ok(changes) => changes,
                        Err(fault) => {
                            self.fail(&fault);
                            continue;
                        }
                    };
                    self.tell(&changes);
                    self.told = self.told.max(through);
                    if !is_idle {
                        continue;
                    }
                }
                Err(Gone { oldest }) => {
                    self.fail(&Status::too_old(self.told, oldest));
                    continue;
                }
            }
            if self.bookmarks && Instant::now() >= self.next_bookmark {
                self.next_bookmark = next_bookmark(Instant::now(), self.ends);
                self.bookmark(false);
                continue;
            }
            let until = match self.bookmarks {
                true => self.ends.min(self.next_bookmark),
                false => self.ends,
            };
            if self.timer.deadline() != until {
                self.timer.as_mut().reset(until);
            }
            tokio::select! {
                () = self.reader.wait() => {}
                () = &mut self.stopped => self.is_over = true,
                () = &mut self.timer => self.catch_up().await,
            }
        }
    }

    /// Hears of the store's newest revision before a bookmark tells it, though nothing here may have changed.
    async fn catch_up(&mut self) {
        if !self.bookmarks {
            return;
        }
        let objects = &self.call.cluster.objects;
        let Ok(now) = objects.revision().await else {
            return;
        };
        objects.feed.ask_progress();
        let stopped = objects.feed.stopped();
        tokio::select! {
            () = self.reader.wait_until_told(now) => {}
            () = stopped.cancelled() => {}
            // A bookmark that comes late tells what is known by then.
            () = tokio::time::sleep(CATCHES_UP) => {}
        }
    }

    async fn list_more(&mut self) {
        let Some(initial) = &mut self.initial else {
            return;
        };
        let folder = format!("{}{}", self.call.folder(), self.within);
        let objects = &self.call.cluster.objects;
        let after = initial.after.as_deref();
        let page = match objects.page(&folder, after, Some(initial.at), PAGE).await {
            Ok(page) => page,
            Err(error) => {
                let fault = store_fault(error);
                return self.fail(&fault);
            }
        };
        let mut is_last = !page.more || page.objects.is_empty();
        let marks_end = initial.marks_end;
        let mut room = PIECE;
        let (mut paths, mut objects) = (Vec::new(), Vec::new());
        for (path, object) in page.objects {
            if room == 0 {
                is_last = false;
                break;
            }
            room = room.saturating_sub(object.bytes());
            paths.push(path);
            objects.push(object);
        }
        let objects = match conversion::shown(&self.call, objects).await {
            Ok(objects) => objects,
            Err(fault) => return self.fail(&fault),
        };
        let mut out = Vec::new();
        let mut after = None;
        for (path, object) in paths.into_iter().zip(objects) {
            if out.len() >= PIECE {
                is_last = false;
                break;
            }
            after = Some(path);
            let is_chosen = self.selection.is_everything()
                || object
                    .value(&self.call.resource)
                    .is_some_and(|it| self.selection.matches(&self.call, &it));
            if is_chosen {
                self.frame("ADDED", &object, None, &mut out);
            }
        }
        self.push(out);
        if let Some(initial) = &mut self.initial
            && after.is_some()
        {
            initial.after = after;
        }
        if is_last {
            self.initial = None;
        }
        if is_last && marks_end {
            self.bookmark(true);
        }
    }

    fn tell(&mut self, changes: &[Arc<Change>]) {
        let mut out = Vec::new();
        let version = self.call.resource.api_version();
        for change in changes {
            if !change.path.starts_with(&self.within) {
                continue;
            }
            let now = self.passes(change, true);
            let before = self.passes(change, false);
            let kind = match (&before, &now) {
                (None, Some(_)) => "ADDED",
                (Some(_), Some(_)) => "MODIFIED",
                (Some(_), None) => "DELETED",
                (None, None) => continue,
            };
            let (object, is_now) = match (&now, &before) {
                (Some(now), _) => (now.clone(), true),
                (None, Some(before)) => (before.at(change.revision), false),
                (None, None) => continue,
            };
            if self.passes_text_of(&object) {
                let frame = change.frame(kind, &version, || self.text(kind, &object));
                match changes {
                    [_] => self.ready.push_back(frame),
                    _ => out.extend_from_slice(&frame),
                }
            } else {
                self.frame(kind, &object, is_now.then_some(change), &mut out);
            }
            if out.len() >= PIECE {
                self.push(std::mem::take(&mut out));
            }
        }
        self.push(out);
    }

    /// The state after or before a change, if there is one and it is chosen.
    fn passes(&self, change: &Change, after: bool) -> Option<Object> {
        let object = if after { &change.now } else { &change.before };
        let object = object.as_ref()?;
        if self.selection.is_everything() {
            return Some(object.clone());
        }
        let resource = &self.call.resource;
        let is_chosen = if is_native(&self.call, object) {
            let value = match after {
                true => change.now_value(resource),
                false => change.before_value(resource),
            };
            self.selection.matches(&self.call, value?.as_ref())
        } else {
            self.selection.matches(&self.call, &object.value(resource)?)
        };
        is_chosen.then(|| object.clone())
    }

    fn frame(
        &mut self,
        kind: &str,
        object: &Object,
        parsed: Option<&Arc<Change>>,
        out: &mut Vec<u8>,
    ) {
        if self.passes_text_of(object) {
            out.extend(self.text(kind, object));
            return;
        }
        let presenter = self.call.presenter();
        let shared = parsed
            .filter(|_| is_native(&self.call, object))
            .and_then(|it| it.now_value(&self.call.resource));
        let body = match shared {
            Some(value) => presenter.value(&value),
            None => presenter.object(object),
        };
        let Some(body) = body else { return };
        self.encoded(kind, body, out);
    }

    fn passes_text_of(&self, object: &Object) -> bool {
        self.passes_texts && object.is_shaped_as(&self.call.resource)
    }

    /// An object as it is stored, in a frame of JSON.
    fn text(&self, kind: &str, object: &Object) -> Vec<u8> {
        let resource = &self.call.resource;
        let mut out = Vec::with_capacity(object.bytes() + 256);
        // Names of kinds of events need no escapes.
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"object\":");
        object.write_json(Some((&resource.kind, &resource.api_version())), &mut out);
        out.extend_from_slice(b"}\n");
        out
    }

    fn encoded(&mut self, kind: &str, body: Vec<u8>, out: &mut Vec<u8>) {
        // Only the first table says what its columns are.
        let body = match self.call.form.shape {
            Shape::Table(_) if !self.is_first => without_columns(body),
            _ => body,
        };
        self.is_first = false;
        out.extend(codec::watch_frame(self.call.form.media, kind, &body));
    }

    fn bookmark(&mut self, ends_initial: bool) {
        let resource = &self.call.resource;
        let mut object = json!({
            "kind": resource.kind,
            "apiVersion": resource.api_version(),
            "metadata": {"resourceVersion": self.told.to_string()},
        });
        if ends_initial {
            object["metadata"]["annotations"] = json!({INITIAL_END: "true"});
        }
        let presenter = self.call.presenter();
        let body = match self.call.form.shape {
            Shape::Table(_) => presenter.list_of_values(&object["metadata"], Vec::new()),
            _ => presenter.value(&object),
        };
        let mut out = Vec::new();
        if let Some(body) = body {
            self.encoded("BOOKMARK", body, &mut out);
        }
        self.push(out);
    }

    /// Tells why the watch ends, and ends it.
    fn fail(&mut self, status: &Status) {
        self.is_over = true;
        let media = self.call.form.media;
        let value = status.to_value();
        let body = codec::encode(&self.call.catalog, media, &value);
        let body = body.or_else(|| serde_json::to_vec(&value).ok());
        let frame = codec::watch_frame(media, "ERROR", &body.unwrap_or_default());
        self.push(frame);
    }

    fn push(&mut self, out: Vec<u8>) {
        if !out.is_empty() {
            self.ready.push_back(Bytes::from(out));
        }
    }
}

/// Whether an object is stored in the very shape that is asked for, so that what is parsed of it is the same for all who ask.
fn is_native(call: &Call, object: &Object) -> bool {
    let resource = &call.resource;
    resource.storage.group == resource.group
        && resource.storage.version == resource.version
        && object.is_shaped_as(resource)
}

fn without_columns(body: Vec<u8>) -> Vec<u8> {
    let Ok(mut table) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    table["columnDefinitions"] = Value::Null;
    serde_json::to_vec(&table).unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_come_by_the_minute_and_before_the_end() {
        let now = Instant::now();
        let due = |ends: u64| next_bookmark(now, now + Duration::from_secs(ends)) - now;
        for (ends, expected) in [(300, 60), (62, 60), (61, 59), (3, 1), (2, 60), (1, 60)] {
            assert_eq!(due(ends), Duration::from_secs(expected), "{ends}");
        }
    }
}
