//! Lists of objects, versions and uploads after random histories are what a sorted map says, page by page, whatever
//! they are asked by.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use wharf_api_s3::*;
use wharf_testkit::call;

use super::{BUCKET, It};

#[derive(Debug, Clone)]
enum Step {
    Put(String),
    Delete(String),
    /// One of the versions of a key, the newest being the first.
    DeleteVersion(String, prop::sample::Index),
    Upload(String),
    Versioning(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    id: String,
    is_marker: bool,
}

/// What is in the bucket, versions from the newest on.
#[derive(Debug, Default)]
struct Model {
    status: &'static str,
    keys: BTreeMap<String, Vec<Version>>,
    uploads: BTreeSet<(String, String)>,
}

impl Model {
    /// Takes a new version as the current one.
    fn add(&mut self, key: &str, id: Option<String>, is_marker: bool) {
        let all = self.keys.entry(key.to_owned()).or_default();
        let id = id.unwrap_or_else(|| "null".to_owned());
        if self.status != "Enabled" {
            assert_eq!(id, "null");
            all.retain(|it| it.id != "null");
        }
        all.insert(0, Version { id, is_marker });
    }
}

/// Keys with much in common; some characters stand otherwise in URLs, in the store, or beyond two bytes.
fn key() -> impl Strategy<Value = String> {
    "[ab/ %]{1,3}|a/[ab/+é\u{10000}]{1,3}"
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec!["Enabled", "Enabled", "Suspended"]);
    prop_oneof![
        6 => key().prop_map(Step::Put),
        3 => key().prop_map(Step::Delete),
        3 => (key(), any::<prop::sample::Index>()).prop_map(|(key, at)| Step::DeleteVersion(key, at)),
        2 => key().prop_map(Step::Upload),
        1 => status.prop_map(Step::Versioning),
    ]
}

/// What a list is asked by.
#[derive(Debug, Clone)]
struct Question {
    prefix: Option<String>,
    delimiter: Option<String>,
    marker: Option<String>,
    /// Of the versions, or uploads, of the key that the marker is.
    of_marker: Option<prop::sample::Index>,
    max: i32,
    is_encoded: bool,
}

fn question() -> impl Strategy<Value = Question> {
    let texts = (
        prop::option::of("a/|[ab/ %]{0,2}"),
        prop::option::of("[/b]|/a|"),
        prop::option::of(key()),
    );
    (
        texts,
        any::<Option<prop::sample::Index>>(),
        1..6_i32,
        any::<bool>(),
    )
        .prop_map(
            |((prefix, delimiter, marker), of_marker, max, is_encoded)| Question {
                prefix,
                delimiter,
                marker,
                of_marker,
                max,
                is_encoded,
            },
        )
}

impl Question {
    fn encoding(&self) -> Option<String> {
        self.is_encoded.then(|| "url".to_owned())
    }

    /// A text of an answer, as it is.
    fn read(&self, text: Option<String>) -> String {
        let text = text.expect("a text");
        match self.is_encoded {
            true => percent_decode_str(&text.replace('+', " "))
                .decode_utf8()
                .unwrap()
                .into_owned(),
            false => text,
        }
    }

    fn read_some(&self, text: Option<String>) -> Option<String> {
        text.map(|it| self.read(Some(it)))
    }

    fn prefixes(&self, found: Option<Vec<CommonPrefix>>) -> Vec<String> {
        let found = found.unwrap_or_default().into_iter();
        found.map(|it| self.read(it.prefix)).collect()
    }

    /// The common prefix by which a key stands in the list, if it does not by itself; `None` if it does not at all.
    fn place(&self, key: &str) -> Option<Option<String>> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let rest = key.strip_prefix(prefix)?;
        let delimiter = self.delimiter.as_deref().filter(|it| !it.is_empty());
        let rolled = delimiter.and_then(|it| rest.split_once(it).map(|(rest, _)| (rest, it)));
        Some(rolled.map(|(rest, delimiter)| format!("{prefix}{rest}{delimiter}")))
    }

    /// All that the list shows, of things in their order that each have a key.
    fn all<T>(&self, things: impl Iterator<Item = (String, T)>) -> Vec<Item<T>> {
        let mut all: Vec<Item<T>> = Vec::new();
        for (key, thing) in things {
            match self.place(&key) {
                None => {}
                Some(None) => all.push(Item {
                    text: key,
                    thing: Some(thing),
                }),
                Some(Some(rolled)) if all.last().is_some_and(|it| it.text == rolled) => {}
                Some(Some(rolled)) => all.push(Item {
                    text: rolled,
                    thing: None,
                }),
            }
        }
        all
    }
}

