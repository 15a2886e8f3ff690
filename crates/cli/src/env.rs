//! `wharf env`: what a shell needs to point AWS tools, and `wharf` itself, at an installation.

use std::{path::Path, process::ExitCode};

use crate::{layout::Layout, problem::Problem};

pub fn run(layout: &Layout) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let root = wharf_server::root_credentials(&layout.server(), &layout.keyring()?)
        .map_err(|cause| Problem::caused("the root key cannot be read", cause))?;
    // They would win over, or be sent beside, what follows.
    println!("unset AWS_SESSION_TOKEN AWS_PROFILE");
    for (name, value) in [
        ("AWS_ENDPOINT_URL", settings.endpoint().as_str()),
        ("AWS_ACCESS_KEY_ID", &root.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &root.secret_access_key),
        ("AWS_REGION", &settings.region),
        ("AWS_DEFAULT_REGION", &settings.region),
        // Some operations are asked of a host whose name has a prefix, such as `stream-localhost`.
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
    ] {
        println!("export {name}={value}");
    }
    println!("export WHARF_DATA={}", quoted(layout.root()));
    Ok(ExitCode::SUCCESS)
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_is_one_word() {
        assert_eq!(quoted(Path::new("/d/it's $HOME")), "'/d/it'\\''s $HOME'");
    }
}
