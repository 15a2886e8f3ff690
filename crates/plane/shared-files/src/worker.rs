//! Answers what the kernel asks, several requests at a time.

use std::{io, sync::Arc, time::Instant};

use nix::errno::Errno;

use crate::{
    client::{By, Failed},
    files::{New, tree::Node},
    fuse::{
        MOST, WRITE_HEAD,
        answer::{self, Cache},
        next,
        request::{AskedLock, Asks, Request, request},
    },
    nfs::attributes::{Attributes, Kind},
    server::{FIRST_PAUSE, MAX_WAITING, Server, Waiting},
};

pub struct Worker {
    server: Arc<Server>,
    request: Vec<u8>,
}

/// What is answered, if it is now.
type Answer = Option<Vec<u8>>;

impl Worker {
    pub fn new(server: Arc<Server>) -> Self {
        let request = vec![0; WRITE_HEAD + MOST as usize + 4096];
        Self { server, request }
    }

    /// Until the kernel says that nobody has the files any more.
    pub fn work(&mut self) -> io::Result<()> {
        while let Some(length) = next(&self.server.fuse, &mut self.request)? {
            self.take(length)?;
        }
        Ok(())
    }

    fn take(&self, length: usize) -> io::Result<()> {
        let bytes = &self.request[..length];
        let Some(first) = request(bytes) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let at_once = matches!(
            first.asks,
            Asks::Forget(_) | Asks::Interrupt(_) | Asks::Init { .. }
        );
        if at_once {
            return self.answer(&first);
        }
        self.server.begun(first.id);
        if !self.server.turns.lock().begin(bytes) {
            return Ok(());
        }
        self.answer(&first)?;
        loop {
            let next = self.server.turns.lock().next();
            let Some(bytes) = next else { return Ok(()) };
            let Some(next) = request(&bytes) else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            self.answer(&next)?;
        }
    }

    fn answer(&self, request: &Request<'_>) -> io::Result<()> {
        let (id, server) = (request.id, &self.server);
        match &request.asks {
            Asks::Forget(nodes) => {
                server.files.forget(nodes);
                return Ok(());
            }
            Asks::Interrupt(of) => {
                return match server.interrupt(*of) {
                    Ok(()) => Ok(()),
                    Err(errno) => server.say(id, Err(errno)),
                };
            }
            Asks::Init {
                major,
                minor,
                flags,
            } => {
                let body = answer::init(*major, *minor, *flags);
                return server.say(id, body.as_deref().ok_or(Errno::EPROTO));
            }
            _ => {}
        }
        let by = By {
            caller: server.caller(request),
            patience: server.begun(id),
        };
        let answered = match self.done(&by, request) {
            // Its turn comes.
            Ok(None) => return Ok(()),
            Ok(Some(body)) => Ok(body),
            Err(failed) => Err(failed.errno()),
        };
        server.running.lock().remove(&id);
        server.say(id, answered.as_deref().map_err(|errno| *errno))
    }

    fn done(&self, by: &By, request: &Request<'_>) -> Result<Answer, Failed> {
        let files = &self.server.files;
        let node = || files.node(request.node);
        let nothing = Ok(Some(Vec::new()));
        match &request.asks {
            Asks::Attributes => {
                let it = files.attributes(by, &*node()?)?;
                Ok(Some(answer::attributes(&files.ids.shown(it))))
            }
            Asks::SetAttributes { open, setting } => {
                let open = open.map(|it| files.opened(it)).transpose()?;
                let it = files.set_attributes(by, &*node()?, open.as_deref(), setting)?;
                Ok(Some(answer::attributes(&files.ids.shown(it))))
            }
            Asks::Room => Ok(Some(answer::room(&files.room(by, &*node()?)?))),
            Asks::Access(mask) => files.access(by, &*node()?, *mask).and(nothing),
            Asks::Open(flags) => self.open(by, &node()?, *flags),
            Asks::Read { open, at, bytes } => {
                let open = files.opened(*open)?;
                files.read(by, &open, *at, *bytes).map(Some)
            }
            Asks::Write { open, at, bytes } => {
                let open = files.opened(*open)?;
                files.write(by, &open, *at, bytes)?;
                Ok(Some(answer::written(bytes.len())))
            }
            Asks::Sync { open } => {
                let open = files.opened(*open)?;
                files.settle(by, &open.node).and(nothing)
            }
            Asks::Flush { open, owner } => {
                let open = files.opened(*open)?;
                let settled = files.settle(by, &open.node);
                let unlocked = files.unlock_all(by, request.node, *owner);
                settled.and(unlocked).and(nothing)
            }
            Asks::Release { open } => files.close(by, *open).and(nothing),
            Asks::OpenFolder => {
                let number = files.open_folder(node()?)?;
                Ok(Some(answer::opened(number, Cache::Drop)))
            }
            Asks::ReadFolder { open, at, bytes } => {
                let room = (*bytes).min(MOST) as usize;
                files.read_folder(by, *open, *at, room).map(Some)
            }
            Asks::ReleaseFolder { open } => {
                files.close_folder(*open);
                nothing
            }
            // What was made or removed is on the server's disk when it has answered.
            Asks::SyncFolder | Asks::Destroy => nothing,
            Asks::TestLock(lock) => {
                let held = files.test_lock(by, &*node()?, lock)?;
                Ok(Some(answer::lock(held)))
            }
            Asks::Lock { lock, waits } => self.lock(by, request.id, node()?, *lock, *waits),
            _ => self.of_names(by, &*node()?, &request.asks),
        }
    }

