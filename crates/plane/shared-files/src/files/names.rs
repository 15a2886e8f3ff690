//! What is done with names: looking up, making, removing, renaming.

use std::sync::{Arc, atomic::Ordering};

use nix::errno::Errno;
use wharf_nfs_wire::{Op, Status};

use super::{Files, opens::Open, tree::Node};
use crate::{
    client::{By, Failed, Round},
    nfs::{
        FileHandle, MAX_NAME,
        attributes::{Attributes, Kind, SetTime, Setting, Wanted},
        compound::{Access, Compound, How},
        results::{Problem, Results},
    },
};

type Found = (Arc<Node>, Attributes);

/// A node to be made that is neither a file nor to be opened.
pub struct New<'a> {
    pub kind: Kind,
    pub target: &'a [u8],
    pub device: (u32, u32),
    pub mode: Option<u32>,
}

impl Files {
    pub fn lookup(&self, by: &By, folder: &Node, name: &[u8]) -> Result<Found, Failed> {
        let found = self.look(by, &folder.handle, name)?;
        Ok((self.tree.tell(found.0)?, found.1))
    }

    fn look(
        &self,
        by: &By,
        folder: &FileHandle,
        name: &[u8],
    ) -> Result<(FileHandle, Attributes), Failed> {
        check_name(name)?;
        self.of(
            by,
            false,
            folder,
            |ops| ops.lookup(name).get_handle().get_attributes(Wanted::File),
            |it| {
                it.done(Op::Lookup)?;
                Ok((it.handle()?, it.attributes()?))
            },
        )
    }

    pub fn read_link(&self, by: &By, node: &Node) -> Result<Vec<u8>, Failed> {
        self.target(by, &node.handle)
    }

    fn target(&self, by: &By, link: &FileHandle) -> Result<Vec<u8>, Failed> {
        self.of(
            by,
            false,
            link,
            |ops| ops.read_link(),
            |it| it.link_target().map(<[u8]>::to_vec),
        )
    }

    pub fn make(
        &self,
        by: &By,
        folder: &Node,
        name: &[u8],
        new: &New<'_>,
    ) -> Result<Found, Failed> {
        check_name(name)?;
        let mark = self.mark();
        let setting = new.mode.map_or_else(Setting::default, |mode| Setting {
            accessed: Some(SetTime::At(mark)),
            ..Setting::mode(mode)
        });
        let made = self.once(
            by,
            |_| {
                let mut ops = Compound::default();
                ops.put(&folder.handle)
                    .create(new.kind, new.target, new.device, name, &setting)
                    .get_handle()
                    .get_attributes(Wanted::File);
                ops
            },
            |it| {
                it.put()?.created()?;
                Ok((it.handle()?, it.attributes()?))
            },
        );
        let (handle, attributes) = match made {
            // It was made the first time, or meanwhile by somebody else: who makes folders for locks has to know.
            (Err(failed), true) if failed.is(Status::EXIST) => {
                let found = still_there(self.look(by, &folder.handle, name), failed)?;
                let is_it = found.1.kind == new.kind
                    && match new.kind {
                        Kind::Link => still_there(self.target(by, &found.0), failed)? == new.target,
                        _ => found.1.accessed == mark,
                    };
                if !is_it {
                    return Err(failed);
                }
                found
            }
            (made, _) => made?,
        };
        Ok((self.tree.tell(handle)?, attributes))
    }

