//! The emulator of virtual machines, as a layer: the program that the operator named, with the libraries, the firmware and the
//! modules that it needs, and nothing else. Beside it a virtual machine sees no file of its host.
//!
//! The layer is made of this machine's own files, and named by them: with another version of qemu machines get another layer
//! with their next boot.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use wharf_base::Chain;
use wharf_guest::{
    Accelerator, Choice, DISK, Emulator as Program, FOLDER, INITRD, KERNEL, NoKvm, choose,
    probe_kvm,
};

use super::layers::{copy, folders, interpreter, is_whole, key_of, make, write};

/// Where it lies in a machine's container.
const INSIDE: &str = "usr/lib/wharf-emulator";
const QEMU: &str = "qemu";
const FIRMWARE: &str = "firmware";
const MODULES: &str = "modules";
/// What qemu begins a machine with; the first two it does not do without.
const FIRMWARE_FILES: [&str; 3] = ["bios-256k.bin", "linuxboot_dma.bin", "kvmvapic.bin"];
const NEEDED: usize = 2;
const FIRMWARE_FOLDERS: [&str; 4] = [
    "/usr/share/qemu",
    "/usr/share/seabios",
    "/usr/share/qemu-kvm",
    "/usr/local/share/qemu",
];
/// Parts of qemu that some distributions have in files of their own.
const MODULE_FILES: [&str; 2] = ["accel-tcg-x86_64.so", "accel-kvm-x86_64.so"];
const MODULE_FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/qemu",
    "/usr/lib64/qemu",
    "/usr/lib64/qemu-kvm",
    "/usr/lib/qemu",
];
/// The word of nodes that run virtual machines, in what they say of instances, and beside it what runs their processors.
const OFFER: &str = "vm";
/// … and that they have volumes, and disks that are sealed.
const WITH_DISKS: &str = "vm-disks";
/// … and that they have IPv6 addresses.
const WITH_IPV6: &str = "vm-ipv6";
/// … and that snapshots are taken of their disks, and disks made of these.
pub const WITH_SNAPSHOTS: &str = "vm-snapshots";
/// How qemu tells its version.
const VERSION: &str = "QEMU emulator version ";

/// What runs virtual machines on this machine.
#[derive(Debug, Clone)]
pub struct Emulator {
    pub layer: PathBuf,
    /// The words by which it is run, in a container.
    pub words: Vec<String>,
    /// Its folders there.
    pub firmware: PathBuf,
    pub modules: PathBuf,
    pub accelerator: Accelerator,
}

impl Emulator {
    /// What the node says of it when it registers.
    pub fn offer(&self) -> [&'static str; 4] {
        let processors = match self.accelerator {
            Accelerator::Kvm => "vm-kvm",
            Accelerator::Tcg => "vm-tcg",
        };
        [OFFER, processors, WITH_DISKS, WITH_IPV6]
    }
}

