//! What stops a command: what is wrong, with what, what to do, and the exit code that tells scripts.

use std::{error::Error, fmt, io, net::SocketAddr, path::PathBuf, process::ExitCode};

use nix::{errno::Errno, unistd::geteuid};

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("wharf must run as root: it makes namespaces, mounts and networks")]
    NotRoot,
    #[error("this kernel lacks what wharf needs: {feature}")]
    Kernel { feature: String, remedy: String },
    #[error("{address} is in use by another program")]
    PortInUse { address: SocketAddr },
    #[error("{address}, where metrics shall be served, is in use by another program")]
    MetricsPortInUse { address: SocketAddr },
    #[error("{} is no folder, and trails are kept in one", path.display())]
    NoTrails { path: PathBuf },
    #[error("cannot reach the server at {authority}")]
    Unreachable {
        authority: String,
        #[source]
        cause: io::Error,
    },
    #[error(
        "that is no token as `wharf token` prints it: three parts of digits and letters with dots between them"
    )]
    NoToken,
    #[error("the data folder {} is in use by {}", path.display(), holder(*pid))]
    DataInUse { path: PathBuf, pid: u32 },
    #[error("there is no installation in {}", path.display())]
    NoInstallation { path: PathBuf },
    #[error("the node in {} has not joined a server", path.display())]
    NotJoined { path: PathBuf },
    #[error("no wharf answers at {endpoint}")]
    NotRunning { endpoint: String },
    #[error("{what} {}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the control plane could not start")]
    Server(#[source] wharf_server::StartError),
    /// It has said why itself.
    #[error("a part of wharf ended")]
    PartEnded { code: u8 },
    #[error("{what}")]
    Other {
        what: String,
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
}

/// Who has a folder; 0 is one that has not said which process it is.
fn holder(pid: u32) -> String {
    match pid {
        0 => "another process".to_owned(),
        pid => format!("process {pid}"),
    }
}

impl Problem {
    pub fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { what, path, cause }
    }

    pub fn other(what: impl Into<String>) -> Self {
        Self::Other {
            what: what.into(),
            cause: None,
        }
    }

    pub fn caused(what: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other {
            what: what.into(),
            cause: Some(cause.into()),
        }
    }

    /// Whether this user may not touch a file that root may; the error names it.
    fn wants_root(&self, is_root: bool) -> bool {
        let mut next: Option<&(dyn Error + 'static)> = Some(self);
        let mut denied = false;
        while let Some(error) = next {
            let io = error.downcast_ref::<io::Error>();
            let errno = error.downcast_ref::<Errno>();
            denied |= io.is_some_and(|io| io.kind() == io::ErrorKind::PermissionDenied)
                || errno.is_some_and(|errno| matches!(errno, Errno::EACCES | Errno::EPERM));
            next = error.source();
        }
        denied && !is_root
    }

    /// What the person can do about it; empty where the text says it all.
    pub fn remedy(&self) -> String {
        self.remedy_for(geteuid().is_root())
    }

    fn remedy_for(&self, is_root: bool) -> String {
        match self {
            denied if denied.wants_root(is_root) => Self::NotRoot.remedy_for(is_root),
            Self::NotRoot => "Run it again with sudo.".to_owned(),
            Self::Kernel { remedy, .. } => remedy.clone(),
            Self::PortInUse { address } => {
                format!(
                    "Choose another port with --port, or end the program that holds {}.",
                    address.port()
                )
            }
            Self::MetricsPortInUse { address } => format!(
                "Choose another port with --metrics (the parts of a node have the next ones), or end the program that holds {}.",
                address.port()
            ),
            Self::NoTrails { .. } => {
                "Name a folder with --trails; it is made if it is not there.".to_owned()
            }
            Self::Unreachable { .. } => {
                "Check that the server was started with --listen ADDRESS and runs, that this is its address and port, \
                 and that no firewall between the two machines is in the way."
                    .to_owned()
            }
            Self::NoToken => {
                "Run `wharf token` where the server runs, and give here all of what stands after <<< there."
                    .to_owned()
            }
            Self::DataInUse { path, .. } => format!(
                "Use the installation that runs, end it with `wharf down --data {}`, or choose another folder with --data.",
                path.display()
            ),
            Self::NoInstallation { path } => {
                format!(
                    "Start one with `wharf up --data {}`, or name the folder of the one you mean with --data: \
                     sudo does not pass WHARF_DATA on.",
                    path.display()
                )
            }
            Self::NotJoined { .. } => {
                "Make a token with `wharf token` where the server runs, and run here what it prints."
                    .to_owned()
            }
            Self::NotRunning { .. } => {
                "Start it with `wharf up`. If it should be running, `wharf doctor` and the files in log/ of the data folder \
                 say what happened."
                    .to_owned()
            }
            Self::File { .. } | Self::Server(_) | Self::PartEnded { .. } | Self::Other { .. } => {
                String::new()
            }
        }
    }

    /// 1 in general; 2 is clap's for a wrong command line.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    pub fn code(&self) -> u8 {
        self.code_for(geteuid().is_root())
    }

    fn code_for(&self, is_root: bool) -> u8 {
        match self {
            denied if denied.wants_root(is_root) => Self::NotRoot.code_for(is_root),
            Self::NotRoot => 3,
            Self::Kernel { .. } => 4,
            Self::PortInUse { .. } | Self::MetricsPortInUse { .. } => 5,
            Self::DataInUse { .. } => 6,
            Self::NoInstallation { .. } | Self::NotJoined { .. } => 7,
            Self::NotRunning { .. } => 8,
            Self::PartEnded { code } => *code,
            Self::NoTrails { .. } | Self::Unreachable { .. } | Self::NoToken => 1,
            Self::File { .. } | Self::Server(_) | Self::Other { .. } => 1,
        }
    }
}

