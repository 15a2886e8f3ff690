//! Tokens of service accounts in volumes: each gives way to the next while it still holds, and whoever reads sees one of them whole. Time
//! passes as soon as there is nothing to do.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Seek as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wharf_base::{Clock, Timestamp};
use wharf_kube_client::{
    Body, Client, Error, Object as _, Patch, Transport, fake::Fake, kind, transport::full,
};

use super::{Setup, id};

/// The runtime's time.
#[derive(Debug)]
struct Virtual {
    origin: Instant,
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000) + self.origin.elapsed()
    }
}

/// An API server that makes tokens: their number, the account and the pod, and when they end.
struct Issuer {
    others: Fake,
    clock: Arc<dyn Clock>,
    made: AtomicU64,
    refuses: AtomicBool,
    refused: AtomicU64,
}

#[async_trait]
impl Transport for Issuer {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        if !request
            .uri()
            .path()
            .ends_with("/serviceaccounts/worker/token")
        {
            return self.others.send(request).await;
        }
        let (code, answer) = if self.refuses.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            (
                StatusCode::FORBIDDEN,
                json!({"code": 403, "message": "not now"}),
            )
        } else {
            let asked: Value = serde_json::from_slice(request.body()).expect("JSON");
            let seconds = asked["spec"]["expirationSeconds"]
                .as_u64()
                .expect("a length");
            let ends = self.clock.now() + Duration::from_secs(seconds);
            let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
            let token = format!(
                "{number} for {} until {}.",
                asked.text("/spec/boundObjectRef/name"),
                ends.millis()
            );
            let status = json!({"token": token, "expirationTimestamp": ends.iso8601_seconds()});
            (StatusCode::CREATED, json!({"status": status}))
        };
        let mut answer = Response::new(full(answer.to_string()));
        *answer.status_mut() = code;
        Ok(answer)
    }
}

/// When a token ends, of one that is whole.
fn end_of(token: &str) -> Timestamp {
    let (said, rest) = token.split_once(" until ").expect("a token");
    assert!(said.ends_with(" for p"), "{token}");
    let millis = rest.strip_suffix('.').expect("all of it");
    Timestamp::from_millis(millis.parse().expect("a time"))
}

struct Tokens {
    setup: Setup,
    issuer: Arc<Issuer>,
    volumes: PathBuf,
}

impl Tokens {
    /// A pod that runs, with a volume `v<n>` for each of these lengths, which holds a token, and a ConfigMap.
    async fn of(lengths: &[u64]) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Virtual {
            origin: Instant::now(),
        });
        let issuer = Arc::new(Issuer {
            others: Fake::new(),
            clock: clock.clone(),
            made: AtomicU64::new(0),
            refuses: AtomicBool::new(false),
            refused: AtomicU64::new(0),
        });
        let setup = Setup {
            client: Client::new(issuer.clone(), "test"),
            clock,
            ..Setup::new()
        };
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"k": "one"}});
        let client = &setup.client;
        client
            .create(&kind::CONFIG_MAP, "n", &map)
            .await
            .expect("a ConfigMap");
        let names: Vec<String> = (0..lengths.len()).map(|it| format!("v{it}")).collect();
        let volume = |(name, seconds): (&String, &u64)| {
            json!({"name": name, "projected": {"sources": [
                {"serviceAccountToken": {"path": "token", "audience": "a", "expirationSeconds": seconds}},
                {"configMap": {"name": "c"}},
            ]}})
        };
        let mount = |name: &String| json!({"name": name, "mountPath": format!("/{name}")});
        let container = json!({"name": "a", "image": "x", "volumeMounts": names.iter().map(mount).collect::<Value>()});
        let pod = setup
            .create(json!({
                "serviceAccountName": "worker",
                "containers": [container],
                "volumes": names.iter().zip(lengths).map(volume).collect::<Value>(),
            }))
            .await;
        let volumes = setup.dir.path().join(id(&pod)).join("volumes");
        Self {
            setup,
            issuer,
            volumes,
        }
    }

    async fn ready(&self) {
        self.setup
            .wait("it is ready", |it| it.has_condition("Ready", "True"))
            .await;
    }

    fn path(&self, volume: &str, file: &str) -> PathBuf {
        self.volumes.join(volume).join(file)
    }

    fn token(&self, volume: &str) -> String {
        fs::read_to_string(self.path(volume, "token")).expect("a token")
    }

    fn made(&self) -> u64 {
        self.issuer.made.load(Ordering::SeqCst)
    }
}

/// Reads a file all the time, as a program in a container would.
struct Reader {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<u64>,
}