/// Why this machine has no virtual machines.
#[derive(Debug, thiserror::Error)]
pub enum NoEmulator {
    /// Nobody wants any.
    #[error("this node was started without --vm")]
    NotWanted,
    #[error("they are of x86_64, and this machine is not")]
    Architecture,
    #[error("{}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("device nodes in {} cannot be opened: {why}; it must not be mounted with nodev", .dir.display())]
    Nodes { dir: PathBuf, why: io::Error },
    #[error("KVM is not usable")]
    Kvm(#[source] NoKvm),
    #[error("qemu does not run")]
    NotRun(#[source] io::Error),
}

/// Makes the layer in `dir`, and looks at what virtual machines need of this machine. Blocks.
pub fn open(dir: &Path, wanted: Option<&(Program, Choice)>) -> Result<Emulator, NoEmulator> {
    let (program, choice) = wanted.ok_or(NoEmulator::NotWanted)?;
    let opened = prepare(dir, program, *choice);
    opened.inspect_err(
        |error| tracing::warn!(error = %Chain(error), "virtual machines are not offered"),
    )
}

fn prepare(dir: &Path, program: &Program, wanted: Choice) -> Result<Emulator, NoEmulator> {
    if !cfg!(target_arch = "x86_64") {
        return Err(NoEmulator::Architecture);
    }
    let failed = |path: &Path, source: io::Error| NoEmulator::File {
        path: path.to_owned(),
        source,
    };
    let tun = Path::new(wharf_network::TUN);
    let opened = OpenOptions::new().read(true).write(true).open(tun);
    opened.map_err(|e| failed(tun, e))?;
    probe_nodes(dir).map_err(|why| NoEmulator::Nodes {
        dir: dir.to_owned(),
        why,
    })?;
    let (accelerator, slow) = choose(wanted, probe_kvm).map_err(NoEmulator::Kvm)?;
    if let Some(error) = slow {
        tracing::warn!(
            error = %Chain(&error),
            "KVM is not usable; virtual machines are emulated, which is slow"
        );
    }
    let made = layer(dir, &program.program);
    let made = made.map_err(|e| failed(&program.program, e))?;
    let version = version(&made.0, &made.1).map_err(NoEmulator::NotRun)?;
    tracing::info!(
        version,
        accelerator = accelerator.as_str(),
        "virtual machines are offered"
    );
    let there = |name: &str| PathBuf::from(format!("/{INSIDE}/{name}"));
    Ok(Emulator {
        layer: made.0,
        words: made.1,
        firmware: there(FIRMWARE),
        modules: there(MODULES),
        accelerator,
    })
}

/// The layer, and the words by which the program in it is run.
fn layer(dir: &Path, program: &Path) -> io::Result<(PathBuf, Vec<String>)> {
    let firmware = firmware_for(program)?;
    let modules = found(&MODULE_FILES, MODULE_FOLDERS.iter().map(PathBuf::from));
    let loader = interpreter(program)?;
    let mut libraries = BTreeSet::new();
    if let Some(loader) = &loader {
        for file in std::iter::once(program).chain(modules.iter().map(PathBuf::as_path)) {
            libraries.extend(linked(loader, file)?);
        }
        libraries.insert(loader.clone());
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_owned();
    let own = |folder: &str, all: &[PathBuf]| -> Vec<(PathBuf, PathBuf)> {
        let to = |path: &PathBuf| Path::new(folder).join(name(path));
        all.iter().map(|path| (path.clone(), to(path))).collect()
    };
    let libraries: Vec<PathBuf> = libraries.into_iter().collect();
    let mut copies = vec![(program.to_owned(), PathBuf::from(QEMU))];
    copies.extend(own("", &libraries));
    copies.extend(own(FIRMWARE, &firmware));
    copies.extend(own(MODULES, &modules));
    let key = key_of(copies.iter().map(|(from, _)| from.as_path()))?;
    let layer = dir.join(format!("emulator-{key}"));
    let inside = layer.join(INSIDE);
    let there = copies
        .iter()
        .map(|(from, to)| (from.as_path(), inside.join(to)));
    if !is_whole(there) {
        wharf_rootdir::remove_tree(&layer)?;
        make(&layer, |fresh| {
            let below = |name: &str| format!("{INSIDE}/{name}");
            let (firmware, modules) = (below(FIRMWARE), below(MODULES));
            let all = [
                "usr",
                "usr/lib",
                INSIDE,
                firmware.as_str(),
                modules.as_str(),
                FOLDER.trim_start_matches('/'),
            ];
            folders(fresh, &all.map(|path| (path, 0o755)))?;
            for (from, to) in &copies {
                copy(from, &fresh.join(INSIDE).join(to), 0o755)?;
            }
            // What a machine's own files are mounted on.
            for path in [DISK, KERNEL, INITRD] {
                write(&fresh.join(path.trim_start_matches('/')), b"", 0o644)?;
            }
            Ok(())
        })?;
    }
    let there = |name: &str| format!("/{INSIDE}/{name}");
    let mut words = Vec::new();
    if let Some(loader) = &loader {
        let loader = name(loader).to_string_lossy().into_owned();
        words.extend([
            there(&loader),
            "--library-path".to_owned(),
            format!("/{INSIDE}"),
        ]);
    }
    words.push(there(QEMU));
    Ok((layer, words))
}

fn firmware_for(program: &Path) -> io::Result<Vec<PathBuf>> {
    // Of a qemu that somebody built it lies beside the program.
    let prefix = program.parent().and_then(Path::parent);
    let own = prefix.map(|prefix| prefix.join("share/qemu"));
    let folders = own
        .into_iter()
        .chain(FIRMWARE_FOLDERS.iter().map(PathBuf::from));
    let firmware = found(&FIRMWARE_FILES, folders);
    let is_there = |name: &&&str| firmware.iter().any(|path| path.ends_with(name));
    let mut needed = FIRMWARE_FILES[..NEEDED].iter();
    match needed.find(|name| !is_there(name)) {
        None => Ok(firmware),
        Some(missing) => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!(
                "its firmware {missing} is not there; the packages seabios and qemu-system-data have it"
            ),
        )),
    }
}

/// Each file where it is first.
fn found(names: &[&str], folders: impl Iterator<Item = PathBuf> + Clone) -> Vec<PathBuf> {
    let first = |name: &&str| {
        let mut places = folders.clone().map(|folder| folder.join(name));
        places.find(|path| path.is_file())
    };
    names.iter().filter_map(first).collect()
}

/// The libraries that a program is linked to, by the word of its loader.
fn linked(loader: &Path, program: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let listed = Command::new(loader)
        .arg("--list")
        .arg(program)
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&listed.stdout);
    libraries_in(&text).map_err(|missing| io::Error::new(io::ErrorKind::NotFound, missing))
}