/// The error with its causes, and the remedy on a line of its own.
pub struct Full<'a>(pub &'a Problem);

impl fmt::Display for Full<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "wharf: {}", wharf_wire::fault::Chain(self.0))?;
        let remedy = self.0.remedy();
        if remedy.is_empty() {
            Ok(())
        } else {
            write!(out, "\n       {remedy}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(problem: &Problem, code: u8, text: &str) {
        assert_eq!(Full(problem).to_string(), text);
        assert_eq!(problem.code(), code);
    }

    #[test]
    fn each_says_what_where_and_what_to_do() {
        check(
            &Problem::NotRoot,
            3,
            "wharf: wharf must run as root: it makes namespaces, mounts and networks\n       Run it again with sudo.",
        );
        check(
            &Problem::PortInUse {
                address: "127.0.0.1:4566".parse().unwrap(),
            },
            5,
            "wharf: 127.0.0.1:4566 is in use by another program\n       \
             Choose another port with --port, or end the program that holds 4566.",
        );
        check(
            &Problem::DataInUse {
                path: "/d".into(),
                pid: 7,
            },
            6,
            "wharf: the data folder /d is in use by process 7\n       \
             Use the installation that runs, end it with `wharf down --data /d`, or choose another folder with --data.",
        );
        let nameless = Problem::DataInUse {
            path: "/d".into(),
            pid: 0,
        };
        assert_eq!(
            nameless.to_string(),
            "the data folder /d is in use by another process"
        );
        check(
            &Problem::Kernel {
                feature: "overlayfs".to_owned(),
                remedy: "Load it: modprobe overlay".to_owned(),
            },
            4,
            "wharf: this kernel lacks what wharf needs: overlayfs\n       Load it: modprobe overlay",
        );
        check(
            &Problem::MetricsPortInUse {
                address: "127.0.0.1:9460".parse().unwrap(),
            },
            5,
            "wharf: 127.0.0.1:9460, where metrics shall be served, is in use by another program\n       \
             Choose another port with --metrics (the parts of a node have the next ones), or end the program that holds 9460.",
        );
        check(
            &Problem::NotRunning {
                endpoint: "http://localhost:4566".to_owned(),
            },
            8,
            "wharf: no wharf answers at http://localhost:4566\n       \
             Start it with `wharf up`. If it should be running, `wharf doctor` and the files in log/ of the data folder \
             say what happened.",
        );
        check(
            &Problem::NoTrails { path: "/f".into() },
            1,
            "wharf: /f is no folder, and trails are kept in one\n       \
             Name a folder with --trails; it is made if it is not there.",
        );
        check(
            &Problem::NoInstallation { path: "/d".into() },
            7,
            "wharf: there is no installation in /d\n       \
             Start one with `wharf up --data /d`, or name the folder of the one you mean with --data: \
             sudo does not pass WHARF_DATA on.",
        );
    }

    #[test]
    fn a_file_of_root_wants_sudo_unless_this_is_root() {
        let denied = || io::Error::from_raw_os_error(13);
        let file = Problem::file("cannot read", "/d/settings.json")(denied());
        assert_eq!(file.remedy_for(false), "Run it again with sudo.");
        assert_eq!(file.code_for(false), 3);
        assert_eq!(
            (file.remedy_for(true).as_str(), file.code_for(true)),
            ("", 1)
        );
        let deeper = Problem::caused("the root key cannot be read", file);
        assert_eq!(deeper.code_for(false), 3);
        let signal = Problem::caused("cannot stop process 7", Errno::EPERM);
        assert_eq!(signal.remedy_for(false), "Run it again with sudo.");
        let other = Problem::file("cannot read", "/d")(io::ErrorKind::NotFound.into());
        assert_eq!(
            (other.remedy_for(false).as_str(), other.code_for(false)),
            ("", 1)
        );
    }
}
