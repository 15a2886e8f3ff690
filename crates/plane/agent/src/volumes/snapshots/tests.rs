//! Snapshots of files that nobody has mounted, sent to a control plane in a few lines.

use std::{
    convert::Infallible,
    fs::{self, File},
    path::Path as FilePath,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::DropGuard;
use wharf_base::SystemClock;
use wharf_link::Update;
use wharf_planeproto::{
    Resource,
    snapshot::{CHUNK, Missing, Offer},
    volume::{Volume, VolumeState, Wanted},
};
use wharf_wire::sigv4::SigningKeys;

use super::*;
use crate::client::{Dialer, Endpoint};

const HOST: &str = "i-1";
pub const ONE: &str = "0123456789abcdef0";
pub const TWO: &str = "0123456789abcdef1";

/// What came, and how it is answered.
pub struct Server {
    pub api: Api,
    seen: Arc<Mutex<Vec<String>>>,
    /// Whether chunks and keys are taken and given.
    pub open: watch::Sender<bool>,
    /// Whether a completion makes sense.
    sound: watch::Sender<bool>,
}

#[derive(Clone)]
struct Answers {
    seen: Arc<Mutex<Vec<String>>>,
    open: watch::Receiver<bool>,
    sound: watch::Receiver<bool>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, sound) = (watch::channel(true).0, watch::channel(true).0);
        let answers = Answers {
            seen: Arc::default(),
            open: open.subscribe(),
            sound: sound.subscribe(),
        };
        let seen = answers.seen.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answers = answers.clone();
                let answer = service_fn(move |request| answer(request, answers.clone()));
                let served = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(served);
            }
        });
        let keys = SigningKeys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: None,
        };
        let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let dialer = Dialer::new(None).unwrap();
        Self {
            api: Api::new(endpoint, dialer, keys, "us-east-1", Arc::new(SystemClock)),
            seen,
            open,
            sound,
        }
    }

    /// Waits for a request: `POST snap-1/complete`, and what was sent with it.
    pub async fn sees(&self, what: &str) -> String {
        let found = || {
            let seen = self.seen.lock();
            seen.iter().find(|it| it.starts_with(what)).cloned()
        };
        until(what, || found().is_some()).await;
        found().unwrap()
    }
}

async fn answer(
    request: Request<Incoming>,
    mut answers: Answers,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().rsplitn(3, '/').take(2);
    let path: Vec<_> = path.map(str::to_owned).collect();
    let method = request.method().clone();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let text = match method == Method::PUT {
        true => String::new(),
        false => String::from_utf8_lossy(&body).into_owned(),
    };
    let line = format!("{method} {}/{} {text}", path[1], path[0]);
    answers.seen.lock().push(line);
    if method != Method::POST {
        let _ = answers.open.wait_for(|it| *it).await;
    }
    let answer = match path[0].as_str() {
        "offer" => {
            let offer: Offer = serde_json::from_slice(&body).unwrap();
            serde_json::to_vec(&Missing { sums: offer.sums }).unwrap()
        }
        "source" => b"{\"pages\":[]}".to_vec(),
        "complete" if !*answers.sound.borrow() => {
            let mut refused = Response::new(Full::from("it makes no sense"));
            *refused.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(refused);
        }
        _ => Vec::new(),
    };
    Ok(Response::new(Full::new(answer.into())))
}

pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = timeout(Duration::from_secs(20), waiting).await;
    in_time.unwrap_or_else(|_| panic!("{what} never came"));
}

pub fn volume(digits: &str) -> Volume {
    Volume {
        id: format!("vol-{digits}"),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        host: HOST.to_owned(),
        wanted: Wanted::Kept,
        may_make: false,
        restore: false,
        bytes: 16 * CHUNK,
        device: None,
        sealed: None,
        mounted_by: None,
        attached: false,
    }
}

/// Of the volume with the same digits.
fn snapshot(digits: &str) -> Snapshot {
    Snapshot {
        id: format!("snap-{digits}"),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        host: HOST.to_owned(),
        volume: format!("vol-{digits}"),
        base: None,
        carries: false,
        set: None,
    }
}

pub fn told(volumes: &Volumes, all: &[Volume], snapshots: &[Snapshot]) {
    let all = all.iter().cloned().map(Resource::Volume);
    let snapshots = snapshots.iter().cloned().map(Resource::Snapshot);
    volumes.take(HOST, &Update::Snapshot(all.chain(snapshots).collect()));
}

/// A volume's file, with two chunks of data.
pub fn image(volumes: &Volumes, digits: &str) {
    let image = volumes.files.image(&format!("vol-{digits}"));
    fs::create_dir_all(image.parent().unwrap()).unwrap();
    let file = File::create(image).unwrap();
    file.set_len(16 * CHUNK).unwrap();
    for at in [1, 7] {
        write_chunk(&file, at, digits.as_bytes()).unwrap();
    }
}

/// Volumes below `node` whose snapshots are taken and sent until the guard is dropped.
fn running(node: &FilePath, server: &Server) -> (Volumes, DropGuard) {
    let (volumes, shutdown) = (Volumes::new(node), CancellationToken::new());
    let bringing = volumes.clone();
    tokio::spawn(bringing.bring_snapshots(server.api.clone(), shutdown.clone()));
    (volumes, shutdown.drop_guard())
}

