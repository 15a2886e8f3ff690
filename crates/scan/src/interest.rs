//! Which files of an image say what is installed, by their paths.

use crate::limits::Kind;

/// How such a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    OsRelease,
    DpkgStatus,
    ApkInstalled,
    RpmSqlite,
    RpmNdb,
    /// Berkeley's database, of RPM before 4.16: it is not read, and an image with it not taken for one
    /// without packages.
    RpmBdb,
    CargoLock,
    NpmLock,
    YarnLock,
    NpmPackage,
    PythonMetadata,
    Gemspec,
    Archive,
}

impl Interest {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::OsRelease
            | Self::DpkgStatus
            | Self::ApkInstalled
            | Self::RpmSqlite
            | Self::RpmNdb
            | Self::RpmBdb => Kind::System,
            _ => Kind::Language,
        }
    }
}

pub(crate) fn of(path: &str) -> Option<Interest> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    Some(match name {
        "os-release" if matches!(folder, "etc" | "usr/lib") => Interest::OsRelease,
        "status" if folder == "var/lib/dpkg" => Interest::DpkgStatus,
        _ if folder == "var/lib/dpkg/status.d" && !name.ends_with(".md5sums") => {
            Interest::DpkgStatus
        }
        "installed" if matches!(folder, "lib/apk/db" | "usr/lib/apk/db") => Interest::ApkInstalled,
        "rpmdb.sqlite" if is_rpm(folder) => Interest::RpmSqlite,
        "Packages.db" if is_rpm(folder) => Interest::RpmNdb,
        "Packages" if is_rpm(folder) => Interest::RpmBdb,
        "Cargo.lock" => Interest::CargoLock,
        "package-lock.json" | "npm-shrinkwrap.json" | ".package-lock.json" => Interest::NpmLock,
        "yarn.lock" => Interest::YarnLock,
        "package.json" if is_module(folder) => Interest::NpmPackage,
        "METADATA" if folder.ends_with(".dist-info") => Interest::PythonMetadata,
        "PKG-INFO" if folder.ends_with(".egg-info") => Interest::PythonMetadata,
        _ if name.ends_with(".egg-info") => Interest::PythonMetadata,
        _ if name.ends_with(".gemspec") && folder.contains("specifications") => Interest::Gemspec,
        _ if is_archive(name) => Interest::Archive,
        _ => return None,
    })
}

fn is_rpm(folder: &str) -> bool {
    matches!(
        folder,
        "var/lib/rpm" | "usr/lib/sysimage/rpm" | "usr/share/rpm"
    )
}

/// Right below `node_modules`, or below a scope there: others are of the package's own parts.
fn is_module(folder: &str) -> bool {
    let mut parts = folder.rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (_, Some("node_modules"), _) => true,
        (_, Some(scope), Some("node_modules")) => scope.starts_with('@'),
        _ => false,
    }
}

pub(crate) fn is_archive(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|it| {
        ["jar", "war", "ear", "par", "hpi", "jpi"]
            .iter()
            .any(|known| it.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("etc/os-release", Some(Interest::OsRelease)),
            ("var/lib/dpkg/status.d/base", Some(Interest::DpkgStatus)),
            ("var/lib/dpkg/status.d/base.md5sums", None),
            (
                "app/node_modules/x/package.json",
                Some(Interest::NpmPackage),
            ),
            (
                "app/node_modules/@s/x/package.json",
                Some(Interest::NpmPackage),
            ),
            ("app/node_modules/x/lib/package.json", None),
            ("opt/a.WAR", Some(Interest::Archive)),
            (
                "usr/lib/python3/a-1.dist-info/METADATA",
                Some(Interest::PythonMetadata),
            ),
            ("status", None),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
