//! What libcontainer needs of `rust-criu` to compile, and nothing behind it.
//!
//! libcontainer depends on `rust-criu` whether or not a program takes checkpoints, and with it come CRIU's
//! protocol and a protobuf runtime with its code generator. The shim takes no checkpoints, so this crate
//! takes that one's place (`[patch.crates-io]`): [`Criu`] has no values, [`Criu::new`] says so, and the
//! compiler sees that nothing after it can run.

#![forbid(unsafe_code)]

use std::{fmt, os::fd::RawFd};

/// How a checkpoint would treat control groups; libcontainer's options carry one.
#[derive(Debug, Clone)]
pub enum CgMode {
    DEFAULT,
}

/// A connection to CRIU, of which there is none.
#[derive(Debug)]
pub enum Criu {}

/// Why there is no [`Criu`].
#[derive(Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("this program is built without CRIU: checkpoints cannot be taken")
    }
}

impl std::error::Error for Unavailable {}

/// Methods with the names and arguments that libcontainer calls; none can be called without a [`Criu`].
macro_rules! unreachable_methods {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {
        impl Criu {
            $(
                pub fn $name(&mut self, $($argument: $type),*) $(-> $answer)? {
                    $(let _ = $argument;)*
                    match *self {}
                }
            )*
        }
    };
}

impl Criu {
    pub fn new() -> Result<Self, Unavailable> {
        Err(Unavailable)
    }
}

unreachable_methods! {
    get_criu_version() -> Result<u32, Unavailable>;
    set_external_mount(key: String, value: String);
    set_images_dir_fd(fd: RawFd);
    set_work_dir_fd(fd: RawFd);
    set_log_file(name: String);
    set_log_level(level: i32);
    set_pid(pid: i32);
    set_leave_running(wanted: bool);
    set_ext_unix_sk(wanted: bool);
    set_shell_job(wanted: bool);
    set_tcp_established(wanted: bool);
    set_file_locks(wanted: bool);
    set_orphan_pts_master(wanted: bool);
    set_manage_cgroups(wanted: bool);
    set_root(path: String);
    cgroups_mode(mode: CgMode);
    set_link_remap(wanted: bool);
    add_external(key: String);
    dump() -> Result<(), Unavailable>;
}

/// The name CRIU would know an external namespace by; only a checkpoint asks.
#[must_use]
pub fn criu_ns_to_key(name: &str) -> String {
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_refused_in_words() {
        let refused = Criu::new().unwrap_err();
        assert!(refused.to_string().contains("without CRIU"));
    }
}