impl Reader {
    fn of(path: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let enough = stop.clone();
        let thread = thread::spawn(move || {
            let (mut reads, mut newest) = (0, Timestamp::default());
            while !enough.load(Ordering::Relaxed) {
                // Who follows the link just before it is set anew finds that version gone, and the next one in its place.
                let read = match fs::read_to_string(&path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => fs::read_to_string(&path),
                    read => read,
                };
                let ends = end_of(&read.expect("it is never away"));
                assert!(ends >= newest, "an older one came again");
                (reads, newest) = (reads + 1, ends);
            }
            reads
        });
        Self { stop, thread }
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it read whole tokens alone")
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_gives_way_to_the_next_while_it_holds() {
    let tokens = Tokens::of(&[600]).await;
    let _node = tokens.setup.node().drop_guard();
    tokens.ready().await;
    let reader = Reader::of(tokens.path("v0", "token"));
    let (first, folder) = (tokens.token("v0"), tokens.path("v0", "..data"));
    let mut open = File::open(tokens.path("v0", "token")).expect("a token");
    let before = fs::read_link(&folder).expect("a version");
    let begun = tokens.made();
    for _ in 0..(2 * 60 * 60 / 5) {
        sleep(Duration::from_secs(5)).await;
        let (ends, now) = (end_of(&tokens.token("v0")), tokens.setup.clock.now());
        assert!(ends > now, "{}", tokens.token("v0"));
        // Nobody holds one that is about to end.
        assert!(ends.since(now) >= Duration::from_secs(600 / 5 - 10));
    }
    assert!(reader.end() > 10);
    // After four fifths of each: two hours are fifteen times that.
    assert!(
        (14..=16).contains(&(tokens.made() - begun)),
        "{}",
        tokens.made()
    );
    // The first was never written over, and its folder is gone as a whole.
    let mut kept = String::new();
    open.rewind().expect("a file");
    open.read_to_string(&mut kept)
        .expect("a file that was removed");
    assert_eq!(kept, first);
    assert_ne!(fs::read_link(&folder).expect("a version"), before);
    assert!(!tokens.path("v0", ".").join(&before).exists());
    let versions = fs::read_dir(tokens.path("v0", ".")).expect("a folder");
    let versions = versions.filter(|it| {
        let name = it.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with("..")
    });
    assert_eq!(versions.count(), 2, "one version and the link to it");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_renewed_is_used_while_it_holds() {
    let tokens = Tokens::of(&[600]).await;
    let _node = tokens.setup.node().drop_guard();
    tokens.ready().await;
    let first = tokens.token("v0");
    tokens.issuer.refuses.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(500)).await;
    assert_eq!(tokens.token("v0"), first);
    // What else is in the volume follows meanwhile.
    let patch = Patch::Merge(json!({"data": {"k": "two"}}));
    let client = &tokens.setup.client;
    client
        .patch(&kind::CONFIG_MAP, "n", "c", &patch)
        .await
        .expect("a change");
    sleep(Duration::from_secs(20)).await;
    let said = fs::read_to_string(tokens.path("v0", "k")).expect("a file");
    assert_eq!((said.as_str(), tokens.token("v0")), ("two", first.clone()));
    tokens.issuer.refuses.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(20)).await;
    let second = tokens.token("v0");
    assert_ne!(second, first);
    assert!(end_of(&first) > tokens.setup.clock.now(), "it was in time");
    assert!(tokens.issuer.refused.load(Ordering::SeqCst) < 10);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_other_lengths_are_others() {
    let tokens = Tokens::of(&[600, 7200]).await;
    let _node = tokens.setup.node().drop_guard();
    tokens.ready().await;
    let (short, long) = (tokens.token("v0"), tokens.token("v1"));
    let apart = end_of(&long).since(end_of(&short));
    assert!(apart > Duration::from_secs(6000), "{short} {long}");
    sleep(Duration::from_secs(550)).await;
    assert_ne!(tokens.token("v0"), short);
    assert_eq!(tokens.token("v1"), long);
}

/// Its tokens are in its memory alone, and the pod goes on.
#[tokio::test(start_paused = true)]
async fn another_agent_has_a_new_token_before_the_old_ends() {
    let tokens = Tokens::of(&[600]).await;
    let first = tokens.setup.node();
    tokens.ready().await;
    let reader = Reader::of(tokens.path("v0", "token"));
    let old = tokens.token("v0");
    sleep(Duration::from_secs(100)).await;
    first.cancel();
    sleep(Duration::from_secs(300)).await;
    assert_eq!(tokens.token("v0"), old);
    let _second = tokens.setup.node().drop_guard();
    sleep(Duration::from_secs(30)).await;
    assert_ne!(tokens.token("v0"), old);
    assert!(reader.end() > 0);
}
