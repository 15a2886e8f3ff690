//! What lies in volumes of configuration: computed from a pod and the objects it refers to (pure), and written so that whoever reads
//! sees all of one version or all of another.
//!
//! As upstream lays them out: files are links into `..data`, itself a link to a folder of one version, which is replaced at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Component, Path, PathBuf},
};

use crate::{
    env::{self, BadConfig, Facts, Sources},
    pod::{
        ConfigMapSource, DownwardFiles, KeyToPath, Pod, Projection, SecretSource, TokenSource,
        Volume,
    },
};

const DEFAULT_MODE: u32 = 0o644;
/// Bytes of one volume: what a ConfigMap and a few more may hold.
const MOST_BYTES: usize = 8 << 20;
const DATA: &str = "..data";

/// A file of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    pub mode: u32,
}

/// Files by their paths in the volume.
pub type Files = BTreeMap<PathBuf, File>;

/// Files of one volume.
const MOST_FILES: usize = 5000;

/// The files of a volume while they are found: one too many is none.
#[derive(Default)]
struct Found {
    files: Files,
    bytes: usize,
}

/// Tokens of the pod's service account: made by the API, so brought.
pub trait Tokens {
    fn token(&self, of: &TokenSource) -> Option<String>;
}

/// The files of a volume; `None` if it is of another kind than those of configuration.
pub fn files(
    pod: &Pod,
    volume: &Volume,
    sources: &dyn Sources,
    tokens: &dyn Tokens,
    facts: &Facts,
) -> Option<Result<Files, BadConfig>> {
    let mut all = Found::default();
    let done = if let Some(of) = &volume.config_map {
        config_map(of, of.default_mode, sources, &mut all)
    } else if let Some(of) = &volume.secret {
        let name = of.secret_name.as_deref().unwrap_or_default();
        secret(of, name, of.default_mode, sources, &mut all)
    } else if let Some(of) = &volume.downward_api {
        downward(pod, of, of.default_mode, facts, &mut all)
    } else if let Some(of) = &volume.projected {
        let each = of.sources.iter();
        let mut done =
            each.map(|it| projection(pod, it, of.default_mode, sources, tokens, facts, &mut all));
        done.find(Result::is_err).unwrap_or(Ok(()))
    } else {
        return None;
    };
    let told = |error| match error {
        BadConfig::TooLarge => {
            BadConfig::Other(format!("volume \"{}\" is larger than 8 MiB", volume.name))
        }
        other => other,
    };
    Some(done.map(|()| all.files).map_err(told))
}

fn projection(
    pod: &Pod,
    of: &Projection,
    mode: Option<u32>,
    sources: &dyn Sources,
    tokens: &dyn Tokens,
    facts: &Facts,
    all: &mut Found,
) -> Result<(), BadConfig> {
    if let Some(of) = &of.config_map {
        config_map(of, mode, sources, all)
    } else if let Some(of) = &of.secret {
        secret(
            of,
            of.name.as_deref().unwrap_or_default(),
            mode,
            sources,
            all,
        )
    } else if let Some(of) = &of.downward_api {
        downward(pod, of, mode, facts, all)
    } else if let Some(of) = &of.service_account_token {
        let token = tokens.token(of);
        let missing =
            || BadConfig::Other("failed to fetch token: the API server made none".to_owned());
        let token = token.ok_or_else(missing)?;
        put(all, &of.path, token.into_bytes(), mode)
    } else {
        Err(BadConfig::Other(
            "a source of a volume that this node does not know".to_owned(),
        ))
    }
}

fn config_map(
    of: &ConfigMapSource,
    mode: Option<u32>,
    sources: &dyn Sources,
    all: &mut Found,
) -> Result<(), BadConfig> {
    match sources.config_map(&of.name) {
        Some(data) => keys(data, &of.items, of.optional, mode, all),
        None if of.optional => Ok(()),
        None => Err(BadConfig::NoConfigMap(of.name.clone())),
    }
}

fn secret(
    of: &SecretSource,
    name: &str,
    mode: Option<u32>,
    sources: &dyn Sources,
    all: &mut Found,
) -> Result<(), BadConfig> {
    match sources.secret(name) {
        Some(data) => keys(data, &of.items, of.optional, mode, all),
        None if of.optional => Ok(()),
        None => Err(BadConfig::NoSecret(name.to_owned())),
    }
}

