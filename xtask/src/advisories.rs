//! What the RustSec advisory database says of the crates in Cargo.lock.
//!
//! The database is a folder, a checkout of github.com/RustSec/advisory-db, that the caller brings: this
//! asks nobody. Each `crates/<name>/*.md` begins with a block of TOML that says which versions are good.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use semver::{Version, VersionReq};
use serde::Deserialize;

/// An advisory about a crate that is used all the same, and why it does no harm here.
struct Judged {
    id: &'static str,
    package: &'static str,
    reason: &'static str,
}

/// None: what the database says of the locked versions is nothing.
const JUDGED: &[Judged] = &[];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Version,
    /// None for crates of this repository.
    source: Option<String>,
}

/// The block in front of an advisory's text.
#[derive(Deserialize)]
struct Front {
    advisory: About,
    versions: Versions,
}

#[derive(Deserialize)]
struct About {
    id: String,
    package: String,
    /// A date.
    withdrawn: Option<String>,
    /// `unmaintained`, `unsound` or `notice`: no known vulnerability.
    informational: Option<String>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

struct Advisory {
    about: About,
    versions: Versions,
    title: String,
}

/// An advisory and a locked version that it is about.
#[derive(Debug, PartialEq, Eq)]
struct Match {
    id: String,
    package: String,
    version: Version,
    title: String,
    informational: Option<String>,
}

/// Prints what is found, and fails where nobody has judged it or a judgement is about nothing.
pub fn run(root: &Path, database: &Path) -> Result<()> {
    let advisories = read_database(database)?;
    let found = matches(&read_lock(&root.join("Cargo.lock"))?, &advisories);
    let verdict = judge(&found, JUDGED);
    for line in &verdict.lines {
        println!("{line}");
    }
    if verdict.problems > 0 {
        bail!(
            "{} problems: update the crate, or judge the advisory in xtask/src/advisories.rs",
            verdict.problems
        );
    }
    println!(
        "{} advisories read; all that match are judged",
        advisories.len()
    );
    Ok(())
}

fn read_lock(path: &Path) -> Result<Vec<Package>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lock: Lock = toml::from_str(&text).with_context(|| path.display().to_string())?;
    Ok(lock.package)
}

fn read_database(folder: &Path) -> Result<Vec<Advisory>> {
    let mut advisories = Vec::new();
    for name in entries(&folder.join("crates"))? {
        for path in entries(&name)? {
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path)?;
                advisories.push(parse(&text).with_context(|| path.display().to_string())?);
            }
        }
    }
    if advisories.is_empty() {
        bail!("{} holds no advisories", folder.display());
    }
    Ok(advisories)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn parse(text: &str) -> Result<Advisory> {
    let fenced = text.strip_prefix("```toml\n").context("no block of TOML")?;
    let (front, body) = fenced.split_once("\n```").context("the block has no end")?;
    let Front { advisory, versions } = toml::from_str(front)?;
    let title = body.lines().find_map(|line| line.strip_prefix("# "));
    Ok(Advisory {
        about: advisory,
        versions,
        title: title.unwrap_or("without a title").trim().to_owned(),
    })
}

fn matches(packages: &[Package], advisories: &[Advisory]) -> Vec<Match> {
    let mut found = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        for advisory in advisories {
            let about = &advisory.about;
            if about.package == package.name
                && about.withdrawn.is_none()
                && advisory.versions.concern(&package.version)
            {
                found.push(Match {
                    id: about.id.clone(),
                    package: package.name.clone(),
                    version: package.version.clone(),
                    title: advisory.title.clone(),
                    informational: about.informational.clone(),
                });
            }
        }
    }
    found
}

impl Versions {
    /// A version before a release, such as `2.0.0-rc.1`, counts as concerned unless it is named: better
    /// looked at once too often.
    fn concern(&self, version: &Version) -> bool {
        let mut good = self.patched.iter().chain(&self.unaffected);
        !good.any(|requirement| requirement.matches(version))
    }
}

struct Verdict {
    lines: Vec<String>,
    problems: usize,
}

