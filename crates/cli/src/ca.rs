//! `wharf ca`: prints the certificate that clients trust to verify what was requested of Certificate
//! Manager: `curl --cacert <(wharf ca) https://…`. With `--endpoint`, the one that signs wharf's own endpoint.

use std::{fs, process::ExitCode};

use crate::{call, layout::Layout, problem::Problem};

pub fn run(layout: &Layout, endpoint: bool) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    if endpoint {
        let path = layout.authority().ok_or_else(|| {
            Problem::other("there is no authority yet: the first `wharf up` makes it")
        })?;
        let certificate = fs::read_to_string(&path).map_err(Problem::file("cannot read", &path))?;
        print!("{certificate}");
        return Ok(ExitCode::SUCCESS);
    }
    let asked = call::ask(layout, &settings, "GET", "/wharf/ca", "");
    print!("{}", call::block_on(asked)?);
    Ok(ExitCode::SUCCESS)
}