fn keys(
    data: BTreeMap<String, Vec<u8>>,
    items: &[KeyToPath],
    optional: bool,
    mode: Option<u32>,
    all: &mut Found,
) -> Result<(), BadConfig> {
    if items.is_empty() {
        return data
            .into_iter()
            .try_for_each(|(key, bytes)| put(all, &key, bytes, mode));
    }
    for item in items {
        match data.get(&item.key) {
            Some(bytes) => put(all, &item.path, bytes.clone(), item.mode.or(mode))?,
            None if optional => {}
            None => {
                let text = format!("references non-existent config key: {}", item.key);
                return Err(BadConfig::Other(text));
            }
        }
    }
    Ok(())
}

fn downward(
    pod: &Pod,
    of: &DownwardFiles,
    mode: Option<u32>,
    facts: &Facts,
    all: &mut Found,
) -> Result<(), BadConfig> {
    for item in &of.items {
        let text = if let Some(of) = &item.field_ref {
            let unknown = || BadConfig::Other(format!("unsupported fieldPath: {}", of.field_path));
            env::field(pod, &of.field_path, facts).ok_or_else(unknown)?
        } else if let Some(of) = &item.resource_field_ref {
            let container = of
                .container_name
                .as_deref()
                .and_then(|it| pod.container(it));
            let value = container.and_then(|it| {
                env::resource(
                    &it.resources,
                    &pod.spec.resources,
                    &of.resource,
                    of.divisor.as_ref(),
                    facts,
                )
            });
            let unknown =
                || BadConfig::Other(format!("unsupported container resource: {}", of.resource));
            value.ok_or_else(unknown)?
        } else {
            continue;
        };
        put(all, &item.path, text.into_bytes(), item.mode.or(mode))?;
    }
    Ok(())
}

fn put(all: &mut Found, path: &str, bytes: Vec<u8>, mode: Option<u32>) -> Result<(), BadConfig> {
    let path = PathBuf::from(path);
    let is_plain = path.components().all(|it| match it {
        Component::Normal(name) => !name.to_string_lossy().starts_with(".."),
        _ => false,
    });
    // The API refuses such paths; a name of a key could still be one.
    if !is_plain || path.as_os_str().is_empty() {
        let text = format!("invalid path of a file in a volume: {}", path.display());
        return Err(BadConfig::Other(text));
    }
    let mode = mode.unwrap_or(DEFAULT_MODE) & 0o777;
    all.bytes = all.bytes.saturating_add(bytes.len());
    if all.bytes > MOST_BYTES || all.files.len() >= MOST_FILES {
        return Err(BadConfig::TooLarge);
    }
    all.files.insert(path, File { bytes, mode });
    Ok(())
}

/// Brings the folder to these files. `group`: theirs, which may read them. Whether anything changed. Blocks.
pub fn write(dir: &Path, files: &Files, group: Option<u32>, version: &str) -> io::Result<bool> {
    fs::create_dir_all(dir)?;
    open_to_all(dir)?;
    let data = dir.join(DATA);
    // A folder of one version, and nothing that the name of a folder elsewhere could be.
    let is_version = |it: &PathBuf| {
        let name = it.to_string_lossy();
        name.strip_prefix("..")
            .is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let before = fs::read_link(&data).ok().filter(is_version);
    if let Some(before) = &before
        && holds(&dir.join(before), files)
    {
        return Ok(false);
    }
    // Never the one that is read now, whatever the clock does.
    let mut name = format!("..{version}");
    if before.as_deref() == Some(Path::new(&name)) {
        name.push('x');
    }
    let fresh = dir.join(&name);
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir(&fresh)?;
    open_to_all(&fresh)?;
    for (path, file) in files {
        let place = fresh.join(path);
        let folders = path
            .ancestors()
            .skip(1)
            .filter(|it| !it.as_os_str().is_empty());
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        for folder in folders {
            open_to_all(&fresh.join(folder))?;
        }
        fs::write(&place, &file.bytes)?;
        let mut mode = file.mode;
        if group.is_some() {
            chown(&place, None, group)?;
            mode |= 0o440;
        }
        fs::set_permissions(&place, fs::Permissions::from_mode(mode))?;
    }
    let next = dir.join("..data_tmp");
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(&name, &next)?;
    fs::rename(&next, &data)?;
    let tops: BTreeSet<&Path> = files
        .keys()
        .filter_map(|it| it.iter().next().map(Path::new))
        .collect();
    for top in &tops {
        let link = dir.join(top);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new(DATA).join(top), link)?;
        }
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let known = entry.file_name();
        let is_own = known.to_string_lossy().starts_with("..");
        if !is_own && !tops.contains(Path::new(&known)) {
            fs::remove_file(entry.path())?;
        }
    }
    if let Some(before) = before {
        fs::remove_dir_all(dir.join(before))?;
    }
    Ok(true)
}

