//! What instances stand on that the host makes itself: the program that is their first process, for all of them, and
//! the root file system of the own image, made of a shell and what programs expect.
//!
//! Both are folders that overlays take as read-only layers, named by what they were made of: another version of a
//! program makes another folder, and instances get it with their next boot.

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the program lies in an instance, with the libraries it links.
const IN_INSTANCE: &str = "usr/lib/wharf";
const PROGRAM: &str = "wharf";
/// Statically linked, as most distributions have it in a package of its own (busybox-static).
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
const CERTIFICATES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];
/// More than any shell or list of certificates has.
const MAX_COPIED: u64 = 64 << 20;

/// Folders of the own image, and who may what.
const FOLDERS: [(&str, u32); 22] = [
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("etc/ssl/certs", 0o755),
    ("home", 0o755),
    ("mnt", 0o755),
    ("opt", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sbin", 0o755),
    ("srv", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr/bin", 0o755),
    ("usr/local/bin", 0o755),
    ("usr/sbin", 0o755),
    ("usr/share", 0o755),
    ("var/lib", 0o755),
    ("var/log", 0o755),
    ("var/spool", 0o755),
    ("var/tmp", 0o1777),
];

const FILES: [(&str, &str, u32); 7] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        0o644,
    ),
    (
        "etc/group",
        "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
        0o644,
    ),
    ("etc/shadow", "root:*:::::::\nnobody:*:::::::\n", 0o600),
    ("etc/shells", "/bin/sh\n", 0o644),
    ("etc/nsswitch.conf", "hosts: files dns\n", 0o644),
    (
        "etc/os-release",
        "ID=wharf\nNAME=\"Wharf instance\"\nPRETTY_NAME=\"Wharf instance\"\n",
        0o644,
    ),
    (
        "etc/profile",
        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
        0o644,
    ),
];

/// By which user data has its instance join a cluster of EKS.
const BOOTSTRAP: &str = "etc/eks/bootstrap.sh";
const BOOTSTRAP_SCRIPT: &str = include_str!("bootstrap.sh");

/// The layer with the first process, and how it is run.
#[derive(Debug, Clone)]
pub struct Program {
    pub layer: PathBuf,
    pub argv: Vec<String>,
}

/// The layer with `program`. It is run by the loader that it came with, so that it does not matter which C library
/// the image has, if any. Blocks.
pub fn program(dir: &Path, program: &Path) -> io::Result<Program> {
    let libraries = linked_libraries()?;
    let sources = || std::iter::once(program).chain(libraries.iter().map(PathBuf::as_path));
    let layer = dir.join(format!("program-{}", key_of(sources())?));
    let inside = layer.join(IN_INSTANCE);
    let copies = libraries.iter().map(|library| {
        let name = library.file_name().unwrap_or_default();
        (library.as_path(), inside.join(name))
    });
    let copies = copies.chain([(program, inside.join(PROGRAM))]);
    if !is_whole(copies) {
        wharf_rootdir::remove_tree(&layer)?;
        make(&layer, |fresh| {
            let folder = fresh.join(IN_INSTANCE);
            folders(
                fresh,
                &[("usr", 0o755), ("usr/lib", 0o755), (IN_INSTANCE, 0o755)],
            )?;
            link_or_copy(program, &folder.join(PROGRAM))?;
            for library in &libraries {
                let name = library.file_name().unwrap_or_default();
                copy(library, &folder.join(name), 0o755)?;
            }
            folders(fresh, &[("etc", 0o755), ("etc/eks", 0o755)])?;
            write(&fresh.join(BOOTSTRAP), BOOTSTRAP_SCRIPT.as_bytes(), 0o755)
        })?;
    }
    let there = |name: &str| format!("/{IN_INSTANCE}/{name}");
    let loader = libraries.iter().find_map(|path| {
        let name = path.file_name()?.to_str()?;
        name.starts_with("ld").then(|| there(name))
    });
    let mut argv = Vec::new();
    if let Some(loader) = loader {
        argv.extend([
            loader,
            "--library-path".to_owned(),
            format!("/{IN_INSTANCE}"),
        ]);
    }
    argv.extend([there(PROGRAM), "instance-init".to_owned()]);
    Ok(Program { layer, argv })
}