fn judge(found: &[Match], judged: &[Judged]) -> Verdict {
    let (mut lines, mut problems) = (Vec::new(), 0);
    for it in found {
        let kind = it.informational.as_deref().unwrap_or("vulnerability");
        let judgement = judged
            .iter()
            .find(|judged| judged.id == it.id && judged.package == it.package);
        let end = match judgement {
            Some(judged) => format!("judged: {}", judged.reason),
            None => {
                problems += 1;
                "NOT JUDGED".to_owned()
            }
        };
        let Match {
            id,
            package,
            version,
            title,
            ..
        } = it;
        lines.push(format!(
            "{id} {package} {version} ({kind}): {title}\n  {end}"
        ));
    }
    for stale in judged {
        let is_found = |it: &Match| it.id == stale.id && it.package == stale.package;
        if !found.iter().any(is_found) {
            problems += 1;
            let Judged { id, package, .. } = stale;
            lines.push(format!(
                "{id} {package}: no locked version is concerned any more; take the judgement away"
            ));
        }
    }
    Verdict { lines, problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "old"
version = "1.2.3"
source = "registry+https://example.com"
checksum = "00"

[[package]]
name = "old"
version = "2.0.0"
source = "registry+https://example.com"

[[package]]
name = "tired"
version = "0.3.0"
source = "registry+https://example.com"

[[package]]
name = "mine"
version = "0.1.0"
dependencies = ["old 1.2.3"]
"#;

    fn advisory(id: &str, package: &str, more: &str, versions: &str) -> String {
        format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2026-01-02\"\n{more}\n\n\
             [affected]\nfunctions = {{ \"a::b\" = [\"< 2\"] }}\n\n[versions]\n{versions}\n```\n\n\
             # What happens in {package}\n\n# Not the title\n"
        )
    }

    /// A folder as the database has it, and the lock of a repository that uses `old` and `tired`.
    fn repository(advisories: &[(&str, String)]) -> (tempfile::TempDir, Vec<Package>) {
        let folder = tempfile::tempdir().unwrap();
        for (number, (package, text)) in advisories.iter().enumerate() {
            let of = folder.path().join("crates").join(package);
            fs::create_dir_all(&of).unwrap();
            fs::write(of.join(format!("{number}.md")), text).unwrap();
        }
        let lock = folder.path().join("Cargo.lock");
        fs::write(&lock, LOCK).unwrap();
        let packages = read_lock(&lock).unwrap();
        (folder, packages)
    }

    fn found(advisories: &[(&str, String)]) -> Vec<(String, String)> {
        let (folder, packages) = repository(advisories);
        let read = read_database(folder.path()).unwrap();
        matches(&packages, &read)
            .into_iter()
            .map(|it| (it.id, format!("{} {}", it.package, it.version)))
            .collect()
    }

    #[test]
    fn versions_that_are_neither_patched_nor_unaffected_match() {
        let of = |versions: &str| {
            found(&[("old", advisory("RUSTSEC-1", "old", "", versions))])
                .into_iter()
                .map(|(_, version)| version)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("patched = []"), ["old 1.2.3", "old 2.0.0"]);
        assert_eq!(of("patched = [\">= 2.0.0\"]"), ["old 1.2.3"]);
        assert_eq!(of("patched = [\">= 1.2.3, < 2.0.0\"]"), ["old 2.0.0"]);
        assert_eq!(of("patched = [\"^1.2\", \">= 2\"]"), [""; 0]);
        assert_eq!(
            of("patched = [\">= 3\"]\nunaffected = [\"< 2\"]"),
            ["old 2.0.0"]
        );
    }

    #[test]
    fn neither_what_is_withdrawn_nor_crates_of_this_repository() {
        let withdrawn = advisory(
            "RUSTSEC-1",
            "old",
            "withdrawn = \"2026-02-03\"",
            "patched = []",
        );
        let of_mine = advisory("RUSTSEC-2", "mine", "", "patched = []");
        assert!(found(&[("old", withdrawn), ("mine", of_mine)]).is_empty());
    }

    #[test]
    fn what_nobody_judged_is_a_problem_and_so_is_a_judgement_of_nothing() {
        let unmaintained = "informational = \"unmaintained\"";
        let (folder, packages) = repository(&[
            (
                "old",
                advisory("RUSTSEC-1", "old", "", "patched = [\">= 2\"]"),
            ),
            (
                "tired",
                advisory("RUSTSEC-2", "tired", unmaintained, "patched = []"),
            ),
        ]);
        let found = matches(&packages, &read_database(folder.path()).unwrap());
        let judged = |id, package| Judged {
            id,
            package,
            reason: "it is never called",
        };

        let none = judge(&found, &[]);
        assert_eq!(none.problems, 2);
        assert_eq!(
            none.lines[0],
            "RUSTSEC-1 old 1.2.3 (vulnerability): What happens in old\n  NOT JUDGED"
        );
        let all = judge(
            &found,
            &[judged("RUSTSEC-1", "old"), judged("RUSTSEC-2", "tired")],
        );
        assert_eq!(all.problems, 0);
        assert_eq!(
            all.lines[1],
            "RUSTSEC-2 tired 0.3.0 (unmaintained): What happens in tired\n  judged: it is never called"
        );
        let stale = judge(&[], &[judged("RUSTSEC-1", "old")]);
        assert_eq!(stale.problems, 1);
        assert!(stale.lines[0].contains("take the judgement away"));
    }

    #[test]
    fn a_folder_that_is_no_database_is_refused() {
        let (folder, _) = repository(&[]);
        assert!(read_database(folder.path()).is_err());
        fs::create_dir_all(folder.path().join("crates")).unwrap();
        assert!(read_database(folder.path()).is_err());
        let (folder, _) = repository(&[("old", "# no block".to_owned())]);
        assert!(read_database(folder.path()).is_err());
    }
}
