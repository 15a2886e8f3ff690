//! What an instance finds before its user data runs: file systems in memory, its name, how it finds names of others.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use nix::{
    mount::{MsFlags, mount},
    unistd::sethostname,
};

use crate::{apply, boot::Boot, cloud_config::is_host_name, console::say};

/// Places that programs expect; most images have them.
const FOLDERS: [(&str, u32); 9] = [
    ("etc", 0o755),
    ("root", 0o700),
    ("run", 0o755),
    ("tmp", 0o1777),
    ("var/lib/wharf", 0o700),
    ("var/log", 0o755),
    ("var/tmp", 0o1777),
    ("run/wharf", 0o755),
    ("run/lock", 0o1777),
];
/// In memory: what is in them ends with each boot.
const IN_MEMORY: [(&str, &str); 2] = [("run", "mode=755"), ("tmp", "mode=1777")];

/// What failed goes to the console; an instance with less is still one.
pub fn prepare(root: &Path, boot: &Boot) {
    let mut steps: Vec<(&str, io::Result<()>)> = Vec::new();
    steps.push(("make folders", folders(root)));
    for (folder, mode) in IN_MEMORY {
        let options = format!("{mode},size={}", boot.memory_file_system_bytes);
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        let mounted = mount(
            Some("tmpfs"),
            &root.join(folder),
            Some("tmpfs"),
            flags,
            Some(options.as_str()),
        );
        steps.push(("mount a file system in memory", mounted.map_err(Into::into)));
    }
    steps.push(("make folders in memory", folders(root)));
    steps.push(("set the host's name", name(root, &boot.host_name)));
    steps.push(("write /etc/hosts", replace(root, "etc/hosts", &boot.hosts)));
    steps.push((
        "write /etc/resolv.conf",
        replace(root, "etc/resolv.conf", &boot.resolv_conf),
    ));
    let keys = apply::authorize(&root.join("root"), &boot.public_keys, (0, 0));
    steps.push(("write root's authorized_keys", keys));
    for (step, result) in steps {
        if let Err(error) = result {
            say(&format!("failed to {step}: {error}"));
        }
    }
}

fn folders(root: &Path) -> io::Result<()> {
    for (folder, mode) in FOLDERS {
        let path = root.join(folder);
        if !path.is_dir() {
            fs::create_dir_all(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// The kernel's name of the host, and the file that programs read.
pub fn name(root: &Path, name: &str) -> io::Result<()> {
    if !is_host_name(name) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no name of a host",
        ));
    }
    sethostname(name)?;
    replace(root, "etc/hostname", &format!("{name}\n"))
}

/// A file of its own, where the image may have a link to somewhere else.
fn replace(root: &Path, path: &str, content: &str) -> io::Result<()> {
    let path: PathBuf = root.join(path);
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_symlink() => fs::remove_file(&path)?,
        _ => {}
    }
    fs::write(&path, content)
}