    /// A file, opened.
    pub fn create(
        &self,
        by: &By,
        folder: &Node,
        name: &[u8],
        flags: i32,
        mode: u32,
    ) -> Result<(Found, Arc<Open>), Failed> {
        check_name(name)?;
        let mut setting = Setting::mode(mode);
        if flags & libc::O_TRUNC != 0 && flags & libc::O_EXCL == 0 {
            setting.size = Some(0);
        }
        // Where the server keeps the verifier, times are lost. They are set by a call of its own: one that set them itself
        // would not be known again by the verifier.
        let times = Setting {
            accessed: Some(SetTime::Now),
            modified: Some(SetTime::Now),
            ..Setting::default()
        };
        let alone = (flags & libc::O_EXCL != 0).then(|| self.unique_verifier());
        let access = access_of(flags);
        let owner = self.open_owner();
        let (opened, handle, mut attributes) = self.client.ask(
            by,
            true,
            |round| {
                let how = match alone {
                    Some(verifier) => How::MakeNew(name, verifier, &setting),
                    None => How::Make(name, &setting),
                };
                let mut ops = Compound::default();
                ops.put(&folder.handle)
                    .open(round.client, &owner, access, how)
                    .get_handle()
                    .get_attributes(Wanted::File);
                ops
            },
            |it| Ok((it.put()?.opened()?, it.handle()?, it.attributes()?)),
        )?;
        let node = self.tree.tell(handle)?;
        let open = self.keep_open(by, &node, access, flags, owner, &opened)?;
        if alone.is_some() {
            attributes = match self.set_attributes(by, &node, None, &times) {
                Ok(it) => it,
                Err(failed) => {
                    let _ = self.close(by, open.number);
                    self.tree.forget(node.number, 1);
                    return Err(failed);
                }
            };
        }
        *node.change_at_open.lock() = Some(attributes.change);
        Ok(((node, attributes), open))
    }

    pub fn link(&self, by: &By, file: &Node, folder: &Node, name: &[u8]) -> Result<Found, Failed> {
        check_name(name)?;
        let linked = self.once(
            by,
            |_| {
                let mut ops = Compound::default();
                ops.put(&file.handle).save().put(&folder.handle).link(name);
                ops
            },
            |it| it.put()?.done(Op::Save)?.put()?.linked(),
        );
        match linked {
            (Err(failed), true) if failed.is(Status::EXIST) => {
                let found = still_there(self.look(by, &folder.handle, name), failed)?;
                if found.0 != file.handle {
                    return Err(failed);
                }
            }
            (linked, _) => linked?,
        }
        let attributes = self.attributes(by, file)?;
        Ok((self.tree.tell(file.handle.clone())?, attributes))
    }

    pub fn unlink(&self, by: &By, folder: &Node, name: &[u8]) -> Result<(), Failed> {
        if self.hide_if_open(by, folder, name)? {
            return Ok(());
        }
        self.remove(by, &folder.handle, name)
    }

    /// A folder, or a file that nobody here has open.
    pub fn remove(&self, by: &By, folder: &FileHandle, name: &[u8]) -> Result<(), Failed> {
        check_name(name)?;
        let removed = self.once(
            by,
            |_| {
                let mut ops = Compound::default();
                ops.put(folder).remove(name);
                ops
            },
            |it| it.put()?.removed(),
        );
        match removed {
            (Err(failed), true) if failed.is(Status::NOENT) => Ok(()),
            (removed, _) => removed,
        }
    }

    pub fn rename(&self, by: &By, from: (&Node, &[u8]), to: (&Node, &[u8])) -> Result<(), Failed> {
        if (from.0.number, from.1) != (to.0.number, to.1) {
            self.hide_if_replaced(by, from, to)?;
        }
        self.rename_at(by, (&from.0.handle, from.1), (&to.0.handle, to.1))
    }

    fn rename_at(
        &self,
        by: &By,
        from: (&FileHandle, &[u8]),
        to: (&FileHandle, &[u8]),
    ) -> Result<(), Failed> {
        check_name(from.1)?;
        check_name(to.1)?;
        let renamed = self.once(
            by,
            |_| {
                let mut ops = Compound::default();
                ops.put(from.0).save().put(to.0).rename(from.1, to.1);
                ops
            },
            |it| it.put()?.done(Op::Save)?.put()?.renamed(),
        );
        match renamed {
            (Err(failed), true) if failed.is(Status::NOENT) => self.look(by, to.0, to.1).map(drop),
            (renamed, _) => renamed,
        }
    }