/// Why this machine has no own image.
#[derive(Debug, thiserror::Error)]
pub enum NoOwnImage {
    #[error("there is no /bin/busybox; the package busybox-static has it")]
    NoBusybox,
    #[error("{}", .path.display())]
    Busybox { path: PathBuf, source: io::Error },
    #[error("{} needs libraries; the package busybox-static has one that does not", .0.display())]
    Libraries(PathBuf),
    #[error(transparent)]
    Layer(#[from] io::Error),
}

/// The layer of the own image; why this machine has none. Blocks.
pub fn own_image(dir: &Path, program: &Program) -> Result<PathBuf, NoOwnImage> {
    let busybox = BUSYBOX.iter().map(Path::new).find(|path| path.exists());
    let busybox = busybox.ok_or(NoOwnImage::NoBusybox)?;
    let is_static = is_static(busybox).map_err(|source| NoOwnImage::Busybox {
        path: busybox.to_owned(),
        source,
    });
    if !is_static? {
        return Err(NoOwnImage::Libraries(busybox.to_owned()));
    }
    let certificates = CERTIFICATES
        .iter()
        .map(Path::new)
        .find(|path| path.exists());
    let key = key_of(std::iter::once(busybox).chain(certificates))?;
    let layer = dir.join(format!("own-{key}"));
    if !is_whole([(busybox, layer.join("bin/busybox"))]) {
        wharf_rootdir::remove_tree(&layer)?;
        make(&layer, |fresh| {
            fill_own(fresh, busybox, certificates, program)
        })?;
    }
    Ok(layer)
}

fn fill_own(
    fresh: &Path,
    busybox: &Path,
    certificates: Option<&Path>,
    program: &Program,
) -> io::Result<()> {
    folders(fresh, &FOLDERS)?;
    for (path, content, mode) in FILES {
        write(&fresh.join(path), content.as_bytes(), mode)?;
    }
    copy(busybox, &fresh.join("bin/busybox"), 0o755)?;
    for applet in applets(busybox)? {
        let place = fresh.join(&applet);
        let inside = place.parent().is_some_and(Path::is_dir);
        if inside && fs::symlink_metadata(&place).is_err() {
            symlink("/bin/busybox", place)?;
        }
    }
    if let Some(certificates) = certificates {
        copy(
            certificates,
            &fresh.join("etc/ssl/certs/ca-certificates.crt"),
            0o644,
        )?;
    }
    let words = &program.argv[..program.argv.len() - 1];
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
    write(&fresh.join("usr/local/bin/wharf"), script.as_bytes(), 0o755)
}

/// Paths below the root at which busybox wants to be found.
fn applets(busybox: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = Command::new(busybox)
        .arg("--list-full")
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let plain = |path: &&str| !path.is_empty() && !path.contains("..") && !path.starts_with('/');
    let mut found: Vec<PathBuf> = text.lines().filter(plain).map(PathBuf::from).collect();
    // Init systems and what needs a machine of its own.
    let unfit = ["init", "linuxrc", "halt", "poweroff", "reboot"];
    found.retain(|path| !unfit.iter().any(|name| path.ends_with(name)));
    Ok(found)
}

/// Removes layers of other versions. None of them may be in use.
pub fn collect(dir: &Path, keep: &[&Path]) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if !keep.contains(&path.as_path())
            && let Err(error) = wharf_rootdir::remove_tree(&path)
        {
            tracing::warn!(path = %path.display(), %error, "failed to remove an old layer of instances");
        }
    }
}

/// What this process is linked to, which is what its program is, whose loader is among them.
fn linked_libraries() -> io::Result<BTreeSet<PathBuf>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let paths = maps.lines().filter_map(|line| {
        let path = line.split_whitespace().nth(5)?;
        let name = path.rsplit('/').next()?;
        let library = path.starts_with('/') && (name.contains(".so.") || name.ends_with(".so"));
        library.then(|| PathBuf::from(path))
    });
    Ok(paths.filter(|path| path.is_file()).collect())
}

/// Whether an ELF program names no interpreter.
fn is_static(path: &Path) -> io::Result<bool> {
    Ok(interpreter(path)?.is_none())
}

