//! npm: installed modules, and lock files, which are read entry by entry.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};

use crate::{
    gathering::Gathering,
    limits::ScanError,
    package::{Manager, Package},
};

fn package(name: &str, version: &str) -> Package {
    Package::new(Manager::Npm, name, version)
}

#[derive(Deserialize)]
struct Module {
    name: Option<String>,
    version: Option<String>,
}

/// `package.json` of an installed module.
pub(super) fn module(bytes: &[u8], found: &mut Gathering<'_>) -> Result<(), ScanError> {
    match serde_json::from_slice(bytes) {
        Ok(Module {
            name: Some(name),
            version: Some(version),
        }) => found.add(package(&name, &version)),
        _ => Ok(()),
    }
}

/// Where a lock file has its packages.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Of versions 2 and 3: by path.
    Packages,
    /// Of version 1: by name, each with those below it.
    Dependencies,
}

pub(super) fn lock(bytes: &[u8], found: &mut Gathering<'_>) -> Result<(), ScanError> {
    for part in [Part::Packages, Part::Dependencies] {
        let (mut there, mut over) = (false, None);
        let reading = Reading {
            part,
            there: &mut there,
            over: &mut over,
            found,
        };
        // Nesting is bounded by the parser.
        let read = Lock(reading).deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        if let Some(over) = over {
            return Err(over);
        }
        if there || read.is_err() {
            break;
        }
    }
    Ok(())
}

struct Reading<'a, 'b> {
    part: Part,
    /// Whether the file has the part.
    there: &'a mut bool,
    /// Why reading ended, when it was not the file's text.
    over: &'a mut Option<ScanError>,
    found: &'a mut Gathering<'b>,
}

impl<'b> Reading<'_, 'b> {
    fn again(&mut self) -> Reading<'_, 'b> {
        Reading {
            part: self.part,
            there: self.there,
            over: self.over,
            found: self.found,
        }
    }

    fn add<E: serde::de::Error>(&mut self, name: &str, version: &str) -> Result<(), E> {
        let added = self.found.add(package(name, version));
        added.map_err(|error| {
            let text = E::custom(&error);
            *self.over = Some(error);
            text
        })
    }
}

/// An object of the file that is read key by key.
macro_rules! object {
    ($name:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_, '_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
                json.deserialize_map(self)
            }
        }
    };
}

struct Lock<'a, 'b>(Reading<'a, 'b>);
object!(Lock);

impl<'de> Visitor<'de> for Lock<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a lock file")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let wanted = match self.0.part {
                Part::Packages => "packages",
                Part::Dependencies => "dependencies",
            };
            if key == wanted {
                *self.0.there = true;
                map.next_value_seed(Entries(self.0.again()))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The packages of a part, by path or name.
struct Entries<'a, 'b>(Reading<'a, 'b>);
object!(Entries);

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("packages")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.0.part {
                Part::Packages => {
                    let locked = map.next_value::<Locked>()?;
                    // What is not below `node_modules` is the project itself.
                    let Some((_, name)) = key.rsplit_once("node_modules/") else {
                        continue;
                    };
                    let name = locked.name.as_deref().unwrap_or(name);
                    if let Some(version) = locked.version.as_deref().filter(|_| !locked.link) {
                        self.0.add(name, version)?;
                    }
                }
                Part::Dependencies => {
                    let entry = Nested {
                        name: &key,
                        reading: self.0.again(),
                    };
                    map.next_value_seed(entry)?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Locked {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    link: bool,
}

/// A package of version 1, and those below it.
struct Nested<'n, 'a, 'b> {
    name: &'n str,
    reading: Reading<'a, 'b>,
}

impl<'de> DeserializeSeed<'de> for Nested<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a package")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => {
                    let version = map.next_value::<String>()?;
                    self.reading.add(self.name, &version)?;
                }
                "dependencies" => map.next_value_seed(Entries(self.reading.again()))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// `yarn.lock`, of both kinds: what is asked for in a line without indentation, its version below.
pub(super) fn yarn(text: &str, found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let mut name: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            name = asked(line);
            continue;
        }
        let mut words = line.split_whitespace();
        if matches!(words.next(), Some("version" | "version:")) {
            let version = words.next().unwrap_or_default().trim_matches('"');
            if let Some(name) = name.take() {
                found.add(package(name, version))?;
            }
        }
    }
    Ok(())
}

/// `@scope/name` of `"@scope/name@^1.0.0", "@scope/name@^1.2.0":`.
fn asked(line: &str) -> Option<&str> {
    let first = line
        .split(',')
        .next()?
        .trim()
        .trim_end_matches(':')
        .trim_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    let (name, range) = first.split_at(at);
    let own = range.starts_with("@workspace:");
    (!own && name != "__metadata").then_some(name)
}
