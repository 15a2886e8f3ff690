//! `wharf backup` and `wharf restore`: a copy of the control plane, and a control plane from a copy.

use std::{path::Path, process::ExitCode, time::Duration};

use serde::Deserialize;
use wharf_server::{BackupHead, BackupProof};

use crate::{call, layout::Layout, problem::Problem, roles, style::Style};

/// How often the server is asked whether it is done.
const ASK_EVERY: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    None,
    Running,
    Done { backup: Box<BackupHead> },
    Failed { reason: String },
}

pub fn take(layout: &Layout, dir: &Path) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let dir = std::path::absolute(dir).map_err(Problem::file("cannot find", dir))?;
    let Some(name) = dir.to_str() else {
        return Err(Problem::other("the folder's path is not UTF-8"));
    };
    roles::keep_files_private();
    // The server writes there as root, and must know that we could too.
    let proof = BackupProof::write(&dir).map_err(Problem::file("cannot write to", &dir))?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("dir", name)
        .append_pair("proof", proof.text())
        .finish();
    let head = call::block_on(async {
        call::ask(layout, &settings, "POST", "/wharf/backup", &query).await?;
        drop(proof);
        loop {
            let text = call::ask(layout, &settings, "GET", "/wharf/backup", "").await?;
            let state = serde_json::from_str(&text)
                .map_err(|cause| Problem::caused("the server's answer is not understood", cause))?;
            match state {
                State::Running => tokio::time::sleep(ASK_EVERY).await,
                State::Done { backup } => return Ok(backup),
                State::Failed { reason } => {
                    return Err(Problem::other(format!("the backup failed: {reason}")));
                }
                State::None => {
                    return Err(Problem::other(
                        "the server was restarted and the backup is not complete; run it again"
                            .to_owned(),
                    ));
                }
            }
        }
    })?;
    let style = Style::of_stdout();
    println!(
        "{} {} holds copy {} of installation {}: {} records at revision {}, {} layers and manifests.",
        style.good("Done."),
        dir.display(),
        head.copy,
        head.installation,
        head.entries,
        head.revision,
        head.blobs
    );
    println!(
        "Copied {} bytes; {} were there already.",
        head.copied_bytes, head.kept_bytes
    );
    println!(
        "{}",
        style.faint(&format!(
            "The keyring is not part of it, and nothing can be restored without: {}.",
            match layout.keyring()?.path() {
                Some(path) => format!("keep a copy of {} elsewhere", path.display()),
                None => "keep the one that the descriptor gave".to_owned(),
            }
        ))
    );
    Ok(ExitCode::SUCCESS)
}

pub fn restore(layout: &Layout, dir: &Path, replace: bool) -> Result<ExitCode, Problem> {
    roles::keep_files_private();
    layout.require_folder()?;
    // No `wharf up` starts meanwhile.
    let _lock = layout.lock()?;
    let restored = wharf_server::restore(dir, &layout.server(), &layout.keyring()?, replace);
    let report = restored.map_err(|cause| Problem::caused("nothing was restored", cause))?;
    layout.adopt_installation(&report.backup.installation)?;
    let style = Style::of_stdout();
    println!(
        "{} {} holds installation {} as of revision {}, in epoch {}.",
        style.good("Restored."),
        layout.root().display(),
        report.backup.installation,
        report.backup.revision,
        report.epoch
    );
    if let Some(aside) = report.replaced {
        println!(
            "What was there before is in {}; remove it when you need it no more.",
            aside.display()
        );
    }
    println!("Start it with `wharf up`; containers that still run are taken over.");
    Ok(ExitCode::SUCCESS)
}
