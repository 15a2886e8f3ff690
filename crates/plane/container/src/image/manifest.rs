//! Manifests, indexes and configurations, in Docker's and the OCI's forms.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{ExposedPort, ImageConfig, digest::Digest};

/// Bounds in bytes: the registries' own limit for manifests, and room for long histories.
pub const MANIFEST_LIMIT: u64 = 4 << 20;
pub const CONFIG_LIMIT: u64 = 8 << 20;
/// As many as Docker allows.
const MAX_LAYERS: usize = 127;

/// What a request for a manifest accepts.
pub const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Descriptor {
    pub digest: Digest,
    pub size: u64,
}

/// One image, or the choice between several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
    /// The one for this machine.
    Index { chosen: Digest },
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    manifests: Option<Vec<Candidate>>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
struct Candidate {
    digest: Digest,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

/// This machine, as images name it.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub fn parse_manifest(bytes: &[u8]) -> Result<Manifest, String> {
    let wire: Wire = parse(bytes)?;
    if let Some(candidates) = wire.manifests {
        let fits =
            |platform: &Platform| platform.os == "linux" && platform.architecture == architecture();
        return candidates
            .into_iter()
            .find(|candidate| candidate.platform.as_ref().is_some_and(fits))
            .map(|candidate| Manifest::Index {
                chosen: candidate.digest,
            })
            .ok_or_else(|| {
                format!(
                    "no matching manifest for linux/{} in the manifest list entries",
                    architecture()
                )
            });
    }
    let (Some(config), Some(layers)) = (wire.config, wire.layers) else {
        return Err("it is neither an image manifest nor an index".to_owned());
    };
    if layers.len() > MAX_LAYERS {
        return Err(format!(
            "it has {} layers; at most {MAX_LAYERS} are allowed",
            layers.len()
        ));
    }
    Ok(Manifest::Image { config, layers })
}

/// The configuration and the digests of the unpacked layers, lowest first.
pub fn parse_config(bytes: &[u8]) -> Result<(ImageConfig, Vec<Digest>), String> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        architecture: String,
        #[serde(default)]
        os: String,
        #[serde(default)]
        config: Option<Run>,
        rootfs: Rootfs,
    }
    #[derive(Deserialize)]
    struct Rootfs {
        diff_ids: Vec<Digest>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Run {
        user: Option<String>,
        env: Option<Vec<String>>,
        entrypoint: Option<Vec<String>>,
        cmd: Option<Vec<String>>,
        working_dir: Option<String>,
        stop_signal: Option<String>,
        exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
        volumes: Option<BTreeMap<String, serde_json::Value>>,
        labels: Option<BTreeMap<String, String>>,
    }
    let file: File = parse(bytes)?;
    let wrong = |value: &str, ours: &str| !value.is_empty() && value != ours;
    if wrong(&file.os, "linux") || wrong(&file.architecture, architecture()) {
        return Err(format!(
            "image platform ({}/{}) does not match this node (linux/{})",
            file.os,
            file.architecture,
            architecture()
        ));
    }
    let run = file.config.unwrap_or_default();
    let pair = |text: String| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (text, String::new()),
    };
    let config = ImageConfig {
        entrypoint: run.entrypoint.unwrap_or_default(),
        cmd: run.cmd.unwrap_or_default(),
        env: run.env.unwrap_or_default().into_iter().map(pair).collect(),
        working_dir: run.working_dir.unwrap_or_default(),
        user: run.user.unwrap_or_default(),
        stop_signal: run.stop_signal.filter(|signal| !signal.is_empty()),
        exposed_ports: run
            .exposed_ports
            .unwrap_or_default()
            .keys()
            .filter_map(|port| parse_port(port))
            .collect(),
        volumes: run.volumes.unwrap_or_default().into_keys().collect(),
        labels: run.labels.unwrap_or_default(),
    };
    Ok((config, file.rootfs.diff_ids))
}

/// `80`, `80/tcp`; anything else is left out, as it is information only.
fn parse_port(text: &str) -> Option<ExposedPort> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    Some(ExposedPort {
        port: port.parse().ok()?,
        protocol: protocol.to_owned(),
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(letter: &str) -> String {
        format!("sha256:{}", letter.repeat(64))
    }

    #[test]
    fn an_index_gives_the_one_for_this_machine() {
        let entry = |d: &str, os: &str, arch: &str| {
            format!(
                r#"{{"digest":"{}","size":1,"platform":{{"os":"{os}","architecture":"{arch}"}}}}"#,
                digest(d)
            )
        };
        let index = |entries: &[String]| format!(r#"{{"manifests":[{}]}}"#, entries.join(","));
        let all = index(&[
            entry("a", "windows", architecture()),
            entry("b", "linux", architecture()),
            entry("c", "unknown", "unknown"),
        ]);
        let chosen = Digest::try_from(digest("b")).unwrap();
        assert_eq!(
            parse_manifest(all.as_bytes()),
            Ok(Manifest::Index { chosen })
        );
        let none = index(&[entry("a", "linux", "vax")]);
        assert!(
            parse_manifest(none.as_bytes())
                .unwrap_err()
                .starts_with("no matching manifest for linux/")
        );
    }

    #[test]
    fn configurations_of_docker_and_oci() {
        let text = format!(
            r#"{{"os":"linux","architecture":"{}","config":{{"Env":["PATH=/bin","EMPTY"],"Cmd":["x"],"Entrypoint":null,
                "ExposedPorts":{{"80/tcp":{{}},"bad":{{}}}},"StopSignal":"SIGQUIT","User":"app","WorkingDir":"/w"}},
                "rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            architecture(),
            digest("d")
        );
        let (config, ids) = parse_config(text.as_bytes()).unwrap();
        assert_eq!(
            (config.cmd, config.entrypoint.len(), ids.len()),
            (vec!["x".to_owned()], 0, 1)
        );
        assert_eq!(config.env[1], ("EMPTY".to_owned(), String::new()));
        assert_eq!(
            config.exposed_ports,
            [ExposedPort {
                port: 80,
                protocol: "tcp".into()
            }]
        );
        assert_eq!(config.stop_signal.as_deref(), Some("SIGQUIT"));
        let other = text.replace(architecture(), "vax");
        assert!(
            parse_config(other.as_bytes())
                .unwrap_err()
                .contains("does not match this node")
        );
        for garbage in ["", "{}", "[]", r#"{"rootfs":{"diff_ids":["../x"]}}"#] {
            assert!(parse_config(garbage.as_bytes()).is_err());
        }
    }
}