/// What stands in a list: a thing under its key, or a common prefix.
#[derive(Debug, Clone, PartialEq)]
struct Item<T> {
    text: String,
    thing: Option<T>,
}

fn things<T: Clone>(page: &[Item<T>]) -> Vec<(String, T)> {
    let all = page.iter();
    all.filter_map(|it| Some((it.text.clone(), it.thing.clone()?)))
        .collect()
}

fn common<T>(page: &[Item<T>]) -> Vec<String> {
    let all = page.iter().filter(|it| it.thing.is_none());
    all.map(|it| it.text.clone()).collect()
}

impl It {
    async fn upload(&self, key: &str) -> String {
        let input = CreateMultipartUploadRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            ..CreateMultipartUploadRequest::default()
        };
        let begun = self
            .s3
            .create_multipart_upload(&call(), input)
            .await
            .unwrap();
        begun.upload_id.unwrap()
    }

    async fn live(&self, steps: Vec<Step>) -> Model {
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Versioning(status) => {
                    self.versioning(status).await;
                    model.status = status;
                }
                Step::Put(key) => model.add(&key, self.put(&key, b"").await.version_id, false),
                Step::Delete(key) => {
                    let done = self.delete(&key, None).await;
                    match model.status {
                        "" => drop(model.keys.remove(&key)),
                        _ => model.add(&key, done.version_id, true),
                    }
                }
                Step::DeleteVersion(key, at) => {
                    let Some(all) = model.keys.get_mut(&key) else {
                        continue;
                    };
                    let gone = all.remove(at.index(all.len()));
                    self.delete(&key, Some(&gone.id)).await;
                    if all.is_empty() {
                        model.keys.remove(&key);
                    }
                }
                Step::Upload(key) => {
                    let id = self.upload(&key).await;
                    model.uploads.insert((key, id));
                }
            }
        }
        model
    }

    async fn objects_are(&self, model: &Model, question: &Question) {
        let current = model.keys.iter().filter(|(_, all)| !all[0].is_marker);
        let mut rest = question.all(current.map(|(key, _)| (key.clone(), ())));
        rest.retain(|it| {
            question
                .marker
                .as_ref()
                .is_none_or(|marker| it.text > *marker)
        });
        let (mut old, mut token, mut marker) = (rest.clone(), None, question.marker.clone());
        loop {
            let input = ListObjectsV2Request {
                bucket: Some(BUCKET.to_owned()),
                prefix: question.prefix.clone(),
                delimiter: question.delimiter.clone(),
                start_after: question.marker.clone(),
                max_keys: Some(question.max),
                encoding_type: question.encoding(),
                continuation_token: token,
                ..ListObjectsV2Request::default()
            };
            let page = self.s3.list_objects_v2(&call(), input).await.unwrap();
            let expected: Vec<_> = rest
                .drain(..rest.len().min(question.max as usize))
                .collect();
            let keys: Vec<_> = page
                .contents
                .into_iter()
                .flatten()
                .map(|it| (question.read(it.key), ()))
                .collect();
            assert_eq!(keys, things(&expected));
            assert_eq!(question.prefixes(page.common_prefixes), common(&expected));
            assert_eq!(page.is_truncated, Some(!rest.is_empty()));
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        assert!(rest.is_empty());
        loop {
            let input = ListObjectsRequest {
                bucket: Some(BUCKET.to_owned()),
                prefix: question.prefix.clone(),
                delimiter: question.delimiter.clone(),
                marker: marker.clone(),
                max_keys: Some(question.max),
                encoding_type: question.encoding(),
                ..ListObjectsRequest::default()
            };
            let page = self.s3.list_objects(&call(), input).await.unwrap();
            let expected: Vec<_> = old.drain(..old.len().min(question.max as usize)).collect();
            let keys: Vec<_> = page
                .contents
                .into_iter()
                .flatten()
                .map(|it| (question.read(it.key), ()))
                .collect();
            assert_eq!(keys, things(&expected));
            assert_eq!(question.prefixes(page.common_prefixes), common(&expected));
            if page.is_truncated == Some(false) {
                break;
            }
            // Without a delimiter clients go on behind the last key.
            let last = keys.into_iter().next_back().map(|it| it.0);
            marker = question.read_some(page.next_marker).or(last);
        }
        assert!(old.is_empty());
    }

    async fn versions_are(&self, model: &Model, question: &Question) {
        let versions = model.keys.iter().flat_map(|(key, all)| {
            let all = all.iter().enumerate();
            all.map(|(number, it)| (key.clone(), (it.clone(), number == 0)))
        });
        let mut rest = question.all(versions);
        let mut key = question.marker.clone();
        let of_key = key.as_ref().and_then(|it| model.keys.get(it));
        let chosen = of_key.zip(question.of_marker);
        let mut id = chosen.map(|(all, at)| all[at.index(all.len())].id.clone());
        if let Some(marker) = &key {
            let after: Vec<_> = match (&id, of_key) {
                (Some(id), Some(all)) => {
                    let behind = all.iter().skip_while(|it| it.id != *id).skip(1);
                    behind.map(|it| it.id.as_str()).collect()
                }
                _ => Vec::new(),
            };
            rest.retain(|it| {
                let is_of_key = it.text == *marker;
                let is_behind = it
                    .thing
                    .as_ref()
                    .is_some_and(|(it, _)| after.contains(&it.id.as_str()));
                it.text > *marker || is_of_key && is_behind
            });
        }
        loop {
            let input = ListObjectVersionsRequest {
                bucket: Some(BUCKET.to_owned()),
                prefix: question.prefix.clone(),
                delimiter: question.delimiter.clone(),
                key_marker: key,
                version_id_marker: id,
                max_keys: Some(question.max),
                encoding_type: question.encoding(),
                ..ListObjectVersionsRequest::default()
            };
            let page = self.s3.list_object_versions(&call(), input).await.unwrap();
            let expected: Vec<_> = rest
                .drain(..rest.len().min(question.max as usize))
                .collect();
            assert_eq!(question.prefixes(page.common_prefixes), common(&expected));
            let (markers, versions): (Vec<_>, Vec<_>) = things(&expected)
                .into_iter()
                .partition(|(_, (it, _))| it.is_marker);
            let shown = |is_marker, (key, id, is_latest): (Option<String>, Option<String>, Option<bool>)| {
                let id = id.unwrap();
                (question.read(key), (Version { id, is_marker }, is_latest.unwrap()))
            };
            let found = page.versions.into_iter().flatten();
            let found = found.map(|it| shown(false, (it.key, it.version_id, it.is_latest)));
            assert_eq!(found.collect::<Vec<_>>(), versions);
            let found = page.delete_markers.into_iter().flatten();
            let found = found.map(|it| shown(true, (it.key, it.version_id, it.is_latest)));
            assert_eq!(found.collect::<Vec<_>>(), markers);
            assert_eq!(page.is_truncated, Some(!rest.is_empty()));
            if rest.is_empty() {
                break;
            }
            (key, id) = (
                question.read_some(page.next_key_marker),
                page.next_version_id_marker,
            );
        }
    }

    async fn uploads_are(&self, model: &Model, question: &Question) {
        let mut rest = question.all(model.uploads.iter().cloned());
        let mut key = question.marker.clone();
        let of_key = model
            .uploads
            .iter()
            .filter(|it| Some(&it.0) == key.as_ref());
        let of_key: Vec<_> = of_key.map(|it| it.1.clone()).collect();
        let at = question.of_marker.filter(|_| !of_key.is_empty());
        let mut id = at.map(|it| of_key[it.index(of_key.len())].clone());
        if let Some(marker) = &key {
            rest.retain(|it| {
                let is_behind = it.thing > id && id.is_some();
                it.text > *marker || it.text == *marker && is_behind
            });
        }
        loop {
            let input = ListMultipartUploadsRequest {
                bucket: Some(BUCKET.to_owned()),
                prefix: question.prefix.clone(),
                delimiter: question.delimiter.clone(),
                key_marker: key,
                upload_id_marker: id,
                max_uploads: Some(question.max),
                encoding_type: question.encoding(),
                ..ListMultipartUploadsRequest::default()
            };
            let page = self
                .s3
                .list_multipart_uploads(&call(), input)
                .await
                .unwrap();
            let expected: Vec<_> = rest
                .drain(..rest.len().min(question.max as usize))
                .collect();
            assert_eq!(question.prefixes(page.common_prefixes), common(&expected));
            let found = page.uploads.into_iter().flatten();
            let found = found.map(|it| (question.read(it.key), it.upload_id.unwrap()));
            assert_eq!(found.collect::<Vec<_>>(), things(&expected));
            assert_eq!(page.is_truncated, Some(!rest.is_empty()));
            if rest.is_empty() {
                break;
            }
            (key, id) = (
                question.read_some(page.next_key_marker),
                page.next_upload_id_marker,
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn lists_are_what_a_sorted_map_says(
        steps in prop::collection::vec(step(), 1..60),
        questions in prop::collection::vec(question(), 8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let it = It::new().await;
            let model = it.live(steps).await;
            for question in &questions {
                it.objects_are(&model, question).await;
                it.versions_are(&model, question).await;
                it.uploads_are(&model, question).await;
            }
        });
    }
}
