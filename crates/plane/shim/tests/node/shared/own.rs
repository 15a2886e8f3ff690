//! Both ends are ours: the server of EFS, and what tasks see of it. These need root and FUSE.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    net::TcpListener,
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink},
    },
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use nix::{
    mount::{MntFlags, umount2},
    sched::{CloneFlags, setns},
};
use rustix::fs::sendfile;
use wharf_container::runtime::{PreparedDisk, is_attached};
use wharf_file_server::{
    AccessPoint, Answer, Config, Creation, Files, Permissions, Place, Program, Request, Status,
    Ticket, User, ask, start,
};
use wharf_sealed_file as sealed_file;
use wharf_shared_files::{Mount, Program as Shower, Tls, mount};

use super::{
    bytes,
    ganesha::{PROGRAM, lock, network, until},
};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub const ALL: Permissions = Permissions {
    mount: true,
    write: true,
    root: true,
};

pub struct Server {
    dir: tempfile::TempDir,
    /// Of its disk, if it has one.
    key: Option<Vec<u8>>,
    pub(super) network: File,
    certificate: String,
    private_key: String,
}

pub struct Client(tempfile::TempDir);

impl Client {
    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

impl Server {
    pub fn new(anonymous: Permissions) -> Self {
        let server = Self::without_files(None);
        server.begin(anonymous);
        server
    }

    /// With files on a sealed disk.
    pub fn sealed() -> Self {
        Self::sealed_in(|_| {})
    }

    /// … in a folder that `below` mounts something at.
    pub fn sealed_in(below: impl FnOnce(&Path)) -> Self {
        let server = Self::without_files(Some((0..64).map(|it| it * 3 + 2).collect()));
        let image = server.image();
        fs::create_dir(server.folder()).unwrap();
        below(&server.folder());
        sealed_file::seal(&image).unwrap();
        File::create(&image).unwrap().set_len(1 << 30).unwrap();
        drop(server.disk(|device| {
            let made = Command::new("mkfs.ext4").arg("-qF").arg(device).status();
            assert!(made?.success());
            Ok(())
        }));
        server.begin(ALL);
        server
    }

