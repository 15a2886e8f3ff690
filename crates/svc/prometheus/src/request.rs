//! What a request asks for.

use crate::answer::Failure;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    RemoteWrite,
    Query,
    QueryRange,
    Exemplars,
    Labels,
    /// The values of a label.
    Values(String),
    Series,
    Metadata,
    BuildInfo,
    Federate,
}

impl Request {
    /// What a method asks of a path below a workspace.
    ///
    /// # Errors
    /// There is no such path, or it takes another method.
    pub fn of(method: &str, path: &str) -> Result<Self, Failure> {
        let it = match path {
            "federate" => Self::Federate,
            "api/v1/remote_write" => Self::RemoteWrite,
            "api/v1/query" => Self::Query,
            "api/v1/query_range" => Self::QueryRange,
            "api/v1/query_exemplars" => Self::Exemplars,
            "api/v1/labels" => Self::Labels,
            "api/v1/series" => Self::Series,
            "api/v1/metadata" => Self::Metadata,
            "api/v1/status/buildinfo" => Self::BuildInfo,
            other => match label_of(other) {
                Some(label) => Self::Values(label),
                None => {
                    let text = format!("{other} of Prometheus is not supported by wharf");
                    return Err(Failure::new(404, "not_found", text));
                }
            },
        };
        let allowed = match &it {
            Self::RemoteWrite => &["POST"][..],
            Self::Query | Self::QueryRange | Self::Exemplars | Self::Labels | Self::Series => {
                &["GET", "POST"]
            }
            _ => &["GET"],
        };
        match allowed.contains(&method) {
            true => Ok(it),
            false => {
                let text = format!("{path} takes {}", allowed.join(" and "));
                Err(Failure::new(405, "bad_data", text))
            }
        }
    }

    /// The action that policies allow, without its service.
    pub fn action(&self) -> &'static str {
        match self {
            Self::RemoteWrite => "RemoteWrite",
            Self::Labels | Self::Values(_) => "GetLabels",
            Self::Series => "GetSeries",
            Self::Metadata => "GetMetricMetadata",
            Self::Query | Self::QueryRange | Self::Exemplars | Self::BuildInfo | Self::Federate => {
                "QueryMetrics"
            }
        }
    }

    pub fn is_write(&self) -> bool {
        *self == Self::RemoteWrite
    }
}

fn label_of(path: &str) -> Option<String> {
    let name = path
        .strip_prefix("api/v1/label/")?
        .strip_suffix("/values")?;
    let name = percent_encoding::percent_decode_str(name)
        .decode_utf8()
        .ok()?;
    (!name.is_empty() && !name.contains('/')).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods() {
        for (method, path, wanted) in [
            ("POST", "api/v1/remote_write", Ok(Request::RemoteWrite)),
            ("GET", "api/v1/remote_write", Err(405)),
            ("POST", "api/v1/query", Ok(Request::Query)),
            (
                "GET",
                "api/v1/label/a%2Eb/values",
                Ok(Request::Values("a.b".into())),
            ),
            ("GET", "api/v1/label//values", Err(404)),
            ("GET", "api/v1/rules", Err(404)),
            ("POST", "federate", Err(405)),
        ] {
            let found = Request::of(method, path).map_err(|it| it.status);
            assert_eq!(found, wanted, "{method} {path}");
        }
    }
}
