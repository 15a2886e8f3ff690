//! `wharf ca`: prints the certificate that clients trust to verify what was requested of Certificate
//! Manager: `curl --cacert <(wharf ca) https://…`.

use std::process::ExitCode;

use crate::{call, layout::Layout, problem::Problem};

pub fn run(layout: &Layout) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let asked = call::ask(layout, &settings, "GET", "/wharf/ca", "");
    print!("{}", call::block_on(asked)?);
    Ok(ExitCode::SUCCESS)
}
