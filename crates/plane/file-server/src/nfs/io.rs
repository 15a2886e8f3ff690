//! Reading and writing of files.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    sync::Arc,
};

use nix::{
    errno::Errno,
    sys::uio::{pread, pwrite},
    unistd::ftruncate,
};
use wharf_nfs_wire::{
    StateId, Status,
    attributes::Kind,
    xdr::{Reader, Writer},
};

use super::{
    MAX_IO,
    compound::{Compound, Done},
};
use crate::sync;

pub const READ: u32 = 1;
pub const WRITE: u32 = 2;
const UNSTABLE: u32 = 0;
const FILE_SYNC: u32 = 2;

impl Compound<'_> {
    /// The current object, if it has bytes.
    pub fn regular(&self) -> Result<&crate::files::Object, Status> {
        let object = self.current()?;
        match object.stat.kind() {
            Kind::File => Ok(object),
            Kind::Folder => Err(Status::ISDIR),
            Kind::Link => Err(Status::SYMLINK),
            _ => Err(match self.minor {
                1 => Status::WRONG_TYPE,
                _ => Status::INVAL,
            }),
        }
    }

    /// The file that a state stands for, or the current one for who may, if it stands for none.
    fn opened(&self, id: &StateId, access: u32) -> Result<Arc<OwnedFd>, Status> {
        let object = self.regular()?;
        if id.is_special() {
            let (wanted, flags) = match access {
                READ => (libc::R_OK, libc::O_RDONLY),
                _ => (libc::W_OK, libc::O_WRONLY),
            };
            let acting = self.acting()?;
            object.may(wanted)?;
            drop(acting);
            return Ok(Arc::new(object.open(&self.client.root, flags)?));
        }
        let mut state = self.server.state.lock();
        let open = state.file(id, self.session_client())?;
        if open.identity != object.stat.identity() {
            return Err(Status::BAD_STATEID);
        }
        if open.access & access == 0 {
            return Err(Status::OPENMODE);
        }
        let (client, file) = (open.client, open.file.clone());
        // 4.0: that it is used renews it.
        state
            .client(client, self.client.class)
            .map_err(|_| Status::BAD_STATEID)?;
        Ok(file)
    }

    pub fn read(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let id = self.state_id(args)?;
        let (offset, count) = (args.u64()?, args.u32()?.min(MAX_IO));
        // What may be executed may be read, by who was let open it.
        let file = self.opened(&id, READ)?;
        let mut bytes = vec![0; count as usize];
        let mut read = 0;
        let offset = i64::try_from(offset).map_err(|_| Status::INVAL)?;
        let mut is_end = false;
        while read < bytes.len() {
            let at = offset.checked_add(read as i64).ok_or(Status::INVAL)?;
            match pread(file.as_fd(), &mut bytes[read..], at) {
                Ok(0) => {
                    is_end = true;
                    break;
                }
                Ok(more) => read += more,
                Err(Errno::EINTR) => {}
                Err(other) => return Err(other.into()),
            }
        }
        if !is_end {
            let size = crate::files::Stat::of(file.as_fd())?.raw().st_size;
            is_end = offset.checked_add(read as i64) >= Some(size);
        }
        out.bool(is_end).opaque(&bytes[..read]);
        Ok(())
    }

    pub fn write(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let id = self.state_id(args)?;
        let (offset, stable) = (args.u64()?, args.u32()?);
        let bytes = args.opaque(MAX_IO as usize)?;
        self.growable()?;
        let file = self.opened(&id, WRITE)?;
        let offset = i64::try_from(offset).map_err(|_| Status::FBIG)?;
        let acting = self.acting()?;
        let mut written = 0;
        while written < bytes.len() {
            let at = offset.checked_add(written as i64).ok_or(Status::FBIG)?;
            match pwrite(file.as_fd(), &bytes[written..], at) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(Errno::EINTR) => {}
                // What was written counts.
                Err(_) if written > 0 => break,
                Err(other) => return Err(other.into()),
            }
        }
        drop(acting);
        let committed = match stable {
            UNSTABLE => UNSTABLE,
            _ => {
                sync::bytes(&*file);
                FILE_SYNC
            }
        };
        out.u32(u32::try_from(written).unwrap_or_default());
        out.u32(committed).fixed(&self.server.verifier);
        Ok(())
    }

    pub fn commit(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        args.u64()?;
        args.u32()?;
        let object = self.regular()?;
        let file = object.open(&self.client.root, libc::O_RDONLY)?;
        sync::all(&file);
        out.fixed(&self.server.verifier);
        Ok(())
    }

    pub fn set_size(&mut self, id: &StateId, size: u64) -> Done {
        let file = self.opened(id, WRITE)?;
        let size = i64::try_from(size).map_err(|_| Status::FBIG)?;
        let acting = self.acting()?;
        ftruncate(file.as_fd(), size)?;
        drop(acting);
        sync::bytes(&*file);
        Ok(())
    }
}
