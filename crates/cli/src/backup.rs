//! `wharf backup` and `wharf restore`: a copy of the control plane, and a control plane from a copy.

use std::{path::Path, process::ExitCode, time::Duration};

use wharf_api_wharf::types::{
    BackupCopy, BackupRequest, BackupResponse, GetBackupRequest, GetBackupResponse,
};
use wharf_server::BackupProof;

use crate::{
    call,
    layout::{Layout, Settings},
    problem::Problem,
    roles,
    style::Style,
};

/// How often the server is asked whether it is done.
const ASK_EVERY: Duration = Duration::from_millis(200);

pub fn take(layout: &Layout, dir: &Path) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let dir = std::path::absolute(dir).map_err(Problem::file("cannot find", dir))?;
    let Some(name) = dir.to_str() else {
        return Err(Problem::other("the folder's path is not UTF-8"));
    };
    roles::keep_files_private();
    // The server writes there as root, and must know that we could too.
    let proof = BackupProof::write(&dir).map_err(Problem::file("cannot write to", &dir))?;
    let begin = BackupRequest {
        dir: Some(name.to_owned()),
        proof: Some(proof.text().to_owned()),
    };
    let copy = call::block_on(async {
        let _: BackupResponse = call::wharf(layout, &settings, "Backup", &begin).await?;
        drop(proof);
        finished(layout, &settings).await
    })?;
    show(layout, &dir, &copy)
}

/// The copy, once it is complete.
async fn finished(layout: &Layout, settings: &Settings) -> Result<BackupCopy, Problem> {
    let nothing = GetBackupRequest::default();
    loop {
        let now: GetBackupResponse = call::wharf(layout, settings, "GetBackup", &nothing).await?;
        match (now.state.as_deref(), now.backup) {
            (Some("running"), _) => tokio::time::sleep(ASK_EVERY).await,
            (Some("done"), Some(copy)) => return Ok(copy),
            (Some("failed"), _) => {
                let reason = now.reason.unwrap_or_default();
                return Err(Problem::other(format!("the backup failed: {reason}")));
            }
            _ => {
                return Err(Problem::other(
                    "the server was restarted and the backup is not complete; run it again",
                ));
            }
        }
    }
}

fn show(layout: &Layout, dir: &Path, copy: &BackupCopy) -> Result<ExitCode, Problem> {
    let style = Style::of_stdout();
    println!(
        "{} {} holds copy {} of installation {}: {} records at revision {}, {} layers and manifests.",
        style.good("Done."),
        dir.display(),
        copy.copy.unwrap_or_default(),
        copy.installation.as_deref().unwrap_or_default(),
        copy.entries.unwrap_or_default(),
        copy.revision.unwrap_or_default(),
        copy.blobs.unwrap_or_default()
    );
    println!(
        "Copied {} bytes; {} were there already.",
        copy.copied_bytes.unwrap_or_default(),
        copy.kept_bytes.unwrap_or_default()
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
            "What was there before is in {}; remove it when you no longer need it.",
            aside.display()
        );
    }
    println!("Start it with `wharf up`; containers that still run are taken over.");
    Ok(ExitCode::SUCCESS)
}
