//! Calls whose answers are lost after the server did what they ask, and calls that it never got: what was asked is done once,
//! also where the session went with the server, and nobody takes for his own what somebody else has made.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, SystemTime},
};

use nix::{
    sched::{CloneFlags, setns},
    sys::stat::Mode,
    unistd::mkfifo,
};

use super::own::{ALL, Client, Server};

const PORT: u16 = 2050;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    Call,
    Answer,
}

/// What waits for the next call with these bytes.
struct Trap {
    bytes: Vec<u8>,
    lost: Lost,
    caught: Sender<()>,
}

/// An answer that is kept back, by its call's number.
type KeptBack = Mutex<Option<(Vec<u8>, Sender<()>)>>;

/// Leads connections on to the server.
#[derive(Default)]
struct Relay {
    armed: Mutex<Option<Trap>>,
    connections: Mutex<Vec<TcpStream>>,
}

impl Relay {
    fn before(server: &Server) -> Arc<Self> {
        let relay = Arc::new(Self::default());
        let network = server.network.try_clone().unwrap();
        let (of, (ready, is_ready)) = (relay.clone(), channel());
        thread::spawn(move || {
            // Those that it begins are where it is.
            setns(&network, CloneFlags::CLONE_NEWNET).unwrap();
            let listener = TcpListener::bind(("127.0.0.1", PORT)).unwrap();
            ready.send(()).unwrap();
            for client in listener.incoming() {
                of.lead(client.unwrap());
            }
        });
        is_ready.recv().unwrap();
        relay
    }

