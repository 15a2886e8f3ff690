//! Manifests, indexes and configurations, in Docker's and the OCI's forms.

use std::collections::BTreeMap;

use serde::Deserialize;
use wharf_base::image_index::{self, Entry};
use wharf_userns::{MOST_LAYERS, most_layers};

use super::{ExposedPort, ImageConfig, digest::Digest, lazy::OF_IMAGE};

/// Bounds in bytes: the registries' own limit for manifests, and room for long histories.
pub const MANIFEST_LIMIT: u64 = 4 << 20;
pub const CONFIG_LIMIT: u64 = 8 << 20;

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

/// Why an image cannot be used as its manifests and its configuration have it.
#[derive(Debug, thiserror::Error)]
pub enum UnusableImage {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(
        "no matching manifest for linux/{} in the manifest list entries",
        architecture()
    )]
    NoMatch,
    #[error("it is neither an image manifest nor an index")]
    NoManifest,
    #[error("an index within an index")]
    Nested,
    #[error("it has {layers} layers; at most {most} are allowed{}", before_kernel(*.most))]
    TooManyLayers { layers: usize, most: usize },
    #[error(
        "image platform ({os}/{of}) does not match this node (linux/{})",
        architecture()
    )]
    Platform { os: String, of: String },
    #[error("{layers} layers, but {configured} in its configuration")]
    LayerCount { layers: usize, configured: usize },
}

/// One image, or the choice between several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
        /// The manifest of the indexes of its layers, if it names one.
        indexes: Option<Digest>,
    },
    /// The one for this machine.
    Index { chosen: Digest },
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    manifests: Option<Vec<Entry<Digest>>>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    annotations: serde_json::Value,
}

/// The highest variant that this machine's processor runs.
pub fn level() -> u8 {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! can {
            ($($feature:tt)*) => { $(std::is_x86_feature_detected!($feature))&&* };
        }
        if !can!("cmpxchg16b" "popcnt" "sse3" "ssse3" "sse4.1" "sse4.2") {
            return 1;
        }
        if !can!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe") {
            return 2;
        }
        if !can!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl") {
            return 3;
        }
        4
    }
    #[cfg(not(target_arch = "x86_64"))]
    image_index::least(architecture())
}

/// This machine, as images name it.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub fn parse_manifest(bytes: &[u8]) -> Result<Manifest, UnusableImage> {
    let wire: Wire = serde_json::from_slice(bytes)?;
    if let Some(entries) = wire.manifests {
        return choose(entries, level())
            .map(|chosen| Manifest::Index { chosen })
            .ok_or(UnusableImage::NoMatch);
    }
    let (Some(config), Some(layers)) = (wire.config, wire.layers) else {
        return Err(UnusableImage::NoManifest);
    };
    if let Some(refusal) = too_many(layers.len(), most_layers()) {
        return Err(refusal);
    }
    let named = wire.annotations.get(OF_IMAGE).and_then(|it| it.as_str());
    let indexes = named.and_then(|it| it.to_owned().try_into().ok());
    Ok(Manifest::Image {
        config,
        layers,
        indexes,
    })
}

/// Why an image of so many layers cannot be had on a machine that runs those of `most`, if it cannot.
fn too_many(layers: usize, most: usize) -> Option<UnusableImage> {
    (layers > most).then_some(UnusableImage::TooManyLayers { layers, most })
}

fn before_kernel(most: usize) -> &'static str {
    match most < MOST_LAYERS {
        true => " before Linux 6.8",
        false => "",
    }
}

/// The entry that fits a processor of that level best.
fn choose(entries: Vec<Entry<Digest>>, level: u8) -> Option<Digest> {
    let fit = |it: Entry<Digest>| Some((it.wants()?.fit(architecture(), level)?, it.digest));
    image_index::best(entries.into_iter().filter_map(fit))
}

