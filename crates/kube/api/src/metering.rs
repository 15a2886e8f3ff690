//! What a cluster's API server counts of itself, told at `/metrics` under upstream's names: requests, how long they took, those that are
//! being answered.
//!
//! Labels are bounded: verbs and subresources that are known, groups and resources of the catalog, and no more sets of them than
//! [`MOST_SETS`], since users name custom resources.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, Method, header::CONTENT_TYPE};
use parking_lot::Mutex;
use tokio::time::Instant;
use wharf_kube_model::Catalog;
use wharf_metrics::exposition::{Exposition, Kind};

use crate::{
    paths::OTHERS,
    query::Query,
    request::{Asked, Target},
};

/// Sets of labels that are told apart; requests of others are counted without group and resource.
const MOST_SETS: usize = 4096;
/// Upper bounds of upstream's histogram, in seconds.
const BOUNDS: [f64; 24] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0,
    10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 300.0,
];
/// Sessions, which upstream calls connections whatever their method is.
const CONNECTED: [&str; 4] = ["attach", "exec", "portforward", "proxy"];

/// What a request is counted by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Set {
    group: String,
    version: String,
    resource: String,
    subresource: String,
    scope: &'static str,
    verb: &'static str,
    dry_run: bool,
}

#[derive(Debug, Clone, Default)]
struct Counted {
    by_code: BTreeMap<u16, u64>,
    /// One more than bounds.
    took: [u64; BOUNDS.len() + 1],
    took_seconds: f64,
    /// Watches and sessions that last.
    lasting: u64,
}

/// The counts of one cluster.
#[derive(Debug, Default)]
pub struct Metering {
    counted: Mutex<HashMap<Set, Counted>>,
    reading: AtomicU64,
    changing: AtomicU64,
}

/// Counts a request as being answered, for as long as it is held; what lasts is told of by its set then.
pub struct Running {
    of: Arc<Metering>,
    set: Set,
    lasts: bool,
    began: Instant,
}

impl Metering {
    pub fn begin(self: &Arc<Self>, set: &Set, lasts: bool) -> Running {
        let running = Running {
            of: Arc::clone(self),
            set: self.admitted(set.clone()),
            lasts,
            began: Instant::now(),
        };
        match lasts {
            true => {
                self.counted
                    .lock()
                    .entry(running.set.clone())
                    .or_default()
                    .lasting += 1
            }
            false => _ = running.in_flight().fetch_add(1, Ordering::Relaxed),
        }
        running
    }

    /// The set itself, or the one that stands for those that there is no room for.
    fn admitted(&self, set: Set) -> Set {
        let counted = self.counted.lock();
        match counted.len() < MOST_SETS || counted.contains_key(&set) {
            true => set,
            false => Set {
                scope: set.scope,
                verb: set.verb,
                dry_run: set.dry_run,
                ..Set::default()
            },
        }
    }

    /// `objects`: how many are stored, by group and resource; and the bytes of all.
    pub fn text(&self, (objects, bytes): (&BTreeMap<(String, String), u64>, u64)) -> String {
        // Requests do not wait until it is written.
        let mut all: Vec<(Set, Counted)> = {
            let counted = self.counted.lock();
            let all = counted.iter();
            all.map(|(set, it)| (set.clone(), it.clone())).collect()
        };
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut out = Exposition::default();
        let name = "apiserver_current_inflight_requests";
        let help = "Requests that are being answered, without watches and sessions.";
        out.family(name, help, Kind::Gauge);
        for (kind, count) in [("mutating", &self.changing), ("readOnly", &self.reading)] {
            let count = count.load(Ordering::Relaxed) as f64;
            out.sample(&[("request_kind", kind)], count);
        }
        let name = "apiserver_longrunning_requests";
        out.family(name, "Watches and sessions that last.", Kind::Gauge);
        for (set, counted) in all.iter().filter(|(_, it)| it.lasting > 0) {
            out.sample(&set.labels()[..7], counted.lasting as f64);
        }
        let name = "apiserver_request_duration_seconds";
        let help = "How long requests took until their answers began; watches and sessions, until they ended.";
        out.family(name, help, Kind::Histogram);
        for (set, counted) in &all {
            if counted.took.iter().any(|it| *it > 0) {
                let (took, seconds) = (&counted.took, counted.took_seconds);
                out.histogram(&set.labels(), &BOUNDS, took, seconds);
            }
        }
        let name = "apiserver_request_total";
        out.family(
            name,
            "Requests that were answered, by the code.",
            Kind::Counter,
        );
        for (set, counted) in &all {
            for (code, count) in &counted.by_code {
                let code = code.to_string();
                let labels = [&set.labels()[..], &[("code", code.as_str())]].concat();
                out.sample(&labels, *count as f64);
            }
        }
        let help = "Objects that are stored, by resource.";
        out.family("apiserver_resource_objects", help, Kind::Gauge);
        for ((group, resource), count) in objects {
            out.sample(&[("group", group), ("resource", resource)], *count as f64);
        }
        out.family("apiserver_storage_objects", help, Kind::Gauge);
        for ((group, resource), count) in objects {
            let resource = match group.as_str() {
                "" => resource.clone(),
                group => format!("{resource}.{group}"),
            };
            out.sample(&[("resource", &resource)], *count as f64);
        }
        let help = "Bytes of all objects that are stored.";
        out.family("apiserver_storage_size_bytes", help, Kind::Gauge);
        out.sample(&[], bytes as f64);
        out.text()
    }
}

