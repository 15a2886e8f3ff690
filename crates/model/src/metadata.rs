//! What a model says of its service as a whole.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use wharf_wire::schema::Protocol;

use crate::{leaked, texts};

/// Prefixes of IAM actions that differ from the signing name.
const ACTION_PREFIXES: [(&str, &str); 2] = [
    ("cloudwatch", "cloudwatch"),
    ("resourcegroupstaggingapi", "tag"),
];

pub struct Metadata<'a> {
    pub name: &'a str,
    pub protocol: Protocol,
    pub protocols: Vec<Protocol>,
    metadata: &'a Value,
}

impl<'a> Metadata<'a> {
    pub fn read(model: &'a Value) -> Result<Self> {
        let metadata = &model["metadata"];
        let minor = metadata["jsonVersion"].as_str();
        let first = metadata["protocol"].as_str().context("protocol")?;
        let protocols = texts(&metadata["protocols"])
            .map(|name| protocol(name, minor))
            .collect::<Result<Vec<_>>>()?;
        let first = protocol(first, minor)?;
        Ok(Self {
            name: model["service"].as_str().context("service")?,
            protocol: first,
            protocols: match protocols.is_empty() {
                true => vec![first],
                false => protocols,
            },
            metadata,
        })
    }

    pub fn text(&self, key: &str) -> &'a str {
        self.metadata[key].as_str().unwrap_or_default()
    }

    pub fn signing_name(&self) -> &'a str {
        match self.text("signingName") {
            "" => self.text("endpointPrefix"),
            name => name,
        }
    }

    pub fn action_prefix(&self) -> &'a str {
        let own = ACTION_PREFIXES.iter().find(|it| it.0 == self.name);
        own.map_or_else(|| self.signing_name(), |it| it.1)
    }

    /// What clients of awsQuery know exceptions by, where other protocols have the names of their shapes.
    pub fn query_codes(&self, model: &Value) -> Option<&'static [(&'static str, &'static str)]> {
        let compatible = self.metadata.get("awsQueryCompatible").is_some();
        let moved_on = !self.protocol.is_query() && self.protocols.contains(&Protocol::Query);
        if !compatible && !moved_on {
            return None;
        }
        let shapes = model["shapes"].as_object().into_iter().flatten();
        let coded = shapes.filter_map(|(name, shape)| {
            let code = shape["error"]["code"].as_str()?;
            (code != name).then(|| (leaked(name.as_str()), leaked(code)))
        });
        Some(coded.collect::<Vec<_>>().leak())
    }
}

fn protocol(name: &str, json_version: Option<&str>) -> Result<Protocol> {
    Ok(match name {
        "json" => Protocol::Json {
            minor: match json_version {
                Some("1.0") => 0,
                Some("1.1") => 1,
                other => bail!("JSON version {other:?} is not known"),
            },
        },
        "query" => Protocol::Query,
        "ec2" => Protocol::Ec2,
        "rest-json" => Protocol::RestJson,
        "rest-xml" => Protocol::RestXml,
        "smithy-rpc-v2-cbor" => Protocol::Cbor,
        other => bail!("protocol {other} is not known"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_an_error() {
        assert_eq!(
            protocol("json", Some("1.0")).unwrap(),
            Protocol::Json { minor: 0 }
        );
        for (name, version) in [
            ("json", None),
            ("json", Some("2.0")),
            ("soap", None),
            ("", None),
        ] {
            assert!(protocol(name, version).is_err(), "{name} {version:?}");
        }
    }
}
