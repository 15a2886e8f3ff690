//! Where the keyring comes from, as the command line says: a file, a descriptor, a passphrase from a
//! file or a terminal. What is read is read once; a supervisor keeps it in memory and hands it to its
//! parts through pipes ([`Handed`]), never in arguments, in the environment or on disk.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, IsTerminal, Read, Write},
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
    sync::OnceLock,
};

use clap::Args;
use nix::{
    fcntl::{FcntlArg, FdFlag, OFlag, fcntl},
    sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr},
};
use wharf_seal::{KeyringError, KeyringPlace, KeyringSource, MAX_KEYRING, MAX_PASSPHRASE, Secret};

use crate::problem::Problem;

/// The options of every command that needs the keyring.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyringArgs {
    /// Where the keyring is, if not in the data folder; `up` and `server` remember it
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        conflicts_with = "keyring_fd"
    )]
    pub keyring_file: Option<PathBuf>,
    /// Read the keyring from this descriptor, once; it is not written to disk
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub keyring_fd: Option<i32>,
    /// Read the passphrase of the keyring from a file, /dev/fd/N say; a terminal is asked otherwise
    #[arg(long, global = true, value_name = "PATH")]
    pub keyring_passphrase_file: Option<PathBuf>,
}

static GIVEN: OnceLock<KeyringArgs> = OnceLock::new();
static DOCUMENT: OnceLock<Secret> = OnceLock::new();
static PASSPHRASE: OnceLock<Secret> = OnceLock::new();

/// At the start of the program.
pub fn remember(args: KeyringArgs) {
    let _ = GIVEN.set(args);
}

pub fn given() -> &'static KeyringArgs {
    GIVEN.get_or_init(KeyringArgs::default)
}

/// The keyring: from the descriptor, if one was given, else from `file`; and its passphrase, if it has
/// one.
pub fn source(file: PathBuf) -> Result<KeyringSource, Problem> {
    let mut source = match given().keyring_fd {
        Some(number) => KeyringSource::given(document(number)?),
        None => file.into(),
    };
    if let Some(path) = &given().keyring_passphrase_file {
        source.passphrase = Some(once(&PASSPHRASE, || read_passphrase(path))?);
    } else if needs_passphrase(&source) && std::io::stdin().is_terminal() {
        let text = format!("Passphrase of keyring {}: ", source.name().display());
        source.passphrase = Some(once(&PASSPHRASE, || ask(&text))?);
    }
    Ok(source)
}

/// Whether it is protected and the passphrase is still to be given.
fn needs_passphrase(source: &KeyringSource) -> bool {
    matches!(
        source.document(),
        Err(KeyringError::PassphraseNeeded { .. })
    )
}

/// Whether a file has a passphrase, without asking for it.
pub fn is_protected(path: &Path) -> bool {
    needs_passphrase(&path.to_owned().into())
}

/// The keyring that a descriptor holds; read once.
fn document(number: i32) -> Result<Secret, Problem> {
    once(&DOCUMENT, || read_document(number))
}

/// What a descriptor holds, which is used up by it.
pub fn read_document(number: i32) -> Result<Secret, Problem> {
    let failed = |cause| {
        let what = format!("the keyring cannot be read from descriptor {number}");
        Problem::caused(what, cause)
    };
    let file = take_descriptor(number).map_err(failed)?;
    let mut bytes = Vec::with_capacity(MAX_KEYRING + 1);
    let read = file.take(MAX_KEYRING as u64 + 1).read_to_end(&mut bytes);
    let secret = Secret::from(bytes);
    read.map_err(failed)?;
    if secret.expose().is_empty() {
        return Err(Problem::other(format!(
            "descriptor {number} holds no keyring"
        )));
    }
    Ok(secret)
}

