//! Open files.

use std::sync::Arc;

use wharf_nfs_wire::{
    MAX_OWNER, StateId, Status, Verifier,
    attributes::{Kind, Set},
    xdr::{Reader, Writer},
};

use super::{
    attributes::{Wanted, bears, verifier_times},
    compound::{Compound, Done, write_change},
    io::{READ, WRITE},
    names::MAX_COMPONENT,
    state::Open,
};
use crate::files::{self, Object};

const READ_AND_WRITE: u32 = READ | WRITE;

/// How a file is made, if it is.
enum Make {
    No,
    Unchecked(Wanted),
    Guarded(Wanted),
    Exclusive(Verifier, Wanted),
}

/// What is to be opened.
enum Claim<'a> {
    Name(&'a [u8]),
    /// The current object, by who had it open before a start of the server or not.
    Current,
}

impl Compound<'_> {
    pub fn open(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        args.u32()?;
        // What 4.1 says of delegations besides.
        let access = args.u32()? & READ_AND_WRITE;
        let deny = args.u32()?;
        let client = args.u64()?;
        let owner = args.opaque(MAX_OWNER)?.to_vec();
        let make = self.making(args)?;
        let claim = self.claim(args)?;
        let client = self.client_id(client)?;
        if access == 0 {
            return Err(Status::INVAL);
        }
        // EFS has none either.
        if deny != 0 {
            return Err(Status::NOTSUPP);
        }
        let empties = matches!(&make, Make::Unchecked(wanted) if wanted.size == Some(0));
        if access & WRITE != 0 || empties {
            self.writable()?;
        }
        // What is named by itself is there.
        if matches!((&claim, &make), (Claim::Current, made) if !matches!(made, Make::No)) {
            return Err(Status::INVAL);
        }
        let (before, made, object, set) = match claim {
            Claim::Name(name) => self.by_name(name, &make)?,
            Claim::Current => {
                let object = self.find(self.regular()?.handle.clone())?;
                (0, false, object, Set::default())
            }
        };
        self.checked(&object)?;
        if !made {
            self.may_open(&object, access)?;
            if let Make::Unchecked(wanted) = &make
                && wanted.size == Some(0)
            {
                self.may_open(&object, WRITE)?;
            }
        }
        let id = self.add_open(client, owner, &object, access)?;
        if let (false, Make::Unchecked(Wanted { size: Some(0), .. })) = (made, &make) {
            let file = object.open(&self.client.root, libc::O_WRONLY)?;
            let acting = self.acting()?;
            nix::unistd::ftruncate(&file, 0).map_err(Status::from)?;
            drop(acting);
        }
        let after = match self.current()?.is_folder() {
            true => self.current_mut()?.look()?.change(),
            false => 0,
        };
        if made {
            self.synced(self.current()?)?;
        }
        self.set_current(object);
        self.current_state = Some(id);
        id.write(out);
        write_change(out, before, after);
        // Locks are those of POSIX; the file need not be confirmed.
        out.u32(4);
        set.write(out);
        // No delegation.
        out.u32(0);
        Ok(())
    }

    fn making(&self, args: &mut Reader<'_>) -> Result<Make, Status> {
        if args.u32()? == 0 {
            return Ok(Make::No);
        }
        Ok(match args.u32()? {
            0 => Make::Unchecked(Wanted::read(args)?),
            1 => Make::Guarded(Wanted::read(args)?),
            2 => Make::Exclusive(args.fixed()?, Wanted::default()),
            3 if self.minor == 1 => {
                let verifier = args.fixed()?;
                Make::Exclusive(verifier, Wanted::read(args)?)
            }
            _ => return Err(Status::BADXDR),
        })
    }

    fn claim<'a>(&self, args: &mut Reader<'a>) -> Result<Claim<'a>, Status> {
        match args.u32()? {
            0 => Ok(Claim::Name(args.opaque(MAX_COMPONENT)?)),
            1 => {
                // Which delegation it had; there are none.
                args.u32()?;
                Ok(Claim::Current)
            }
            4 if self.minor == 1 => Ok(Claim::Current),
            _ => Err(Status::NOTSUPP),
        }
    }

    /// The folder's change before, whether it was made, the object and the attributes that were set.
    fn by_name(&self, name: &[u8], make: &Make) -> Result<(u64, bool, Object, Set), Status> {
        let name = files::name(name)?;
        let folder = self.folder()?;
        let before = folder.stat.change();
        let found = |made, object, set| Ok((before, made, object, set));
        let acting = self.acting()?;
        let there = folder.child(&name);
        let is_missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        match (there, make) {
            (Ok(object), Make::No | Make::Unchecked(_)) => {
                return found(false, object, Set::default());
            }
            (Ok(object), Make::Exclusive(verifier, wanted))
                if bears(&object.stat, *verifier, self.user.uid) =>
            {
                // It is the one that this call made before, whatever mode it was to have.
                return found(true, object, wanted.set);
            }
            (Ok(_), _) => return Err(Status::EXIST),
            (Err(error), Make::No) => return Err(error.into()),
            (Err(error), _) if !is_missing(&error) => return Err(error.into()),
            (Err(_), _) => {}
        }
        drop(acting);
        self.growable()?;
        let (wanted, verifier) = match make {
            Make::Unchecked(wanted) | Make::Guarded(wanted) => (*wanted, None),
            Make::Exclusive(verifier, wanted) => (*wanted, Some(*verifier)),
            Make::No => return Err(Status::NOENT),
        };
        let flags = libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY;
        let acting = self.acting()?;
        let fd = files::open_at(folder.fd(), &name, flags, wanted.mode.unwrap_or(0o666))?;
        if let Some(size) = wanted.size.filter(|it| *it > 0) {
            let size = i64::try_from(size).map_err(|_| Status::FBIG)?;
            nix::unistd::ftruncate(&fd, size).map_err(Status::from)?;
        }
        let object = Object::of(fd)?;
        drop(acting);
        let mut object = self.find(object.handle)?;
        self.change(&object, &wanted)?;
        if let Some(verifier) = verifier {
            let acting = self.acting()?;
            files::change_times(object.fd(), verifier_times(verifier))?;
            drop(acting);
        }
        object.look()?;
        found(true, object, wanted.set)
    }

    /// Only files are opened.
    fn checked(&self, object: &Object) -> Done {
        match object.stat.kind() {
            Kind::File => Ok(()),
            Kind::Folder => Err(Status::ISDIR),
            Kind::Link => Err(Status::SYMLINK),
            // 4.0 has no word of its own for it.
            _ => Err(match self.minor {
                1 => Status::WRONG_TYPE,
                _ => Status::SYMLINK,
            }),
        }
    }

    fn may_open(&self, object: &Object, access: u32) -> Done {
        let acting = self.acting()?;
        if access & READ != 0 {
            // Programs may be executed by who may not read them; their client reads them for that.
            object.may(libc::R_OK).or_else(|_| object.may(libc::X_OK))?;
        }
        if access & WRITE != 0 {
            object.may(libc::W_OK)?;
        }
        drop(acting);
        Ok(())
    }

    fn add_open(
        &self,
        client: u64,
        owner: Vec<u8>,
        object: &Object,
        access: u32,
    ) -> Result<StateId, Status> {
        let identity = object.stat.identity();
        let mut state = self.server.state.lock();
        let there = state.open_of(client, &owner, identity);
        if let Some(open) = there.and_then(|other| state.opens.get_mut(&other)) {
            let access = open.access | access;
            if access != open.access {
                open.file = Arc::new(object.open(&self.client.root, flags(access))?);
                open.access = access;
            }
            open.seq += 1;
            let (seq, other) = (open.seq, there.unwrap_or_default());
            return Ok(StateId { seq, other });
        }
        let file = Arc::new(object.open(&self.client.root, flags(access))?);
        state.add_open(Open {
            client,
            owner,
            identity,
            access,
            file,
            seq: 1,
        })
    }

    pub fn close(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        args.u32()?;
        let id = self.state_id(args)?;
        let object = self.current()?;
        let mut state = self.server.state.lock();
        let open = state.file(&id, self.session_client())?;
        let (client, identity) = (open.client, open.identity);
        if identity != object.stat.identity() || !state.is_of(client, self.client.class) {
            return Err(Status::BAD_STATEID);
        }
        state.close(&id.other);
        drop(state);
        let closed = match self.minor {
            1 => StateId::INVALID,
            _ => StateId {
                seq: id.seq.wrapping_add(1),
                ..id
            },
        };
        closed.write(out);
        Ok(())
    }

    /// 4.0: nothing has to be confirmed, so nobody should; who does gets what there is.
    pub fn confirm_open(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let id = self.state_id(args)?;
        let state = self.server.state.lock();
        let client = state.file(&id, None)?.client;
        if !state.is_of(client, self.client.class) {
            return Err(Status::BAD_STATEID);
        }
        id.write(out);
        Ok(())
    }

    pub fn downgrade(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let id = self.state_id(args)?;
        args.u32()?;
        let access = args.u32()? & READ_AND_WRITE;
        let object = self.find(self.regular()?.handle.clone())?;
        let mut state = self.server.state.lock();
        let client = state.file(&id, self.session_client())?.client;
        if !state.is_of(client, self.client.class) {
            return Err(Status::BAD_STATEID);
        }
        let open = state.open(&id, client)?;
        if access == 0 || access & !open.access != 0 || open.identity != object.stat.identity() {
            return Err(Status::INVAL);
        }
        if access != open.access {
            open.file = Arc::new(object.open(&self.client.root, flags(access))?);
            open.access = access;
        }
        open.seq += 1;
        let id = StateId {
            seq: open.seq,
            ..id
        };
        drop(state);
        self.current_state = Some(id);
        id.write(out);
        Ok(())
    }
}

fn flags(access: u32) -> libc::c_int {
    match access {
        READ => libc::O_RDONLY,
        WRITE => libc::O_WRONLY,
        _ => libc::O_RDWR,
    }
}