/// The interpreter that an ELF program names, its loader; one that is static names none.
pub(super) fn interpreter(path: &Path) -> io::Result<Option<PathBuf>> {
    const INTERPRETER: u32 = 3;
    let bytes = read(path)?;
    let bad = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "it is no ELF program of 64 bits",
        )
    };
    let number = |at: usize, len: usize| -> io::Result<u64> {
        let end = at.checked_add(len).ok_or_else(bad)?;
        let field = bytes.get(at..end).ok_or_else(bad)?;
        Ok(field
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Err(bad());
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for index in 0..count {
        let at = table.checked_add(index * size).ok_or_else(bad)?;
        let at = usize::try_from(at).map_err(|_| bad())?;
        if at >= bytes.len() {
            return Err(bad());
        }
        if number(at, 4)? != u64::from(INTERPRETER) {
            continue;
        }
        let (from, length) = (number(at + 8, 8)?, number(at + 32, 8)?);
        let end = from.checked_add(length).ok_or_else(bad)?;
        let place = usize::try_from(from).ok().zip(usize::try_from(end).ok());
        let name = place.and_then(|(from, end)| bytes.get(from..end));
        let name = name.and_then(|name| name.split(|byte| *byte == 0).next());
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        return name.map(|name| Some(PathBuf::from(name))).ok_or_else(bad);
    }
    Ok(None)
}

/// Names a version of these files.
pub(super) fn key_of<'a>(files: impl Iterator<Item = &'a Path>) -> io::Result<String> {
    // FNV-1a over what changes when a file does.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let meta = fs::metadata(file)?;
        let text = format!("{} {} {} ", file.display(), meta.len(), meta.mtime());
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

/// Fills a folder that is there as a whole or not at all.
pub(super) fn make(layer: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let fresh = layer.with_extension("new");
    wharf_rootdir::remove_tree(&fresh)?;
    fs::create_dir_all(&fresh)?;
    fs::set_permissions(&fresh, Permissions::from_mode(0o755))?;
    fill(&fresh)?;
    // After a power cut a layer is there with all that is in it, or not at all.
    nix::unistd::syncfs(fs::File::open(&fresh)?)?;
    fs::rename(&fresh, layer)?;
    match layer.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Whether the copies in a layer are as long as what they were made of. Layers that earlier versions made may have lost
/// what was in them when the power went.
pub(super) fn is_whole<'a>(copies: impl IntoIterator<Item = (&'a Path, PathBuf)>) -> bool {
    let length = |path: &Path| fs::metadata(path).ok().map(|it| it.len());
    let mut copies = copies.into_iter();
    copies.all(|(source, copy)| length(&copy).is_some() && length(source) == length(&copy))
}

pub(super) fn folders(root: &Path, all: &[(&str, u32)]) -> io::Result<()> {
    for (path, mode) in all {
        let path = root.join(path);
        fs::create_dir_all(&path)?;
        // Those above it were made with what the process leaves to others.
        for above in path
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(root))
        {
            if fs::metadata(above)?.permissions().mode() & 0o055 != 0o055 {
                fs::set_permissions(above, Permissions::from_mode(0o755))?;
            }
        }
        fs::set_permissions(&path, Permissions::from_mode(*mode))?;
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    wharf_durable::read(path, MAX_COPIED)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

pub(super) fn copy(from: &Path, to: &Path, mode: u32) -> io::Result<()> {
    write(to, &read(from)?, mode)
}

pub(super) fn write(to: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    fs::write(to, bytes)?;
    fs::set_permissions(to, Permissions::from_mode(mode))
}

/// The program is large; on the same file system a further name is enough, and nobody writes to a layer.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    fs::set_permissions(to, Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_with_an_interpreter_are_told_apart() {
        // The test's own program is linked to a C library.
        assert!(!linked_libraries().unwrap().is_empty());
        let text = tempfile::NamedTempFile::new().unwrap();
        fs::write(text.path(), "#!/bin/sh").unwrap();
        assert!(is_static(text.path()).is_err());
        for short in 0..64 {
            let mut bytes = b"\x7fELF\x02\x01".to_vec();
            bytes.resize(6 + short, 0xff);
            fs::write(text.path(), bytes).unwrap();
            let _ = is_static(text.path());
        }
    }

    #[test]
    fn a_layer_that_lost_what_was_in_it_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("wharf");
        fs::write(&source, "a program").unwrap();
        let layers = dir.path().join("layers");
        fs::create_dir(&layers).unwrap();
        let made = program(&layers, &source).unwrap();
        let folder = made.layer.join(IN_INSTANCE);
        let library = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| !path.ends_with(PROGRAM))
            .unwrap();
        let whole = fs::read(&library).unwrap();
        // As a file that was never flushed looks after a power cut.
        fs::write(&library, "").unwrap();
        program(&layers, &source).unwrap();
        assert_eq!(fs::read(&library).unwrap(), whole);
        // One that is whole stays, with what runs on it.
        fs::write(folder.join("mark"), "").unwrap();
        program(&layers, &source).unwrap();
        assert!(folder.join("mark").exists());
    }

    #[test]
    fn every_user_may_walk_the_own_image() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        make(&root, |fresh| folders(fresh, &FOLDERS)).unwrap();
        let mode =
            |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(
            (mode(""), mode("usr"), mode("var/tmp"), mode("root")),
            (0o755, 0o755, 0o1777, 0o700)
        );
    }
}