    /// One that is still open here goes on under a name of its own until it is closed. Whether it was so.
    fn hide_if_open(&self, by: &By, folder: &Node, name: &[u8]) -> Result<bool, Failed> {
        check_name(name)?;
        if !self.has_opens() {
            return Ok(false);
        }
        let (handle, attributes) = self.look(by, &folder.handle, name)?;
        self.hide(by, folder, name, &handle, &attributes)
    }

    /// The same for one that a rename will replace.
    fn hide_if_replaced(
        &self,
        by: &By,
        from: (&Node, &[u8]),
        to: (&Node, &[u8]),
    ) -> Result<(), Failed> {
        check_name(to.1)?;
        if !self.has_opens() {
            return Ok(());
        }
        let there = match self.look(by, &to.0.handle, to.1) {
            Err(failed) if failed.is(Status::NOENT) => return Ok(()),
            other => other?,
        };
        // Another name of the same file, which a rename leaves alone; or nothing that will be renamed.
        match self.look(by, &from.0.handle, from.1) {
            Ok(moved) if moved.0 != there.0 => {
                self.hide(by, to.0, to.1, &there.0, &there.1).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn hide(
        &self,
        by: &By,
        folder: &Node,
        name: &[u8],
        handle: &FileHandle,
        attributes: &Attributes,
    ) -> Result<bool, Failed> {
        let node = self.tree.find(handle);
        let is_open = |it: &Arc<Node>| it.opens.load(Ordering::Acquire) > 0;
        let Some(node) = node.filter(|it| is_open(it) && attributes.kind == Kind::File) else {
            return Ok(false);
        };
        // It has other names, or is kept by the server; or is hidden already.
        if attributes.links > 1 || self.keeps_removed(&node) || node.hidden.lock().is_some() {
            return Ok(false);
        }
        let own = u64::from_be_bytes(self.unique_verifier());
        let hidden = format!(".nfs{own:016x}").into_bytes();
        self.rename_at(by, (&folder.handle, name), (&folder.handle, &hidden))?;
        *node.hidden.lock() = Some((folder.handle.clone(), hidden));
        Ok(true)
    }

    /// And whether it may have been done by a call before, in a session that went.
    fn once<T>(
        &self,
        by: &By,
        build: impl Fn(Round) -> Compound,
        read: impl Fn(&mut Results<'_>) -> Result<T, Problem>,
    ) -> (Result<T, Failed>, bool) {
        let again = std::cell::Cell::new(false);
        let asked = self.client.ask(
            by,
            true,
            |round| {
                again.set(round.again);
                build(round)
            },
            read,
        );
        (asked, again.get())
    }
}

pub fn access_of(flags: i32) -> Access {
    match flags & libc::O_ACCMODE {
        libc::O_RDONLY => Access {
            read: true,
            write: false,
        },
        libc::O_WRONLY => Access {
            read: false,
            write: true,
        },
        _ => Access {
            read: true,
            write: true,
        },
    }
}

/// What a look found where something was to be made and was `there` already. If it went in between, whoever made it hears
/// that it was there: not that something is missing, which says that the folder around it is.
fn still_there<T>(found: Result<T, Failed>, there: Failed) -> Result<T, Failed> {
    match found {
        Err(gone) if gone.is(Status::NOENT) => Err(there),
        found => found,
    }
}

fn check_name(name: &[u8]) -> Result<(), Errno> {
    match name.len() {
        0 => Err(Errno::EINVAL),
        1..=MAX_NAME => Ok(()),
        _ => Err(Errno::ENAMETOOLONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_after_it_was_there_was_there() {
        let (there, gone) = (Failed::Status(Status::EXIST), Failed::Status(Status::NOENT));
        assert_eq!(still_there::<()>(Err(gone), there), Err(there));
        assert_eq!(still_there(Ok(1), there), Ok(1));
        let stale = Failed::Status(Status::STALE);
        assert_eq!(still_there::<()>(Err(stale), there), Err(stale));
    }
}
