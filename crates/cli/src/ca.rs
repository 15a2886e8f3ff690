//! `wharf ca`: prints the certificate that clients trust to verify what was requested of Certificate
//! Manager: `curl --cacert <(wharf ca) https://…`. With `--endpoint`, the one that signs wharf's own endpoint.

use std::{fs, process::ExitCode};

use wharf_api_wharf::types::{GetCertificateAuthorityRequest, GetCertificateAuthorityResponse};

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
    let nothing = GetCertificateAuthorityRequest::default();
    let asked = call::wharf(layout, &settings, "GetCertificateAuthority", &nothing);
    let authority: GetCertificateAuthorityResponse = call::block_on(asked)?;
    print!("{}", authority.certificates.unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}