/// The descriptor, for this process alone.
fn take_descriptor(number: RawFd) -> std::io::Result<File> {
    // SAFETY: only asks about the number, whatever it is.
    let named = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    fcntl(named, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    // SAFETY: it is open, whoever started this process made it for this, and it is taken over once.
    Ok(unsafe { File::from_raw_fd(number) })
}

fn once(
    cell: &OnceLock<Secret>,
    read: impl FnOnce() -> Result<Secret, Problem>,
) -> Result<Secret, Problem> {
    if let Some(known) = cell.get() {
        return Ok(known.clone());
    }
    let secret = read()?;
    Ok(cell.get_or_init(|| secret).clone())
}

/// The first line of a file that nobody else may read, or of a pipe.
pub fn read_passphrase(path: &Path) -> Result<Secret, Problem> {
    let file = File::open(path).map_err(Problem::file("cannot open", path))?;
    let meta = file
        .metadata()
        .map_err(Problem::file("cannot read", path))?;
    if meta.is_file() && meta.mode() & 0o077 != 0 {
        return Err(Problem::other(format!(
            "others may read the passphrase in {}: run `chmod 600` on it, and set another passphrase if somebody may have read it",
            path.display()
        )));
    }
    let line = read_line(file).map_err(Problem::file("cannot read", path))?;
    usable(line)
}

fn usable(passphrase: Secret) -> Result<Secret, Problem> {
    match passphrase.expose().len() {
        0 => Err(Problem::other("the passphrase is empty")),
        length if length > MAX_PASSPHRASE => Err(Problem::other(format!(
            "a passphrase has at most {MAX_PASSPHRASE} bytes"
        ))),
        _ => Ok(passphrase),
    }
}

fn read_line(from: impl Read) -> std::io::Result<Secret> {
    // Reserved whole, so that reading leaves no outgrown copy behind.
    let mut line = Vec::with_capacity(MAX_PASSPHRASE + 2);
    let read = BufReader::with_capacity(1, from.take(MAX_PASSPHRASE as u64 + 2))
        .read_until(b'\n', &mut line);
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    let line = Secret::from(line);
    read.map(|_| line)
}

/// Asks on the terminal, without showing what is typed.
pub fn ask(text: &str) -> Result<Secret, Problem> {
    let failed = |cause| Problem::caused("the terminal cannot be asked for the passphrase", cause);
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut tty = tty.map_err(failed)?;
    let before = tcgetattr(&tty).map_err(|cause| failed(cause.into()))?;
    let mut hidden = before.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    hidden
        .local_flags
        .insert(LocalFlags::ECHONL | LocalFlags::ICANON);
    tcsetattr(&tty, SetArg::TCSAFLUSH, &hidden).map_err(|cause| failed(cause.into()))?;
    let asked = tty
        .write_all(text.as_bytes())
        .and_then(|()| read_line(&tty));
    let _ = tcsetattr(&tty, SetArg::TCSAFLUSH, &before);
    usable(asked.map_err(failed)?)
}

/// A secret that each process of a part gets through a pipe of its own.
pub struct Handed {
    flag: &'static str,
    /// The flag takes a path instead of a number.
    as_path: bool,
    secret: Secret,
}

/// The child's end of the pipe, until it is started.
pub struct Passed(OwnedFd);

impl Handed {
    /// A keyring's document, for a flag that takes a descriptor.
    pub fn document(flag: &'static str, document: Secret) -> Self {
        Self::new(flag, false, document)
    }

    pub fn passphrase(passphrase: Secret) -> Self {
        Self::new("--keyring-passphrase-file", true, passphrase)
    }

    fn new(flag: &'static str, as_path: bool, secret: Secret) -> Self {
        let bytes = secret.expose();
        if let Some(first) = std::ptr::NonNull::new(bytes.as_ptr().cast_mut()) {
            // Not to be swapped out. Where that is not allowed it is kept all the same.
            // SAFETY: the range is that of a live allocation, whose content is not touched.
            let _ = unsafe { nix::sys::mman::mlock(first.cast(), bytes.len()) };
        }
        Self {
            flag,
            as_path,
            secret,
        }
    }

    /// A pipe with all of it, for the next process.
    pub fn pass(&self) -> Result<Passed, Problem> {
        let failed = |cause| Problem::caused("the keyring cannot be handed over", cause);
        let (read, write) =
            nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(|cause| failed(cause.into()))?;
        // It fits into the pipe, and must not wait for a reader that is not there yet.
        fcntl(&write, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|e| failed(e.into()))?;
        File::from(write)
            .write_all(self.secret.expose())
            .map_err(failed)?;
        fcntl(&read, FcntlArg::F_SETFD(FdFlag::empty())).map_err(|e| failed(e.into()))?;
        Ok(Passed(read))
    }

    /// What goes onto the child's command line.
    pub fn arguments(&self, passed: &Passed) -> [String; 2] {
        let number = passed.0.as_raw_fd();
        let value = match self.as_path {
            true => format!("/dev/fd/{number}"),
            false => number.to_string(),
        };
        [self.flag.to_owned(), value]
    }
}

/// How parts of `wharf up` and `wharf node` get the keyring of their node.
pub enum NodeKeys {
    /// With its passphrase, if it has one. The parts read it again when it is rotated.
    File(PathBuf, Option<Secret>),
    Document(Secret),
}

impl NodeKeys {
    /// As a file where it is one, else as a document.
    pub fn of(source: &KeyringSource) -> Result<Self, Problem> {
        match &source.place {
            KeyringPlace::File(path) => Ok(Self::File(path.clone(), source.passphrase.clone())),
            KeyringPlace::Given(_) => {
                let document = source.document();
                let failed = |cause| Problem::caused("the node's keyring cannot be opened", cause);
                Ok(Self::Document(document.map_err(failed)?))
            }
        }
    }

    /// Arguments of the part, and what is handed to it.
    pub fn for_part(&self) -> (Vec<std::ffi::OsString>, Vec<Handed>) {
        match self {
            Self::File(path, passphrase) => (
                vec!["--keyring-file".into(), path.into()],
                passphrase
                    .clone()
                    .map(Handed::passphrase)
                    .into_iter()
                    .collect(),
            ),
            Self::Document(document) => (
                Vec::new(),
                vec![Handed::document("--keyring-fd", document.clone())],
            ),
        }
    }
}

/// Beside a keyring that lies elsewhere.
pub fn of_node(keyring: &Path) -> PathBuf {
    keyring.with_added_extension("node")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_passphrase_is_a_line_within_bounds() {
        let of = |text: &[u8]| usable(read_line(text).unwrap()).ok();
        assert_eq!(of(b"correct horse\n"), Some("correct horse".into()));
        assert_eq!(of(b" a b "), Some(" a b ".into()));
        assert_eq!(of(b"one\ntwo\n"), Some("one".into()));
        assert_eq!(of(b""), None);
        assert_eq!(of(b"\n"), None);
        assert!(of(&[b'x'; MAX_PASSPHRASE]).is_some());
        assert_eq!(of(&[b'x'; MAX_PASSPHRASE + 1]), None);
    }

    #[test]
    fn a_passphrase_that_others_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        fs::write(&path, "hush\n").unwrap();
        for (mode, good) in [(0o600, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_passphrase(&path).is_ok(), good, "{mode:o}");
        }
    }

    #[test]
    fn what_is_handed_over_arrives_whole() {
        let document = Secret::from(vec![b'k'; MAX_KEYRING]);
        let handed = Handed::document("--keyring-fd", document.clone());
        for _ in 0..2 {
            let passed = handed.pass().unwrap();
            let [flag, number] = handed.arguments(&passed);
            assert_eq!(flag, "--keyring-fd");
            assert_eq!(number, passed.0.as_raw_fd().to_string());
            let mut read = Vec::new();
            File::from(passed.0).read_to_end(&mut read).unwrap();
            assert_eq!(Secret::from(read), document);
        }
    }
}
