//! What is found in an image.

use packageurl::PackageUrl;
use serde::{Deserialize, Serialize};

/// Who installed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    Apk,
    Dpkg,
    Rpm,
    Cargo,
    Npm,
    Pip,
    Gem,
    Go,
    Java,
}

impl Manager {
    /// Of the operating system, not of a language.
    pub fn is_system(self) -> bool {
        matches!(self, Self::Apk | Self::Dpkg | Self::Rpm)
    }

    /// As Inspector names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apk => "OS",
            Self::Dpkg => "OS",
            Self::Rpm => "OS",
            Self::Cargo => "CARGO",
            Self::Npm => "NPM",
            Self::Pip => "PIP",
            Self::Gem => "BUNDLER",
            Self::Go => "GOBINARY",
            Self::Java => "JAR",
        }
    }

    /// The ecosystem of a language; that of a system depends on its release.
    pub fn ecosystem(self) -> Option<&'static str> {
        Some(match self {
            Self::Cargo => "crates.io",
            Self::Npm => "npm",
            Self::Pip => "PyPI",
            Self::Gem => "RubyGems",
            Self::Go => "Go",
            Self::Java => "Maven",
            Self::Apk | Self::Dpkg | Self::Rpm => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    pub manager: Manager,
    pub name: String,
    /// As it is compared: with epoch and release.
    pub version: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// What it was built from, where that has another name or version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_version: String,
    /// The file that says so.
    pub path: String,
    /// The digest of the layer that file is from.
    #[serde(default)]
    pub layer: String,
}

impl Package {
    /// Without the file that says so, which `Gathering` knows.
    pub(crate) fn new(manager: Manager, name: &str, version: &str) -> Self {
        Self {
            manager,
            name: name.to_owned(),
            version: version.to_owned(),
            arch: String::new(),
            source: String::new(),
            source_version: String::new(),
            path: String::new(),
            layer: String::new(),
        }
    }

    /// Its package URL.
    pub fn purl(&self, system: Option<&System>) -> Option<String> {
        let (kind, namespace, name) = match self.manager {
            Manager::Apk => ("apk", system.map(|it| it.id.as_str()), self.name.as_str()),
            Manager::Dpkg => ("deb", system.map(|it| it.id.as_str()), self.name.as_str()),
            Manager::Rpm => ("rpm", system.map(|it| it.id.as_str()), self.name.as_str()),
            Manager::Cargo => ("cargo", None, self.name.as_str()),
            Manager::Pip => ("pypi", None, self.name.as_str()),
            Manager::Gem => ("gem", None, self.name.as_str()),
            Manager::Npm => split("npm", &self.name, '/'),
            Manager::Go => split("golang", &self.name, '/'),
            Manager::Java => split("maven", &self.name, ':'),
        };
        let mut url = PackageUrl::new(kind, name).ok()?;
        if let Some(namespace) = namespace.filter(|it| !it.is_empty()) {
            url.with_namespace(namespace).ok()?;
        }
        url.with_version(&self.version).ok()?;
        if !self.arch.is_empty() {
            url.add_qualifier("arch", &self.arch).ok()?;
        }
        if let Some(system) = system.filter(|_| self.manager.is_system()) {
            let release = format!("{}-{}", system.id, system.version);
            url.add_qualifier("distro", release).ok()?;
        }
        Some(url.to_string())
    }
}

fn split<'a>(
    kind: &'static str,
    name: &'a str,
    at: char,
) -> (&'static str, Option<&'a str>, &'a str) {
    match name.rsplit_once(at) {
        Some((namespace, name)) => (kind, Some(namespace), name),
        None => (kind, None, name),
    }
}

/// The distribution, by its `os-release`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    pub id: String,
    pub version: String,
    #[serde(default)]
    pub codename: String,
}

impl System {
    pub(crate) fn read(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']);
            let value: String = value.chars().take(64).collect();
            match key.trim() {
                "ID" => found.id = value,
                "VERSION_ID" => found.version = value,
                "VERSION_CODENAME" => found.codename = value,
                _ => {}
            }
        }
        found
    }

    /// The ecosystem of its packages, as OSV names it; `None` for one that nobody writes about.
    pub fn ecosystem(&self) -> Option<String> {
        let major = self.version.split('.').next().unwrap_or_default();
        Some(match self.id.as_str() {
            "debian" if self.version.is_empty() => return None,
            "debian" => format!("Debian:{major}"),
            "ubuntu" => format!("Ubuntu:{}", self.version),
            "alpine" => {
                let mut parts = self.version.split('.');
                let minor = (parts.next()?, parts.next()?);
                format!("Alpine:v{}.{}", minor.0, minor.1)
            }
            "rhel" => format!("Red Hat:{major}"),
            "rocky" => format!("Rocky Linux:{major}"),
            "almalinux" => format!("AlmaLinux:{major}"),
            "wolfi" => "Wolfi".to_owned(),
            "chainguard" => "Chainguard".to_owned(),
            "opensuse-leap" => format!("openSUSE:Leap {}", self.version),
            "sles" | "sled" | "sles_sap" | "SLES_SAP" if !self.version.is_empty() => {
                let pack = self.version.split('.').nth(1).unwrap_or("0");
                suse(major, pack)
            }
            "mageia" => format!("Mageia:{major}"),
            // openEuler is named by more than its number (`22.03-LTS-SP4`).
            _ => return None,
        })
    }
}

/// The ecosystem of a service pack of SUSE Linux Enterprise, whatever its products and modules.
pub(crate) fn suse(major: &str, pack: &str) -> String {
    format!("SUSE:{major}.{pack}")
}

/// What an image is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    pub system: Option<System>,
    /// In their order, each once.
    pub packages: Vec<Package>,
}