impl Running {
    fn in_flight(&self) -> &AtomicU64 {
        match self.set.verb {
            "GET" | "LIST" | "WATCH" => &self.of.reading,
            _ => &self.of.changing,
        }
    }

    /// The answer has begun; its time counts now unless it lasts.
    pub fn answered(&self, code: u16) {
        let mut counted = self.of.counted.lock();
        let counted = counted.entry(self.set.clone()).or_default();
        *counted.by_code.entry(code).or_default() += 1;
        if !self.lasts {
            counted.took(self.began.elapsed());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.lasts {
            self.in_flight().fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let mut counted = self.of.counted.lock();
        let counted = counted.entry(self.set.clone()).or_default();
        counted.lasting -= 1;
        counted.took(self.began.elapsed());
    }
}

impl Counted {
    fn took(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let at = BOUNDS.partition_point(|it| *it < seconds);
        self.took[at] += 1;
        self.took_seconds += seconds;
    }
}

impl Set {
    /// Those that upstream has of requests; the last one not of what lasts.
    fn labels(&self) -> [(&'static str, &str); 8] {
        [
            ("component", "apiserver"),
            ("group", &self.group),
            ("resource", &self.resource),
            ("scope", self.scope),
            ("subresource", &self.subresource),
            ("verb", self.verb),
            ("version", &self.version),
            ("dry_run", if self.dry_run { "All" } else { "" }),
        ]
    }

    pub fn of(
        catalog: &Catalog,
        target: Option<&Target>,
        (method, path, query): (&Method, &str, &Query),
        headers: &HeaderMap,
    ) -> Self {
        match target {
            Some(Target::Resource(asked)) => of_resource(catalog, asked, query, headers),
            _ => Self {
                subresource: ["/api", "/apis"]
                    .iter()
                    .chain(&OTHERS)
                    .find(|it| path.trim_end_matches('/') == **it)
                    .map_or_else(String::new, |it| (*it).to_owned()),
                verb: match *method {
                    Method::GET | Method::HEAD => "GET",
                    _ => "other",
                },
                ..Self::default()
            },
        }
    }
}

fn of_resource(catalog: &Catalog, asked: &Asked, query: &Query, headers: &HeaderMap) -> Set {
    let verb = verb(asked, headers);
    let found = catalog.resource(&asked.group, &asked.version, &asked.resource);
    let Some(resource) = found else {
        return Set {
            verb,
            ..Set::default()
        };
    };
    let subresource = asked.subresource.as_deref().unwrap_or_default();
    let known = resource.subresource(subresource);
    Set {
        group: resource.group.clone(),
        version: resource.version.clone(),
        resource: resource.plural.clone(),
        subresource: known.map_or_else(String::new, |it| it.name.clone()),
        scope: match (asked.is_named || verb == "POST", &asked.namespace) {
            (true, _) => "resource",
            (false, Some(_)) => "namespace",
            (false, None) => "cluster",
        },
        verb,
        dry_run: query.is_set("dryRun"),
    }
}

fn verb(asked: &Asked, headers: &HeaderMap) -> &'static str {
    let subresource = asked.subresource.as_deref().unwrap_or_default();
    if CONNECTED.contains(&subresource) {
        return "CONNECT";
    }
    let applies = || {
        let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        kind.is_some_and(|it| it.starts_with("application/apply-patch"))
    };
    match asked.verb {
        "create" => "POST",
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "update" => "PUT",
        "patch" if applies() => "APPLY",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::request;

    fn set(method: &Method, uri: &str, kind: &'static str) -> Set {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let query = Query::parse(query);
        let target = request::target(method, path, &query);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let catalog = Catalog::built_in();
        Set::of(&catalog, target.as_ref(), (method, path, &query), &headers)
    }

    #[test]
    fn what_requests_are_counted_by() {
        for (method, uri, want) in [
            (
                "GET",
                "/api/v1/namespaces/a/pods/p",
                "GET /v1 pods//resource",
            ),
            ("GET", "/api/v1/pods?watch=1", "WATCH /v1 pods//cluster"),
            (
                "GET",
                "/api/v1/namespaces/a/pods",
                "LIST /v1 pods//namespace",
            ),
            (
                "POST",
                "/apis/apps/v1/namespaces/a/deployments",
                "POST apps/v1 deployments//resource",
            ),
            (
                "POST",
                "/api/v1/namespaces/a/pods?dryRun=All",
                "POST /v1 pods//resource dry",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/pods/p/exec",
                "CONNECT /v1 pods/exec/resource",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/pods/p/log",
                "GET /v1 pods/log/resource",
            ),
            (
                "PUT",
                "/api/v1/namespaces/a/pods/p/status",
                "PUT /v1 pods/status/resource",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/pods/p/made-up",
                "GET /v1 pods//resource",
            ),
            ("GET", "/apis/made.up/v1/things", "LIST / //"),
            ("OPTIONS", "/apis/made.up/v1/things", "other / //"),
            ("GET", "/metrics", "GET / //metrics/"),
            ("GET", "/made-up", "GET / //"),
            ("MADEUP", "/metrics", "other / //metrics/"),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let it = set(&method, uri, "application/json");
            let dry = if it.dry_run { " dry" } else { "" };
            let shown = format!(
                "{} {}/{} {}/{}/{}{dry}",
                it.verb, it.group, it.version, it.resource, it.subresource, it.scope
            );
            assert_eq!(shown, want, "{method} {uri}");
        }
        let pod = "/api/v1/namespaces/a/pods/p";
        assert_eq!(
            set(&Method::PATCH, pod, "application/merge-patch+json").verb,
            "PATCH"
        );
        assert_eq!(
            set(&Method::PATCH, pod, "application/apply-patch+yaml").verb,
            "APPLY"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told() {
        let metering = Arc::new(Metering::default());
        let get = set(&Method::GET, "/api/v1/namespaces/a/pods/p", "");
        let running = metering.begin(&get, false);
        tokio::time::advance(Duration::from_millis(30)).await;
        running.answered(200);
        let watching = metering.begin(&set(&Method::GET, "/api/v1/pods?watch=1", ""), true);
        watching.answered(200);
        let objects = BTreeMap::from([
            ((String::new(), "pods".to_owned()), 3),
            (("apps".to_owned(), "deployments".to_owned()), 1),
        ]);
        let text = metering.text((&objects, 99));
        let of_get = "component=\"apiserver\",group=\"\",resource=\"pods\",scope=\"resource\",subresource=\"\",verb=\"GET\",version=\"v1\"";
        let of_watch = of_get
            .replace("GET", "WATCH")
            .replace("\"resource\"", "\"cluster\"");
        for line in [
            "apiserver_current_inflight_requests{request_kind=\"readOnly\"} 1".to_owned(),
            format!("apiserver_request_total{{{of_get},dry_run=\"\",code=\"200\"}} 1"),
            format!(
                "apiserver_request_duration_seconds_bucket{{{of_get},dry_run=\"\",le=\"0.025\"}} 0"
            ),
            format!(
                "apiserver_request_duration_seconds_bucket{{{of_get},dry_run=\"\",le=\"0.05\"}} 1"
            ),
            format!("apiserver_longrunning_requests{{{of_watch}}} 1"),
            "apiserver_storage_objects{resource=\"deployments.apps\"} 1".to_owned(),
            "apiserver_resource_objects{group=\"\",resource=\"pods\"} 3".to_owned(),
            "apiserver_storage_size_bytes 99".to_owned(),
        ] {
            assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
        }
        drop((running, watching));
        let text = metering.text((&objects, 99));
        assert!(text.contains("request_kind=\"readOnly\"} 0"), "{text}");
        assert!(!text.contains("apiserver_longrunning_requests{"), "{text}");
        let ended =
            format!("apiserver_request_duration_seconds_count{{{of_watch},dry_run=\"\"}} 1");
        assert!(text.contains(&ended), "{text}");
    }

    #[test]
    fn sets_are_bounded() {
        let metering = Arc::new(Metering::default());
        for number in 0..2 * MOST_SETS {
            let set = Set {
                resource: number.to_string(),
                verb: "GET",
                ..Set::default()
            };
            metering.begin(&set, false).answered(200);
        }
        assert!(metering.counted.lock().len() <= MOST_SETS + 1);
    }
}