    fn without_files(key: Option<Vec<u8>>) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["fs-1.efs".to_owned()]).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            key,
            network: network(),
            certificate: made.cert.pem(),
            private_key: made.signing_key.serialize_pem(),
        }
    }

    /// Opened anew, once nobody has it.
    fn disk(&self, check: impl FnOnce(&Path) -> std::io::Result<()>) -> PreparedDisk {
        let image = self.image();
        until("nobody has it", || !is_attached(&image).unwrap());
        let key = self.key.as_ref().unwrap();
        sealed_file::open(&program(), &image, key).unwrap();
        PreparedDisk::kept_or_ended(&image, check).unwrap()
    }

    pub fn image(&self) -> PathBuf {
        self.folder().join("disk.img")
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("asked")
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("fs")
    }

    pub(super) fn files(&self) -> PathBuf {
        self.folder().join("data")
    }

    pub fn begin(&self, anonymous: Permissions) {
        let image = self.image();
        let looked_over = |device: &Path| {
            let done = Command::new("e2fsck").arg("-p").arg(device).status();
            assert!(done?.code().is_some_and(|it| it < 4));
            Ok(())
        };
        let disk = self.key.as_ref().map(|_| self.disk(looked_over));
        let folder = self.folder();
        let files = match &disk {
            None => Files::Folder(&folder),
            Some(disk) => Files::Disk {
                mount: disk.as_fd(),
                image: &image,
            },
        };
        // The one before may take a moment to end.
        until("it is started", || {
            match start(&program(), &files, true, &self.socket()) {
                Err(error) if error.kind() == ErrorKind::ResourceBusy => false,
                started => started.map(|_| true).unwrap(),
            }
        });
        let mut listener = None;
        until("the port is free", || {
            listener = self.listener();
            listener.is_some()
        });
        self.be_at(listener, anonymous);
    }

    /// `None`: its port is somebody's.
    fn listener(&self) -> Option<TcpListener> {
        let network = self.network.try_clone().unwrap();
        let listener = thread::spawn(move || {
            setns(&network, CloneFlags::CLONE_NEWNET).unwrap();
            TcpListener::bind("127.0.0.1:2049").ok()
        });
        listener.join().unwrap()
    }

    pub fn be(&self, anonymous: Permissions) -> Status {
        self.be_at(None, anonymous)
    }

    fn be_at(&self, listener: Option<TcpListener>, anonymous: Permissions) -> Status {
        let place = Place {
            address: [127, 0, 0, 1].into(),
            namespace: self.network.metadata().unwrap().ino(),
        };
        let point = AccessPoint {
            path: "/apps/one".to_owned(),
            creation: Some(Creation {
                uid: 1500,
                gid: 1600,
                mode: 0o750,
            }),
            user: Some(User {
                uid: 1500,
                gid: 1600,
                groups: Vec::new(),
            }),
        };
        let config = Box::new(Config {
            id: "fs-1".to_owned(),
            ticket_key: KEY.to_owned(),
            certificate: self.certificate.clone(),
            private_key: self.private_key.clone(),
            anonymous,
            anonymous_encrypted: anonymous,
            access_points: [("fsap-1".to_owned(), point)].into(),
            places: vec![place.clone()],
        });
        let fds: Vec<BorrowedFd<'_>> = listener.iter().map(|it| it.as_fd()).collect();
        let listeners = vec![place; fds.len()];
        let request = Request::Be { config, listeners };
        match ask(&self.socket(), &request, &fds).unwrap() {
            Answer::Status(status) => status,
            Answer::Failed(why) => panic!("{why}"),
        }
    }

    pub(super) fn end(&self) {
        ask(&self.socket(), &Request::End, &[]).unwrap();
    }

    pub fn mount(&self) -> Client {
        self.mount_as(None).unwrap()
    }

    fn mount_as(&self, ticket: Option<Ticket>) -> std::io::Result<Client> {
        self.mount_at(2049, ticket)
    }

    pub(super) fn mount_at(&self, port: u16, ticket: Option<Ticket>) -> std::io::Result<Client> {
        let one_user = ticket.as_ref().is_some_and(|it| it.access_point.is_some());
        let tls = ticket.map(|ticket| {
            let greeting = self.dir.path().join("ticket");
            let key: Vec<u8> = (0..KEY.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&KEY[at..at + 2], 16).unwrap())
                .collect();
            fs::write(&greeting, ticket.signed(&key) + "\n").unwrap();
            Tls {
                certificate: self.certificate.clone(),
                greeting: Some(greeting),
            }
        });
        let told = Mount {
            address: [127, 0, 0, 1].into(),
            port,
            root: "/".to_owned(),
            read_only: false,
            tls,
            ids: None,
            one_user,
        };
        let program = Shower {
            path: PROGRAM.into(),
            group: None,
        };
        let mounted = mount(&program, &told, self.network.as_fd())?;
        let folder = tempfile::tempdir()?;
        wharf_userns::attach(&mounted, folder.path())?;
        Ok(Client(folder))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = ask(&self.socket(), &Request::End, &[]);
        if self.key.is_some() {
            let image = self.image();
            until("nobody has it", || !is_attached(&image).unwrap());
            let _ = sealed_file::hide(&image);
        }
    }
}

fn program() -> Program {
    Program {
        path: PROGRAM.into(),
        group: None,
    }
}

fn ticket(access_point: Option<&str>, permissions: Permissions) -> Ticket {
    Ticket {
        file_system: "fs-1".to_owned(),
        access_point: access_point.map(str::to_owned),
        permissions,
        expires_ms: u64::MAX,
    }
}

#[test]
fn each_client_appends_behind_what_another_wrote() {
    let server = Server::new(ALL);
    let clients = [server.mount(), server.mount(), server.mount()];
    let mut written = String::new();
    for round in 0..20 {
        for (number, client) in clients.iter().enumerate() {
            let mut appended = OpenOptions::new();
            appended.append(true).create(true);
            let mut file = appended.open(client.at("books")).unwrap();
            let line = format!("{round} of {number}\n");
            file.write_all(line.as_bytes()).unwrap();
            drop(file);
            written += &line;
        }
    }
    for client in &clients {
        assert_eq!(fs::read_to_string(client.at("books")).unwrap(), written);
    }
}

/// By sendfile, as busybox's `cat` does it.
fn sent(path: &Path) -> String {
    let (from, to) = (File::open(path).unwrap(), tempfile::tempfile().unwrap());
    while sendfile(&to, &from, None, 1 << 16).unwrap() > 0 {}
    let mut sent = vec![0; usize::try_from(to.metadata().unwrap().len()).unwrap()];
    to.read_exact_at(&mut sent, 0).unwrap();
    String::from_utf8(sent).unwrap()
}

#[test]
fn what_another_appended_is_sent_to_the_last_byte() {
    let server = Server::new(ALL);
    let clients = [server.mount(), server.mount()];
    let mut written = String::new();
    for round in 0..10 {
        for (number, client) in clients.iter().enumerate() {
            let line = format!("{round} of {number}\n");
            let mut appended = OpenOptions::new();
            let file = appended.append(true).create(true).open(client.at("books"));
            file.unwrap().write_all(line.as_bytes()).unwrap();
            written += &line;
            // The second time by a length that the kernel was just told.
            for client in clients.iter().chain(&clients) {
                assert_eq!(sent(&client.at("books")), written);
            }
        }
    }
    fs::write(clients[0].at("books"), "short").unwrap();
    assert_eq!(sent(&clients[1].at("books")), "short");
}