    fn lead(self: &Arc<Self>, client: TcpStream) {
        // A server that is away is tried again by the client.
        let Ok(server) = TcpStream::connect(("127.0.0.1", 2049)) else {
            return;
        };
        let mut connections = self.connections.lock().unwrap();
        connections.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        drop(connections);
        let kept_back: Arc<KeptBack> = Arc::default();
        let (relay, kept) = (self.clone(), kept_back.clone());
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            while let Ok(call) = record(&mut from) {
                let is_it = |it: &mut Trap| has(&call, &it.bytes);
                if let Some(trap) = relay.armed.lock().unwrap().take_if(is_it) {
                    if trap.lost == Lost::Call {
                        trap.caught.send(()).unwrap();
                        continue;
                    }
                    *kept.lock().unwrap() = Some((number(&call), trap.caught));
                }
                if to.write_all(&call).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut from, mut to) = (server, client);
        thread::spawn(move || {
            while let Ok(answer) = record(&mut from) {
                let is_it = |it: &mut (Vec<u8>, Sender<()>)| it.0 == number(&answer);
                if let Some((_, caught)) = kept_back.lock().unwrap().take_if(is_it) {
                    caught.send(()).unwrap();
                } else if to.write_all(&answer).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }

    fn arm(&self, bytes: &[u8], lost: Lost) -> Receiver<()> {
        let (caught, is_caught) = channel();
        *self.armed.lock().unwrap() = Some(Trap {
            bytes: bytes.to_vec(),
            lost,
            caught,
        });
        is_caught
    }

    fn break_all(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// With its mark.
fn record(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut record = vec![0; 4];
    from.read_exact(&mut record)?;
    let mark = u32::from_be_bytes([record[0], record[1], record[2], record[3]]);
    assert_ne!(mark >> 31, 0, "records are whole");
    record.resize(4 + (mark & 0x7fff_ffff) as usize, 0);
    from.read_exact(&mut record[4..])?;
    Ok(record)
}

fn number(record: &[u8]) -> Vec<u8> {
    record[4..8].to_vec()
}

fn has(record: &[u8], bytes: &[u8]) -> bool {
    record.windows(bytes.len()).any(|it| it == bytes)
}

/// Numbers and names as calls have them.
fn words(numbers: &[u32], names: &[&str]) -> Vec<u8> {
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|it| it.to_be_bytes()).collect();
    for name in names {
        bytes.extend(u32::try_from(name.len()).unwrap().to_be_bytes());
        bytes.extend(name.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

struct Case {
    what: &'static str,
    /// By the name of what it is about.
    call: fn(&str) -> Vec<u8>,
    /// On the server's disk.
    before: fn(&Path) -> io::Result<()>,
    act: fn(&Path) -> io::Result<()>,
    is_done: fn(&Path) -> bool,
}

fn other(path: &Path) -> PathBuf {
    path.with_extension("other")
}

const CASES: &[Case] = &[
    Case {
        what: "new",
        call: |name| words(&[0], &[name]),
        before: |_| Ok(()),
        act: |path| File::create_new(path).map(drop),
        is_done: |path| {
            let found = fs::metadata(path).unwrap();
            // Not what the server knew it by.
            let age = SystemTime::now().duration_since(found.modified().unwrap());
            found.len() == 0 && age.unwrap_or_default() < Duration::from_secs(600)
        },
    },
    Case {
        what: "new for reading",
        call: |name| words(&[0], &[name]),
        before: |_| Ok(()),
        act: |path| {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o444)
                .open(path)?;
            file.write_all(b"x")
        },
        is_done: |path| fs::read(path).unwrap() == b"x",
    },
    Case {
        what: "file",
        call: |name| words(&[0], &[name]),
        before: |_| Ok(()),
        act: |path| File::create(path)?.write_all(b"x"),
        is_done: |path| fs::read(path).unwrap() == b"x",
    },
    Case {
        what: "folder",
        call: |name| words(&[6, 2], &[name]),
        before: |_| Ok(()),
        act: |path| fs::create_dir(path),
        is_done: |path| path.is_dir(),
    },
    Case {
        what: "link",
        call: |name| words(&[6, 5], &["there", name]),
        before: |_| Ok(()),
        act: |path| symlink("there", path),
        is_done: |path| fs::read_link(path).unwrap() == Path::new("there"),
    },
    Case {
        what: "pipe",
        call: |name| words(&[6, 7], &[name]),
        before: |_| Ok(()),
        act: |path| Ok(mkfifo(path, Mode::S_IRWXU)?),
        is_done: |path| fs::metadata(path).unwrap().file_type().is_fifo(),
    },
    Case {
        what: "second name",
        call: |name| words(&[11], &[name]),
        before: |path| fs::write(other(path), b"x"),
        act: |path| fs::hard_link(other(path), path),
        is_done: |path| fs::read(path).unwrap() == b"x",
    },
    Case {
        what: "renamed",
        call: |name| words(&[29], &[&format!("{name}.other"), name]),
        before: |path| fs::write(other(path), b"x"),
        act: |path| fs::rename(other(path), path),
        is_done: |path| fs::read(path).unwrap() == b"x" && !other(path).exists(),
    },
    Case {
        what: "removed",
        call: |name| words(&[28], &[name]),
        before: |path| fs::write(path, b"x"),
        act: |path| fs::remove_file(path),
        is_done: |path| !path.exists(),
    },
    Case {
        what: "removed folder",
        call: |name| words(&[28], &[name]),
        before: |path| fs::create_dir(path),
        act: |path| fs::remove_dir(path),
        is_done: |path| !path.exists(),
    },
];

struct Fixture {
    server: Server,
    relay: Arc<Relay>,
    client: Client,
}

impl Fixture {
    fn new() -> Self {
        let server = Server::new(ALL);
        let relay = Relay::before(&server);
        let client = server.mount_at(PORT, None).unwrap();
        Self {
            server,
            relay,
            client,
        }
    }

    /// Does it, and `meanwhile` when the call or its answer is lost; then connections break.
    fn done(
        &self,
        case: &Case,
        name: &str,
        lost: Lost,
        meanwhile: impl FnOnce(),
    ) -> io::Result<()> {
        (case.before)(&self.server.files().join(name)).unwrap();
        let path = self.client.at(name);
        let caught = self.relay.arm(&(case.call)(name), lost);
        thread::scope(|scope| {
            let acting = scope.spawn(|| (case.act)(&path));
            let caught = caught.recv_timeout(Duration::from_secs(20));
            caught.unwrap_or_else(|_| panic!("{name}: no such call"));
            meanwhile();
            self.relay.break_all();
            acting.join().unwrap()
        })
    }

    fn begin_anew(&self) {
        self.server.end();
        self.server.begin(ALL);
    }
}

#[test]
fn what_the_server_did_before_its_answer_was_lost_is_done_once() {
    let fixture = Fixture::new();
    for case in CASES {
        let name = format!("{} over another connection", case.what);
        let done = fixture.done(case, &name, Lost::Answer, || {});
        assert!(done.is_ok(), "{name}: {done:?}");
        assert!(
            (case.is_done)(&fixture.server.files().join(&name)),
            "{name}"
        );

        let name = format!("{} in another session", case.what);
        let done = fixture.done(case, &name, Lost::Answer, || fixture.begin_anew());
        assert!(done.is_ok(), "{name}: {done:?}");
        assert!(
            (case.is_done)(&fixture.server.files().join(&name)),
            "{name}"
        );
    }
}

#[test]
fn what_somebody_else_made_meanwhile_is_not_taken_for_ones_own() {
    let fixture = Fixture::new();
    let exclusive = ["new", "folder", "link", "pipe"];
    for case in CASES.iter().filter(|it| exclusive.contains(&it.what)) {
        let done = fixture.done(case, case.what, Lost::Call, || {
            let path = fixture.server.files().join(case.what);
            match case.what {
                "new" => fs::write(&path, b"").unwrap(),
                "folder" => fs::create_dir(&path).unwrap(),
                "link" => symlink("elsewhere", &path).unwrap(),
                _ => mkfifo(&path, Mode::S_IRWXU).unwrap(),
            }
            fixture.begin_anew();
        });
        let kind = done.unwrap_err().kind();
        assert_eq!(kind, io::ErrorKind::AlreadyExists, "{}", case.what);
    }
}