#[tokio::test]
async fn volumes_are_made_of_snapshots_while_another_is() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    server.open.send_replace(false);
    let volumes = Volumes::new(dir.path());
    fs::create_dir_all(volumes.files.dir()).unwrap();
    let restored = |digits| Volume {
        restore: true,
        ..volume(digits)
    };
    let why = Some("of the last try".to_owned());
    volumes.restoring.lock().insert(volume(ONE).id, why);
    told(&volumes, &[restored(ONE)], &[]);
    let shutdown = CancellationToken::new();
    let _running = shutdown.clone().drop_guard();
    tokio::spawn(
        volumes
            .clone()
            .make_of_snapshots(server.api.clone(), shutdown),
    );
    server.sees(&format!("GET vol-{ONE}/source")).await;
    assert_eq!(volumes.restoring.lock().get(&volume(ONE).id), Some(&None));
    told(&volumes, &[restored(ONE), restored(TWO)], &[]);
    server.sees(&format!("GET vol-{TWO}/source")).await;
    server.open.send_replace(true);
    until("both files", || {
        let made = |digits| volumes.files.image(&volume(digits).id).exists();
        made(ONE) && made(TWO) && volumes.restoring.lock().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_volume_that_is_deleted_before_it_is_made_ends_with_its_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (volumes, _running) = running(dir.path(), &server);
    let restored = |wanted| Volume {
        restore: true,
        wanted,
        ..volume(ONE)
    };
    told(&volumes, &[restored(Wanted::Kept)], &[snapshot(ONE)]);
    // It may still be made.
    let all = volumes.told.borrow().clone();
    let (reports, pending) = volumes.bring(all.as_ref()).await.unwrap();
    assert!(reports.is_empty() && pending);
    told(&volumes, &[restored(Wanted::Gone)], &[snapshot(ONE)]);
    let said = server.sees(&format!("POST snap-{ONE}/failed")).await;
    assert!(said.contains("the volume was deleted before"), "{said}");
    let all = volumes.told.borrow().clone();
    let (reports, _) = volumes.bring(all.as_ref()).await.unwrap();
    assert_eq!(reports[0].state, VolumeState::Gone);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_its_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    // What is no file cannot be read.
    let volumes = Volumes::new(dir.path());
    fs::create_dir_all(volumes.files.image(&volume(ONE).id)).unwrap();
    told(&volumes, &[volume(ONE)], &[snapshot(ONE)]);
    let shutdown = CancellationToken::new();
    let _running = shutdown.clone().drop_guard();
    tokio::spawn(volumes.bring_snapshots(server.api.clone(), shutdown));
    let said = server.sees(&format!("POST snap-{ONE}/failed")).await;
    assert!(said.contains("directory"), "{said}");
}

#[tokio::test]
async fn nobody_waits_for_a_file_of_another_volume_to_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (volumes, _running) = running(dir.path(), &server);
    image(&volumes, TWO);
    // Who opens it for reading waits for somebody who writes.
    let slow = volumes.files.image(&volume(ONE).id);
    fs::create_dir_all(slow.parent().unwrap()).unwrap();
    nix::unistd::mkfifo(&slow, nix::sys::stat::Mode::S_IRWXU).unwrap();
    told(&volumes, &[volume(ONE), volume(TWO)], &[snapshot(ONE)]);
    until("the reading", || {
        volumes.is_taken_for_itself(&volume(ONE).id)
    })
    .await;

    let gone = |digits| Volume {
        wanted: Wanted::Gone,
        ..volume(digits)
    };
    // No snapshot of it is wanted any more; it is read all the same.
    told(&volumes, &[gone(ONE), gone(TWO)], &[]);
    let all = volumes.told.borrow().clone();
    let brought = timeout(Duration::from_secs(10), volumes.bring(all.as_ref()));
    let (reports, pending) = brought.await.unwrap().unwrap();
    let states: Vec<_> = reports.iter().map(|it| it.state).collect();
    assert_eq!(
        (states, pending),
        (vec![VolumeState::Ready, VolumeState::Gone], true)
    );
    let (one, two) = (volume(ONE).id, volume(TWO).id);
    let turn = timeout(Duration::from_secs(10), volumes.take_for_itself(&two));
    drop(turn.await.unwrap());
    let of_one = volumes.take_for_itself(&one);
    tokio::pin!(of_one);
    assert!(futures_util::poll!(of_one.as_mut()).is_pending());

    // The reading ends, with an error.
    drop(fs::OpenOptions::new().write(true).open(&slow).unwrap());
    drop(timeout(Duration::from_secs(10), of_one).await.unwrap());
    let all = volumes.told.borrow().clone();
    let (reports, _) = volumes.bring(all.as_ref()).await.unwrap();
    assert_eq!(reports[0].state, VolumeState::Gone);
}