    fn of_names(&self, by: &By, node: &Node, asks: &Asks<'_>) -> Result<Answer, Failed> {
        let files = &self.server.files;
        let nothing = Ok(Some(Vec::new()));
        let entry = |(node, it): (Arc<Node>, Attributes)| {
            Ok(Some(answer::entry(node.number, &files.ids.shown(it))))
        };
        match asks {
            Asks::Lookup(name) => entry(files.lookup(by, node, name)?),
            Asks::ReadLink => files.read_link(by, node).map(Some),
            Asks::Symlink { name, target } => entry(files.make(
                by,
                node,
                name,
                &New {
                    kind: Kind::Link,
                    target,
                    device: (0, 0),
                    mode: None,
                },
            )?),
            Asks::MakeFolder { name, mode } => entry(files.make(
                by,
                node,
                name,
                &New {
                    kind: Kind::Folder,
                    target: b"",
                    device: (0, 0),
                    mode: Some(*mode),
                },
            )?),
            Asks::MakeNode { name, mode, device } => {
                let device = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
                match kind_of(*mode)? {
                    Kind::File => {
                        let flags = libc::O_WRONLY | libc::O_EXCL;
                        let (found, open) = files.create(by, node, name, flags, *mode)?;
                        files.close(by, open.number)?;
                        entry(found)
                    }
                    kind => entry(files.make(
                        by,
                        node,
                        name,
                        &New {
                            kind,
                            target: b"",
                            device,
                            mode: Some(*mode),
                        },
                    )?),
                }
            }
            Asks::Create { name, flags, mode } => {
                let ((node, it), open) = files.create(by, node, name, *flags, *mode)?;
                let cache = match open.appends {
                    true => Cache::Bypass,
                    false => Cache::Drop,
                };
                let it = files.ids.shown(it);
                Ok(Some(answer::created(node.number, &it, open.number, cache)))
            }
            Asks::Link { file, name } => {
                let file = files.node(*file)?;
                entry(files.link(by, &file, node, name)?)
            }
            Asks::Unlink(name) => files.unlink(by, node, name).and(nothing),
            Asks::RemoveFolder(name) => files.remove(by, &node.handle, name).and(nothing),
            Asks::Rename {
                name,
                folder,
                new,
                flags,
            } => {
                // To exchange two, or to replace none, is no operation of the server's.
                if *flags != 0 {
                    return Err(Errno::EINVAL.into());
                }
                let to = files.node(*folder)?;
                files.rename(by, (node, name), (&to, new)).and(nothing)
            }
            _ => Err(Errno::ENOSYS.into()),
        }
    }

    fn open(&self, by: &By, node: &Arc<Node>, flags: i32) -> Result<Answer, Failed> {
        let (open, cache, is_old) = self.server.files.open(by, node, flags)?;
        if is_old {
            self.server.say_changed(node.number);
        }
        Ok(Some(answer::opened(open.number, cache)))
    }

    fn lock(
        &self,
        by: &By,
        id: u64,
        node: Arc<Node>,
        lock: AskedLock,
        waits: bool,
    ) -> Result<Answer, Failed> {
        let server = &self.server;
        if server.files.lock(by, &node, &lock)? {
            // What was written by who had it before is to be seen.
            server.say_changed(node.number);
            return Ok(Some(Vec::new()));
        }
        if !waits {
            return Err(Errno::EAGAIN.into());
        }
        let mut waiting = server.waiting.lock();
        if waiting.len() >= MAX_WAITING {
            return Err(Errno::ENOLCK.into());
        }
        waiting.push(Waiting {
            id,
            by: by.clone(),
            node,
            lock,
            next: Instant::now() + FIRST_PAUSE,
            pause: FIRST_PAUSE,
        });
        drop(waiting);
        server.woken.notify_all();
        Ok(None)
    }
}

fn kind_of(mode: u32) -> Result<Kind, Errno> {
    match mode & libc::S_IFMT {
        libc::S_IFREG | 0 => Ok(Kind::File),
        libc::S_IFIFO => Ok(Kind::Fifo),
        libc::S_IFSOCK => Ok(Kind::Socket),
        libc::S_IFCHR => Ok(Kind::Character),
        libc::S_IFBLK => Ok(Kind::Block),
        _ => Err(Errno::EINVAL),
    }
}
