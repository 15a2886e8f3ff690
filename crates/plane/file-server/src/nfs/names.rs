//! Operations on handles and names.

use std::{ffi::CStr, os::fd::AsFd as _};

use nix::{
    errno::Errno,
    fcntl::renameat,
    sys::stat::{Mode, SFlag, mkdirat, mknodat},
    unistd::{UnlinkatFlags, symlinkat, unlinkat},
};
use wharf_nfs_wire::{
    MAX_HANDLE, Status, Verifier,
    attributes::{Kind, Set},
    rpc::AUTH_SYS,
    xdr::{Reader, Writer},
};

use super::{
    attributes::{self, Wanted},
    compound::{Compound, Done, write_change},
};
use crate::files::{self, FileHandle, Object};

/// Bytes of a name that is read, however long names may be.
pub const MAX_COMPONENT: usize = 4096;

impl Compound<'_> {
    pub fn put_handle(&mut self, args: &mut Reader<'_>) -> Done {
        let shown = args.opaque(MAX_HANDLE)?;
        let root = &self.client.root;
        let handle = FileHandle::read(shown, root.tree.key(), &root.handle);
        let object = self.find(handle.ok_or(Status::BADHANDLE)?)?;
        self.set_current(object);
        Ok(())
    }

    pub fn put_root(&mut self) -> Done {
        let object = self.find(self.client.root.handle.clone())?;
        self.set_current(object);
        Ok(())
    }

    pub fn get_handle(&mut self, out: &mut Writer) -> Done {
        let root = &self.client.root;
        let object = self.current()?;
        out.opaque(&object.handle.signed(root.tree.key(), &root.handle));
        Ok(())
    }

    pub fn lookup(&mut self, args: &mut Reader<'_>) -> Done {
        let name = files::name(args.opaque(MAX_COMPONENT)?)?;
        let folder = self.folder()?;
        let acting = self.acting()?;
        let child = folder.child(&name)?;
        drop(acting);
        self.set_current(child);
        Ok(())
    }

    pub fn lookup_parent(&mut self) -> Done {
        let folder = self.folder()?;
        folder.is_below(&self.client.root)?;
        let acting = self.acting()?;
        let parent = folder.parent(&self.client.root)?;
        drop(acting);
        self.set_current(parent);
        Ok(())
    }

    pub fn get_attributes(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let wanted = Set::read(args)?;
        self.current_mut()?.look()?;
        attributes::write(wanted, self.current()?, &self.client.root, out);
        Ok(())
    }

    pub fn verify(&mut self, args: &mut Reader<'_>, wanted: bool) -> Done {
        self.current_mut()?.look()?;
        let same = attributes::same(args, self.current()?, &self.client.root)?;
        match (same, wanted) {
            (true, false) => Err(Status::SAME),
            (false, true) => Err(Status::NOT_SAME),
            _ => Ok(()),
        }
    }

    pub fn set_attributes(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let id = self.state_id(args)?;
        let wanted = Wanted::read(args)?;
        self.writable()?;
        if let Some(size) = wanted.size {
            self.set_size(&id, size)?;
        }
        let object = self.current()?;
        self.change(object, &wanted)?;
        wanted.set.write(out);
        Ok(())
    }

    /// All but the size.
    pub fn change(&self, object: &Object, wanted: &Wanted) -> Done {
        let flags = match object.is_folder() {
            true => libc::O_RDONLY | libc::O_DIRECTORY,
            false => libc::O_RDONLY,
        };
        // Opened before this thread acts as the user: who may not read a file may have its mode changed.
        let has_bytes = matches!(object.stat.kind(), Kind::File | Kind::Folder);
        let opens = has_bytes || object.stat.kind() == Kind::Fifo;
        let open = opens.then(|| object.open(&self.client.root, flags));
        let open = open.transpose()?;
        let acting = self.acting()?;
        wanted.apply(object, || {
            let open = open.as_ref().ok_or(Errno::EINVAL)?;
            open.try_clone()
        })?;
        drop(acting);
        if let Some(open) = open.filter(|_| has_bytes) {
            crate::sync::all(&open);
        }
        Ok(())
    }

    pub fn access(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        const READ: u32 = 1;
        const LOOKUP: u32 = 2;
        const MODIFY: u32 = 4;
        const EXTEND: u32 = 8;
        const DELETE: u32 = 16;
        const EXECUTE: u32 = 32;
        let asked = args.u32()?;
        let object = self.current()?;
        let folder = object.is_folder();
        let mut granted = 0;
        let acting = self.acting()?;
        let may = |wanted| object.may(wanted).is_ok();
        if may(libc::R_OK) {
            granted |= READ;
        }
        if may(libc::W_OK) && self.client.permissions.write {
            granted |= MODIFY | EXTEND | if folder { DELETE } else { 0 };
        }
        if may(libc::X_OK) {
            granted |= if folder { LOOKUP } else { EXECUTE };
        }
        drop(acting);
        let meant = match folder {
            true => READ | LOOKUP | MODIFY | EXTEND | DELETE,
            false => READ | MODIFY | EXTEND | EXECUTE,
        };
        out.u32(asked & meant).u32(asked & granted);
        Ok(())
    }

    pub fn read_link(&mut self, out: &mut Writer) -> Done {
        let object = self.current()?;
        if object.stat.kind() != Kind::Link {
            return Err(match self.minor {
                1 => Status::WRONG_TYPE,
                _ => Status::INVAL,
            });
        }
        out.opaque(&object.target()?);
        Ok(())
    }

    pub fn create(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let kind = Kind::of_code(args.u32()?).ok();
        let target: &[u8] = match kind {
            Some(Kind::Link) => args.opaque(MAX_COMPONENT)?,
            Some(Kind::Block | Kind::Character) => {
                args.u64()?;
                &[]
            }
            _ => &[],
        };
        let name = files::name(args.opaque(MAX_COMPONENT)?)?;
        let wanted = Wanted::read(args)?;
        let folder = self.folder()?;
        self.may_make(folder, &name)?;
        let before = folder.stat.change();
        let mode = Mode::from_bits_truncate(wanted.mode.unwrap_or(0o777));
        let acting = self.acting()?;
        let at = folder.fd();
        match kind {
            Some(Kind::Folder) => mkdirat(at, name.as_c_str(), mode)?,
            Some(Kind::Link) => {
                let target = std::ffi::CString::new(target).map_err(|_| Status::INVAL)?;
                symlinkat(target.as_c_str(), at, name.as_c_str())?;
            }
            Some(Kind::Fifo) => mknodat(at, name.as_c_str(), SFlag::S_IFIFO, mode, 0)?,
            Some(Kind::Socket) => mknodat(at, name.as_c_str(), SFlag::S_IFSOCK, mode, 0)?,
            // Files are opened; devices are not made.
            _ => return Err(Status::BADTYPE),
        }
        let made = folder.child(&name)?;
        drop(acting);
        self.change(&made, &wanted)?;
        let after = self.current_mut()?.look()?.change();
        self.synced(self.current()?)?;
        write_change(out, before, after);
        wanted.set.write(out);
        self.set_current(made);
        Ok(())
    }

    /// Whether something may be made under a name. As with folders of the kernel's own, what is there already is told
    /// before what nobody may make: clients send a call without a look, and `mkdir -p` goes by the answer.
    fn may_make(&self, folder: &Object, name: &CStr) -> Done {
        let Err(refused) = self.growable() else {
            return Ok(());
        };
        let acting = self.acting()?;
        let there = folder.child(name);
        drop(acting);
        Err(there.map_or(refused, |_| Status::EXIST))
    }

    /// What changed in a folder stays, whatever ends.
    pub fn synced(&self, folder: &Object) -> Done {
        let open = folder.open(&self.client.root, libc::O_RDONLY | libc::O_DIRECTORY)?;
        crate::sync::all(&open);
        Ok(())
    }

    pub fn remove(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let name = files::name(args.opaque(MAX_COMPONENT)?)?;
        self.writable()?;
        let folder = self.folder()?;
        let before = folder.stat.change();
        let acting = self.acting()?;
        let flags = match folder.child(&name)?.is_folder() {
            true => UnlinkatFlags::RemoveDir,
            false => UnlinkatFlags::NoRemoveDir,
        };
        unlinkat(folder.fd(), name.as_c_str(), flags)?;
        drop(acting);
        let after = self.current_mut()?.look()?.change();
        self.synced(self.current()?)?;
        write_change(out, before, after);
        Ok(())
    }

    pub fn rename(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let from = files::name(args.opaque(MAX_COMPONENT)?)?;
        let to = files::name(args.opaque(MAX_COMPONENT)?)?;
        self.writable()?;
        let (source, target) = (self.saved()?, self.folder()?);
        if !source.is_folder() {
            return Err(Status::NOTDIR);
        }
        let before = [source.stat.change(), target.stat.change()];
        let acting = self.acting()?;
        let renamed = renameat(source.fd(), from.as_c_str(), target.fd(), to.as_c_str());
        drop(acting);
        renamed.map_err(|errno| match errno {
            // A folder over a file, or the other way round.
            Errno::ENOTDIR | Errno::EISDIR => Status::EXIST,
            other => other.into(),
        })?;
        let is_one = source.stat.identity() == target.stat.identity();
        self.synced(target)?;
        if !is_one {
            self.synced(source)?;
        }
        let look = |object: &Object| files::Stat::of(object.fd()).map(|it| it.change());
        write_change(out, before[0], look(source)?);
        write_change(out, before[1], look(target)?);
        Ok(())
    }

    pub fn link(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let name = files::name(args.opaque(MAX_COMPONENT)?)?;
        self.writable()?;
        let (source, folder) = (self.saved()?, self.folder()?);
        if source.is_folder() {
            return Err(Status::ISDIR);
        }
        let before = folder.stat.change();
        // A name for what is open by its descriptor alone is root's to give; whose the folder is says who may.
        let acting = self.acting()?;
        folder.may(libc::W_OK | libc::X_OK)?;
        drop(acting);
        files::link_to(source.fd(), folder.fd(), &name)?;
        let after = files::Stat::of(folder.fd())?.change();
        self.synced(folder)?;
        write_change(out, before, after);
        Ok(())
    }

    pub fn read_folder(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        /// Cookies that mean something else.
        const RESERVED: u64 = 3;
        let cookie = args.u64()?;
        let _verifier: Verifier = args.fixed()?;
        args.u32()?;
        let most = (args.u32()? as usize).min(super::MAX_IO as usize);
        let wanted = Set::read(args)?;
        let folder = self.folder()?;
        let acting = self.acting()?;
        // What is in it is told with its attributes.
        folder.may(libc::R_OK | libc::X_OK)?;
        drop(acting);
        let open = folder.open(&self.client.root, libc::O_RDONLY | libc::O_DIRECTORY)?;
        let begin = out.len();
        out.u64(0);
        let from = match cookie {
            0 => 0,
            _ => cookie.checked_sub(RESERVED).ok_or(Status::INVAL)?,
        };
        let mut from = from as i64;
        let mut count = 0;
        let is_end = 'all: loop {
            let entries = files::entries(open.as_fd(), from)?;
            let Some(last) = entries.last() else {
                break true;
            };
            from = last.next;
            for entry in &entries {
                if matches!(entry.name.to_bytes(), b"." | b"..") {
                    continue;
                }
                // As root: who may read a folder is told what is in it. Gone meanwhile is not there.
                let Ok(child) = folder.child(&entry.name) else {
                    continue;
                };
                let at = out.len();
                out.u32(1).u64((entry.next as u64).wrapping_add(RESERVED));
                out.opaque(entry.name.to_bytes());
                attributes::write(wanted, &child, &self.client.root, out);
                // The end takes two words more.
                if out.len() - begin + 8 > most {
                    out.truncate(at);
                    break 'all false;
                }
                count += 1;
            }
        };
        if count == 0 && !is_end {
            return Err(Status::TOOSMALL);
        }
        out.u32(0).bool(is_end);
        Ok(())
    }

    pub fn security_of(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let name = files::name(args.opaque(MAX_COMPONENT)?)?;
        let acting = self.acting()?;
        self.folder()?.child(&name)?;
        drop(acting);
        out.u32(1).u32(AUTH_SYS);
        Ok(())
    }

    pub fn security_without_name(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        args.u32()?;
        self.current()?;
        out.u32(1).u32(AUTH_SYS);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