/// A library of a program, by its name.
#[derive(Debug, thiserror::Error)]
#[error("its library {0} is not there")]
struct NoLibrary(String);

/// What a loader lists: a line each, `name => path (address)`.
fn libraries_in(text: &str) -> Result<BTreeSet<PathBuf>, NoLibrary> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let (name, path) = match line.split_once("=>") {
            Some((name, path)) => (name.trim(), path.trim()),
            None => (line.trim(), line.trim()),
        };
        if path.starts_with("not found") {
            return Err(NoLibrary(name.to_owned()));
        }
        let path = path.split(" (").next().unwrap_or_default();
        if path.starts_with('/') {
            found.insert(PathBuf::from(path));
        }
    }
    Ok(found)
}

/// Runs what is in the layer, as far as that goes outside of a container.
fn version(layer: &Path, words: &[String]) -> io::Result<String> {
    let here = |word: &String| match word.strip_prefix('/') {
        Some(inside) => layer.join(inside).into_os_string(),
        None => word.into(),
    };
    let mut words = words.iter().map(here);
    let program = words.next().unwrap_or_default();
    let said = Command::new(program)
        .args(words)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix(VERSION) {
        Some(version) if said.status.success() => Ok(version.to_owned()),
        _ => {
            let why = String::from_utf8_lossy(&said.stderr);
            let why: String = why.trim().chars().take(200).collect();
            Err(io::Error::other(format!("{}: {why}", said.status)))
        }
    }
}

/// Whether a node of a device can be opened where machines have theirs.
fn probe_nodes(dir: &Path) -> io::Result<()> {
    let node = dir.join("probe-node");
    super::guest::make_node(&node, Path::new("/dev/null"), 0)?;
    let opened = File::open(&node);
    fs::remove_file(&node)?;
    opened.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loaders_list() {
        let text = "\tlinux-vdso.so.1 (0x00007ffd)\n\
            \tlibpixman-1.so.0 => /lib/x86_64-linux-gnu/libpixman-1.so.0 (0x00007f11)\n\
            \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f12)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f13)\n";
        let found = libraries_in(text).unwrap();
        let expected = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib/x86_64-linux-gnu/libpixman-1.so.0",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        let expected: BTreeSet<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(found, expected);
        let missing = libraries_in("\tlibaio.so.1 => not found\n");
        let text = "its library libaio.so.1 is not there";
        assert_eq!(missing.unwrap_err().to_string(), text);
        assert!(libraries_in("\tstatically linked\n").unwrap().is_empty());
    }

    #[test]
    fn files_are_found_where_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let program = fs::canonicalize("/bin/sh").unwrap();
        let Some(loader) = interpreter(&program).unwrap() else {
            return;
        };
        let libraries = linked(&loader, &program).unwrap();
        assert!(libraries.iter().all(|path| path.is_file()), "{libraries:?}");
        assert!(
            libraries
                .iter()
                .any(|path| path.to_string_lossy().contains("libc.so"))
        );
        let first = dir.path().join("first");
        let second = dir.path().join("second");
        for folder in [&first, &second] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(second.join("bios"), "").unwrap();
        let folders = [first.clone(), second.clone()].into_iter();
        assert_eq!(
            found(&["bios", "none"], folders.clone()),
            [second.join("bios")]
        );
        fs::write(first.join("bios"), "").unwrap();
        assert_eq!(found(&["bios"], folders), [first.join("bios")]);
    }
}
