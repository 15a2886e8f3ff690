//! The workspace of an account and region. There is one, always, named after its region.

use wharf_base::Arn;

/// What stands before the region.
const PREFIX: &str = "ws-";

/// Paths of workspaces begin so.
const PATH: &str = "/workspaces/";

/// The workspace's id in a region.
pub fn id(region: &str) -> String {
    format!("{PREFIX}{region}")
}

/// The region of a workspace's id.
pub fn region(id: &str) -> Option<&str> {
    id.strip_prefix(PREFIX).filter(|it| !it.is_empty())
}

pub fn arn(account: &str, region: &str) -> String {
    let resource = format!("workspace/{}", id(region));
    Arn::new(crate::SERVICE, region, account, resource).to_string()
}

/// The region of the workspace that a path is below, and the rest of the path; `None` for other paths.
pub fn split(path: &str) -> Option<(&str, &str)> {
    let (id, rest) = path.strip_prefix(PATH)?.split_once('/')?;
    let served = rest == "federate" || rest.starts_with("api/v1/");
    Some((region(id)?, rest)).filter(|_| served)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_the_region() {
        for (path, found) in [
            (
                "/workspaces/ws-us-east-1/api/v1/query",
                Some(("us-east-1", "api/v1/query")),
            ),
            (
                "/workspaces/ws-eu-west-1/federate",
                Some(("eu-west-1", "federate")),
            ),
            ("/workspaces/ws-us-east-1/logging", None),
            ("/workspaces/ws-us-east-1", None),
            ("/workspaces/ws-/federate", None),
            ("/workspaces/us-east-1/federate", None),
            ("/workspaces", None),
        ] {
            assert_eq!(split(path), found, "{path}");
        }
        assert_eq!(
            arn("000000000000", "us-east-1"),
            "arn:aws:aps:us-east-1:000000000000:workspace/ws-us-east-1"
        );
    }
}