/// The configuration and the digests of the unpacked layers, lowest first.
pub fn parse_config(bytes: &[u8]) -> Result<(ImageConfig, Vec<Digest>), UnusableImage> {
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
    let file: File = serde_json::from_slice(bytes)?;
    let wrong = |value: &str, ours: &str| !value.is_empty() && value != ours;
    if wrong(&file.os, "linux") || wrong(&file.architecture, architecture()) {
        return Err(UnusableImage::Platform {
            os: file.os,
            of: file.architecture,
        });
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
        let found = parse_manifest(all.as_bytes()).unwrap();
        assert_eq!(found, Manifest::Index { chosen });
        let none = index(&[entry("a", "linux", "vax")]);
        assert!(
            parse_manifest(none.as_bytes())
                .unwrap_err()
                .to_string()
                .starts_with("no matching manifest for linux/")
        );
    }

    #[test]
    fn an_index_without_the_exact_platform_gives_the_nearest() {
        let own = architecture();
        let least = image_index::least(own);
        let above = least + 1;
        let of = |arch: &str, variant: String| {
            format!(r#","platform":{{"os":"linux","architecture":"{arch}","variant":"{variant}"}}"#)
        };
        let v = |number: u8| of(own, format!("v{number}"));
        let plain = || of(own, String::new());
        let unsaid = || String::new();
        let artifact = || r#","artifactType":"application/x-signature""#.to_owned();
        let nested = || r#","mediaType":"application/vnd.oci.image.index.v1+json""#.to_owned();
        let attestation = || of("unknown", String::new());
        // What the entries are, on a processor of which level, and which of them is taken.
        for (entries, level, expected) in [
            (vec![v(above), plain()], above, Some(1)),
            (vec![v(above), v(least)], above, Some(1)),
            (vec![plain(), plain()], least, Some(0)),
            (vec![v(above)], above, Some(0)),
            (
                vec![v(above), v(above + 1), v(above + 2)],
                above + 1,
                Some(1),
            ),
            (vec![v(above)], least, None),
            (vec![v(above), unsaid()], least, Some(1)),
            (vec![unsaid(), v(above)], above, Some(1)),
            (
                vec![artifact(), nested(), attestation(), unsaid()],
                least,
                Some(3),
            ),
            (vec![artifact(), nested(), attestation()], least, None),
            (vec![of(own, "v".to_owned())], above, None),
            (vec![of(own, "v999".to_owned())], above, None),
            (vec![of(own, "best".to_owned())], above, None),
            (vec![of("386", String::new())], above, None),
            (Vec::new(), above, None),
        ] {
            let entry = |(at, more): (usize, &String)| {
                format!(
                    r#"{{"digest":"{}","size":1{more}}}"#,
                    digest(&at.to_string())
                )
            };
            let all: Vec<String> = entries.iter().enumerate().map(entry).collect();
            let text = format!("[{}]", all.join(","));
            let chosen = choose(serde_json::from_str(&text).unwrap(), level);
            let at = |at: usize| Digest::try_from(digest(&at.to_string())).unwrap();
            assert_eq!(chosen, expected.map(at), "{text} at {level}");
        }
    }

    #[test]
    fn images_have_as_many_layers_as_the_kernel_stacks() {
        let allowed = |most: &str| Some(format!("it has 501 layers; at most {most}"));
        let refusal = |most: usize| too_many(501, most).map(|it| it.to_string());
        assert_eq!(refusal(MOST_LAYERS), allowed("500 are allowed"));
        let older = allowed("127 are allowed before Linux 6.8");
        assert_eq!(refusal(127), older);
        for (layers, most) in [(0, MOST_LAYERS), (500, MOST_LAYERS), (127, 127)] {
            assert!(too_many(layers, most).is_none());
        }
        let image = |layers: usize| {
            let layer = serde_json::json!({"digest": digest("a"), "size": 1});
            let image = serde_json::json!({"config": layer, "layers": vec![layer.clone(); layers]});
            parse_manifest(image.to_string().as_bytes())
        };
        // Whichever kernel this is.
        assert!(image(127).is_ok());
        let refused = image(MOST_LAYERS + 1).unwrap_err().to_string();
        assert!(refused.starts_with("it has 501 layers; "), "{refused}");
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
                .to_string()
                .contains("does not match this node")
        );
        for garbage in ["", "{}", "[]", r#"{"rootfs":{"diff_ids":["../x"]}}"#] {
            assert!(parse_config(garbage.as_bytes()).is_err());
        }
    }
}
