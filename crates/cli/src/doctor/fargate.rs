//! Whether Fargate tasks can have user namespaces of their own here: tried as a node does when it starts.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;
use wharf_base::Chain;
use wharf_container::runtime::NoUserNamespaces;

use super::{Finding, Verdict, finding};
use crate::{problem::Problem, roles};

const REMEDY: &str = "use Linux 5.19 or newer and ext4, xfs or btrfs for the data, or start wharf with \
    --fargate-without-userns: it then takes Fargate tasks without user namespaces";

/// Why tasks of Fargate can have no user namespaces, or why that is not known.
#[derive(Debug, thiserror::Error)]
enum NoNamespaces {
    #[error("only root can try")]
    NotRoot,
    /// What its causes are is not for one line.
    #[error("{0}")]
    Problem(Box<Problem>),
    #[error("{}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Refused(#[from] NoUserNamespaces),
}

/// `data` need not be there.
pub(super) fn user_namespaces(data: &Path) -> Finding {
    let tried = if geteuid().is_root() {
        probe(data)
    } else {
        Err(NoNamespaces::NotRoot)
    };
    let good = tried.is_ok();
    let detail = match tried {
        Ok(()) => "each has a user namespace of its own".to_owned(),
        Err(error) => format!("none are taken: {}", Chain(&error)),
    };
    finding("Fargate tasks", good, Verdict::Doubtful, detail, REMEDY)
}

fn probe(data: &Path) -> Result<(), NoNamespaces> {
    let problem = |it: Problem| NoNamespaces::Problem(Box::new(it));
    let shim = roles::shim_program().map_err(problem)?;
    // On the file system that tasks will be on, which decides.
    let there = data.ancestors().find(|path| path.exists());
    let folder = there
        .unwrap_or(Path::new("/"))
        .join(format!(".wharf-doctor-{}", std::process::id()));
    fs::create_dir(&folder).map_err(|source| NoNamespaces::Folder {
        path: folder.clone(),
        source,
    })?;
    let mut probed = Ok(());
    let ran = roles::block_on(1, async {
        probed = wharf_agent::probe_user_namespaces(&shim, &folder).await;
        Ok::<(), Problem>(())
    });
    let _ = fs::remove_dir_all(&folder);
    ran.map_err(problem)?;
    Ok(probed?)
}