#[tokio::test]
async fn what_hangs_holds_up_its_own_account_alone() {
    const THREE: &str = "0123456789abcdef2";
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (volumes, _running) = running(dir.path(), &server);
    // Who opens it for reading waits for somebody who writes.
    let slow = volumes.files.image(&volume(ONE).id);
    fs::create_dir_all(slow.parent().unwrap()).unwrap();
    nix::unistd::mkfifo(&slow, nix::sys::stat::Mode::S_IRWXU).unwrap();
    image(&volumes, TWO);
    image(&volumes, THREE);
    let of_another = Snapshot {
        account: "000000000042".to_owned(),
        ..snapshot(THREE)
    };
    let all = [volume(ONE), volume(TWO), volume(THREE)];
    told(&volumes, &all, &[snapshot(ONE), snapshot(TWO), of_another]);
    until("the other account's", || {
        volumes.is_taken(&snapshot(THREE).id)
    })
    .await;
    assert!(volumes.is_taken_for_itself(&volume(ONE).id));
    assert!(!volumes.is_taken(&snapshot(TWO).id));
    // It ends, with an error, and comes again after others; from here on nobody waits.
    let both = fs::OpenOptions::new().read(true).write(true).open(&slow);
    std::mem::forget(both.unwrap());
    until("its account's next", || volumes.is_taken(&snapshot(TWO).id)).await;
}

/// Which takes as long as its instance has to shut down; nothing is known of instances here.
#[tokio::test]
async fn what_waits_for_an_end_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (volumes, _running) = running(dir.path(), &server);
    let digits = |number: usize| format!("0123456789abcde{number:02}");
    let mut all = vec![volume(ONE)];
    let mut snapshots = vec![Snapshot {
        account: "000000000042".to_owned(),
        ..snapshot(ONE)
    }];
    image(&volumes, ONE);
    // Sets come before it.
    for number in 0..5 {
        let digits = digits(number);
        image(&volumes, &digits);
        all.push(volume(&digits));
        snapshots.push(Snapshot {
            account: format!("{number:012}"),
            set: Some(wharf_planeproto::snapshot::Set {
                id: format!("set-{number}"),
                members: 1,
                instance: format!("i-{digits}"),
                before_boot: Some(2),
            }),
            ..snapshot(&digits)
        });
    }
    told(&volumes, &all, &snapshots);
    until("the one", || volumes.is_taken(&snapshot(ONE).id)).await;
    for number in 0..5 {
        assert!(!volumes.is_taken(&snapshot(&digits(number)).id));
    }
}

#[tokio::test]
async fn a_volume_that_is_checked_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (volumes, _running) = running(dir.path(), &server);
    image(&volumes, ONE);
    image(&volumes, TWO);
    let id = volume(ONE).id;
    let checked = volumes.take_for_itself(&id).await;
    let all = [volume(ONE), volume(TWO)];
    told(&volumes, &all, &[snapshot(ONE), snapshot(TWO)]);
    until("the other's snapshot", || {
        volumes.is_taken(&snapshot(TWO).id)
    })
    .await;
    assert!(!volumes.is_taken(&snapshot(ONE).id));
    let gone = Volume {
        wanted: Wanted::Gone,
        ..volume(ONE)
    };
    told(&volumes, &[gone], &[]);
    let now = volumes.told.borrow().clone();
    let brought = timeout(Duration::from_secs(10), volumes.bring(now.as_ref()));
    let (reports, pending) = brought.await.unwrap().unwrap();
    assert_eq!((reports[0].state, pending), (VolumeState::Ready, true));
    drop(checked);
    let (reports, _) = volumes.bring(now.as_ref()).await.unwrap();
    assert_eq!(reports[0].state, VolumeState::Gone);
}

#[tokio::test]
async fn a_snapshot_is_taken_while_another_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    server.open.send_replace(false);
    let (volumes, _running) = running(dir.path(), &server);
    let all = [volume(ONE), volume(TWO)];
    image(&volumes, ONE);
    image(&volumes, TWO);
    told(&volumes, &all, &[snapshot(ONE)]);
    server.sees(&format!("PUT snap-{ONE}/")).await;
    told(&volumes, &all, &[snapshot(ONE), snapshot(TWO)]);
    // Who waits for it is told at once.
    let said = format!("POST snap-{TWO}/offer {{\"progress\":0,\"sums\":[]}}");
    server.sees(&said).await;
    assert!(volumes.is_taken(&snapshot(TWO).id));
    server.open.send_replace(true);
    for digits in [ONE, TWO] {
        server.sees(&format!("POST snap-{digits}/complete")).await;
    }
    // What nothing is said of any more is removed.
    told(&volumes, &all, &[]);
    let left = || fs::read_dir(dir.path().join(FOLDER)).unwrap().count();
    until("the end of its folder", || left() == 0).await;
}

#[tokio::test]
async fn one_that_the_control_plane_cannot_make_sense_of_fails() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    server.sound.send_replace(false);
    let (volumes, _running) = running(dir.path(), &server);
    image(&volumes, ONE);
    told(&volumes, &[volume(ONE)], &[snapshot(ONE)]);
    let said = server.sees(&format!("POST snap-{ONE}/failed")).await;
    assert!(said.contains("it makes no sense"), "{said}");
}
