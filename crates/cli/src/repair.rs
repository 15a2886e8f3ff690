//! `wharf repair`: what to do about a store that opens no more.

use std::process::ExitCode;

use crate::{call, layout::Layout, problem::Problem};

pub fn run(layout: &Layout, give_up: bool) -> Result<ExitCode, Problem> {
    crate::roles::keep_files_private();
    crate::roles::require_installation(layout)?;
    let _lock = layout.lock()?;
    let server = layout.server();
    let report = call::block_on(async {
        wharf_server::repair(&server, give_up)
            .await
            .map_err(|cause| Problem::caused("nothing was changed", cause))
    })?;
    for damage in &report.damage {
        println!("{damage}");
    }
    if report.damage.is_empty() {
        println!("Store and journal are whole.");
    } else if give_up {
        println!("The damaged part was discarded, with everything written after it.");
        if let Some(aside) = report.aside {
            println!("The damaged store is kept in {}.", aside.display());
        }
    } else {
        println!(
            "Nothing was changed. `wharf restore` makes a control plane from a backup; `wharf repair --give-up-damaged` \
             discards the damaged part and everything written after it."
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