#[test]
fn two_clients_of_our_server_have_the_same_files() {
    let server = Server::new(ALL);
    let (one, other) = (server.mount(), server.mount());
    fs::create_dir_all(one.at("a/b")).unwrap();
    fs::write(one.at("a/b/c"), bytes(1, 3_000_001)).unwrap();
    assert_eq!(fs::read(other.at("a/b/c")).unwrap(), bytes(1, 3_000_001));
    assert_eq!(
        fs::read(server.files().join("a/b/c")).unwrap().len(),
        3_000_001
    );
    symlink("a/b/c", one.at("link")).unwrap();
    assert_eq!(fs::read(other.at("link")).unwrap().len(), 3_000_001);
    for file in 0..300 {
        fs::write(one.at(&format!("a/{file}")), b"x").unwrap();
    }
    assert_eq!(fs::read_dir(other.at("a")).unwrap().count(), 301);
    fs::set_permissions(one.at("a/7"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(
        fs::metadata(server.files().join("a/7")).unwrap().mode() & 0o7777,
        0o640
    );
    fs::hard_link(one.at("a/7"), one.at("a/hard")).unwrap();
    fs::rename(one.at("a/7"), one.at("a/8")).unwrap();
    assert_eq!(fs::metadata(server.files().join("a/8")).unwrap().nlink(), 2);
    let own = OpenOptions::new()
        .read(true)
        .write(true)
        .open(one.at("a/8"))
        .unwrap();
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(other.at("a/8"))
        .unwrap();
    assert!(lock(&own, libc::F_WRLCK, 0, 10));
    assert!(!lock(&theirs, libc::F_WRLCK, 5, 1));
    assert!(lock(&own, libc::F_UNLCK, 0, 10) && lock(&theirs, libc::F_WRLCK, 5, 1));
    drop((own, theirs));
    fs::remove_dir_all(one.at("a")).unwrap();
    assert!(!server.files().join("a").exists());
}

#[test]
fn our_server_begins_anew_under_open_files() {
    let server = Server::new(ALL);
    let client = server.mount();
    let mut file = File::create(client.at("log")).unwrap();
    for number in 0..6 {
        writeln!(file, "{number}").unwrap();
        file.sync_all().unwrap();
        server.end();
        server.begin(ALL);
    }
    drop(file);
    assert_eq!(
        fs::read_to_string(server.files().join("log")).unwrap(),
        "0\n1\n2\n3\n4\n5\n"
    );
}

#[test]
fn a_ticket_says_as_whom_and_where() {
    let none = Permissions::default();
    let server = Server::new(none);
    assert!(server.mount_as(None).is_err(), "nobody in particular");
    let by_point = server.mount_as(Some(ticket(Some("fsap-1"), ALL))).unwrap();
    fs::write(by_point.at("own"), b"mine").unwrap();
    let made = fs::metadata(server.files().join("apps/one/own")).unwrap();
    assert_eq!((made.uid(), made.gid()), (1500, 1600));
    let folder = fs::metadata(server.files().join("apps/one")).unwrap();
    assert_eq!(
        (folder.uid(), folder.gid(), folder.mode() & 0o7777),
        (1500, 1600, 0o750)
    );
    fs::set_permissions(server.files(), fs::Permissions::from_mode(0o777)).unwrap();
    let reading = Permissions {
        write: false,
        ..ALL
    };
    let reader = server.mount_as(Some(ticket(None, reading))).unwrap();
    assert_eq!(fs::read(reader.at("apps/one/own")).unwrap(), b"mine");
    let refused = File::create(reader.at("new")).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EROFS));
    let refused = File::options()
        .write(true)
        .truncate(true)
        .open(reader.at("apps/one/own"));
    assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::EROFS));
    assert_eq!(
        fs::read(server.files().join("apps/one/own")).unwrap(),
        b"mine"
    );
    let squashed = Permissions { root: false, ..ALL };
    let nobody = server.mount_as(Some(ticket(None, squashed))).unwrap();
    fs::write(nobody.at("nobodys"), b"").unwrap();
    assert_eq!(
        fs::metadata(server.files().join("nobodys")).unwrap().uid(),
        65_534
    );
    let over = Ticket {
        expires_ms: 1,
        ..ticket(None, ALL)
    };
    assert!(server.mount_as(Some(over)).is_err());
    fs::write(server.files().join("big"), vec![1; 1 << 20]).unwrap();
    fs::write(nobody.at("small"), b"x").unwrap();
    until("the size is known", || server.be(none).bytes >= 1 << 20);
}