/// Whatever user a container has walks it, whatever this process leaves to others.
fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

fn holds(dir: &Path, files: &Files) -> bool {
    let same = |(path, file): (&PathBuf, &File)| {
        let place = dir.join(path);
        fs::read(&place).is_ok_and(|bytes| bytes == file.bytes)
    };
    files.iter().all(same) && count(dir) == files.len()
}

fn count(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|it| match it.file_type() {
            Ok(kind) if kind.is_dir() => count(&it.path()),
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    struct One;

    impl Sources for One {
        fn config_map(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
            (name == "c").then(|| BTreeMap::from([("k".to_owned(), b"v".to_vec())]))
        }
        fn secret(&self, _: &str) -> Option<BTreeMap<String, Vec<u8>>> {
            None
        }
    }

    impl Tokens for One {
        fn token(&self, of: &TokenSource) -> Option<String> {
            Some(format!("token of {}", of.audience))
        }
    }

    fn of(volume: Value) -> Result<Files, BadConfig> {
        let pod =
            json!({"metadata": {"name": "p", "labels": {"a": "b"}}, "spec": {"volumes": [volume]}});
        let pod = Pod::read(&pod).unwrap();
        files(&pod, &pod.spec.volumes[0], &One, &One, &Facts::default()).unwrap()
    }

    #[test]
    fn projected() {
        let found = of(json!({"name": "x", "projected": {"defaultMode": 0o400, "sources": [
            {"configMap": {"name": "c", "items": [{"key": "k", "path": "sub/k"}]}},
            {"serviceAccountToken": {"audience": "a", "path": "token"}},
            {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        ]}})).unwrap();
        let texts: Vec<(&str, &str, u32)> = found
            .iter()
            .map(|(path, it)| {
                (
                    path.to_str().unwrap(),
                    std::str::from_utf8(&it.bytes).unwrap(),
                    it.mode,
                )
            })
            .collect();
        let wanted = [
            ("labels", "a=\"b\"", 0o400),
            ("sub/k", "v", 0o400),
            ("token", "token of a", 0o400),
        ];
        assert_eq!(texts, wanted);
    }

    #[test]
    fn what_is_missing_or_leads_out_is_refused() {
        let text = |volume| of(volume).unwrap_err().to_string();
        assert_eq!(
            text(json!({"name": "x", "configMap": {"name": "no"}})),
            "configmap \"no\" not found"
        );
        let out = json!({"name": "x", "configMap": {"name": "c", "items": [{"key": "k", "path": "../k"}]}});
        assert!(text(out).contains("invalid path"));
        assert_eq!(
            of(json!({"name": "x", "secret": {"secretName": "no", "optional": true}})).unwrap(),
            Files::new()
        );
    }

    #[test]
    fn a_version_takes_the_place_of_another_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = |text: &str| File {
            bytes: text.as_bytes().to_vec(),
            mode: 0o644,
        };
        let first = Files::from([("a".into(), file("1")), ("d/b".into(), file("2"))]);
        assert!(write(dir.path(), &first, None, "1").unwrap());
        assert!(!write(dir.path(), &first, None, "2").unwrap());
        assert_eq!(fs::read_to_string(dir.path().join("d/b")).unwrap(), "2");
        let second = Files::from([("a".into(), file("3"))]);
        assert!(write(dir.path(), &second, None, "3").unwrap());
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "3");
        assert!(fs::symlink_metadata(dir.path().join("d")).is_err());
        assert!(fs::metadata(dir.path().join("..1")).is_err());
        // One within the same millisecond.
        let third = Files::from([("a".into(), file("4"))]);
        assert!(write(dir.path(), &third, None, "3").unwrap());
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "4");
        assert!(fs::metadata(dir.path().join("..3")).is_err());
    }
}
