//! What a definition says of the collector. Pure.

use std::collections::BTreeMap;

use http::{HeaderValue, Uri, uri::PathAndQuery};
use wharf_seal::Secret;

use super::event::{Format, Frame};
use crate::logs::options::{BadLogOptions, Room};

const DRIVER: &str = "splunk";
const TOKEN: &str = "splunk-token";
const URL: &str = "splunk-url";
const FORMAT: &str = "splunk-format";
const LEVEL: &str = "splunk-gzip-level";
/// Where collectors take events.
const PATH: &str = "/services/collector/event/1.0";
/// What the driver knows. Of these a container's room on the disk is no secret: it is made before secrets are read.
const OPTIONS: [&str; 13] = [
    TOKEN,
    URL,
    "splunk-source",
    "splunk-sourcetype",
    "splunk-index",
    FORMAT,
    "splunk-verify-connection",
    "splunk-insecureskipverify",
    "splunk-gzip",
    LEVEL,
    "splunk-index-acknowledgment",
    "tag",
    "splunk-url-path",
];
const PLAIN: [&str; 2] = ["mode", "max-buffer-size"];

/// The options of a definition, without those that are secrets.
#[derive(Debug, Clone)]
pub struct Splunk {
    pub room: Room,
    options: BTreeMap<String, String>,
}

/// What tags may name of a container.
#[derive(Debug, Clone)]
pub struct Names {
    /// 64 hexadecimal digits.
    pub id: String,
    pub name: String,
    pub image: String,
    /// What events say of where they come from.
    pub host: String,
}

/// Where events go, and how.
#[derive(Debug, Clone)]
pub struct Target {
    pub url: Uri,
    /// Who may see the definition may not see the address.
    pub is_secret: bool,
    /// The whole value of the head, marked as sensitive.
    pub authorization: HeaderValue,
    pub verify_connection: bool,
    pub any_certificate: bool,
    /// By which level bodies are compressed.
    pub gzip: Option<u32>,
    /// A channel is named with each request.
    pub acknowledgment: bool,
    pub frame: Frame,
}

impl Splunk {
    /// # Errors
    /// There is no room by these options.
    pub fn of(options: &BTreeMap<String, String>) -> Result<Self, BadLogOptions> {
        Ok(Self {
            room: Room::of(options)?,
            options: options.clone(),
        })
    }

    /// With the values of the options that are secrets.
    ///
    /// # Errors
    /// In Docker's words, which never have a value that may be a secret.
    pub fn target(
        &self,
        secrets: &BTreeMap<String, Secret>,
        names: &Names,
    ) -> Result<Target, BadLogOptions> {
        for name in self.options.keys() {
            if !OPTIONS.contains(&name.as_str()) && !PLAIN.contains(&name.as_str()) {
                return Err(BadLogOptions::unknown(name, DRIVER));
            }
        }
        for name in secrets.keys() {
            if !OPTIONS.contains(&name.as_str()) {
                return Err(BadLogOptions::unknown(name, DRIVER));
            }
        }
        let given = Given {
            options: &self.options,
            secrets,
        };
        let token = given.text(TOKEN)?.ok_or(BadLogOptions::Expected(TOKEN))?;
        let url = given.text(URL)?.ok_or(BadLogOptions::Expected(URL))?;
        let authorization = HeaderValue::from_str(&format!("Splunk {token}"));
        let mut authorization = authorization.map_err(|_| BadLogOptions::NotShown(TOKEN))?;
        authorization.set_sensitive(true);
        let own = |name| given.text(name).map(|it| it.map(str::to_owned));
        Ok(Target {
            is_secret: secrets.contains_key(URL),
            url: address(url, given.text("splunk-url-path")?)?,
            authorization,
            verify_connection: given.flag("splunk-verify-connection", true)?,
            any_certificate: given.flag("splunk-insecureskipverify", false)?,
            gzip: match given.flag("splunk-gzip", false)? {
                true => Some(level(given.text(LEVEL)?)?),
                false => None,
            },
            acknowledgment: given.flag("splunk-index-acknowledgment", false)?,
            frame: Frame {
                host: names.host.clone(),
                source: own("splunk-source")?,
                sourcetype: own("splunk-sourcetype")?,
                index: own("splunk-index")?,
                format: match given.text(FORMAT)?.unwrap_or("inline") {
                    "inline" => Format::Inline,
                    "json" => Format::Json,
                    "raw" => Format::Raw,
                    _ => return Err(BadLogOptions::Format),
                },
                tag: tag(given.plain("tag")?, names)?,
            },
        })
    }
}

struct Given<'a> {
    options: &'a BTreeMap<String, String>,
    secrets: &'a BTreeMap<String, Secret>,
}

impl<'a> Given<'a> {
    /// The value of an option, if it has one.
    fn text(&self, name: &'static str) -> Result<Option<&'a str>, BadLogOptions> {
        let value = match self.secrets.get(name) {
            Some(secret) => Some(secret.expose_str().ok_or(BadLogOptions::NotShown(name))?),
            None => self.options.get(name).map(String::as_str),
        };
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// One for which an empty value means something.
    fn plain(&self, name: &'static str) -> Result<Option<&'a str>, BadLogOptions> {
        match self.secrets.get(name) {
            Some(secret) => Ok(Some(
                secret.expose_str().ok_or(BadLogOptions::NotShown(name))?,
            )),
            None => Ok(self.options.get(name).map(String::as_str)),
        }
    }

    fn flag(&self, name: &'static str, default: bool) -> Result<bool, BadLogOptions> {
        match self.text(name)? {
            None => Ok(default),
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some(_) => Err(BadLogOptions::NotShown(name)),
        }
    }
}

/// `https://host:port`, and the collector's path below it.
fn address(url: &str, path: Option<&str>) -> Result<Uri, BadLogOptions> {
    let bad = || BadLogOptions::Address(URL);
    let url: Uri = url.parse().map_err(|_| bad())?;
    let plain = matches!(url.scheme_str(), Some("http" | "https"))
        && url.authority().is_some_and(|it| !it.as_str().contains('@'))
        && matches!(url.path(), "" | "/")
        && url.query().is_none();
    if !plain {
        return Err(bad());
    }
    let path = path.unwrap_or(PATH);
    let path = match path.starts_with('/') && !path.contains(['?', '#']) {
        true => {
            PathAndQuery::try_from(path).map_err(|_| BadLogOptions::NotShown("splunk-url-path"))?
        }
        false => return Err(BadLogOptions::NotShown("splunk-url-path")),
    };
    let mut parts = url.into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).map_err(|_| bad())
}

/// -1 is what the library takes by itself.
fn level(text: Option<&str>) -> Result<u32, BadLogOptions> {
    const DEFAULT: u32 = 6;
    match text.map(str::parse::<i32>) {
        None | Some(Ok(-1)) => Ok(DEFAULT),
        Some(Ok(level @ 0..=9)) => Ok(level.unsigned_abs()),
        Some(_) => Err(BadLogOptions::Level(LEVEL)),
    }
}

/// The first twelve digits of the container's id, where the definition says nothing; an empty one is left out.
fn tag(template: Option<&str>, names: &Names) -> Result<String, BadLogOptions> {
    let short = names.id.get(..12).unwrap_or(&names.id);
    let mut rest = match template {
        None => return Ok(short.to_owned()),
        Some(template) => template,
    };
    let mut tag = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}").ok_or(BadLogOptions::Tag)?;
        tag.push_str(before);
        tag.push_str(match inside.trim() {
            ".ID" => short,
            ".FullID" => &names.id,
            ".Name" => &names.name,
            ".ImageName" => &names.image,
            _ => return Err(BadLogOptions::Tag),
        });
        rest = after;
    }
    tag.push_str(rest);
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 2] = [(URL, "https://splunk:8088"), (TOKEN, "t")];

    fn names() -> Names {
        Names {
            id: "0123456789abcdef".repeat(4),
            name: "ecs-f-1-main-01".to_owned(),
            image: "busybox".to_owned(),
            host: "node".to_owned(),
        }
    }

    fn read(options: &[(&str, &str)], secrets: &[(&str, &str)]) -> Result<Target, BadLogOptions> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let secret = |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::from(*value));
        let options = options.iter().map(own).collect();
        let secrets = secrets.iter().map(secret).collect();
        Splunk::of(&options)?.target(&secrets, &names())
    }

    fn with(name: &str, value: &str) -> Result<Target, BadLogOptions> {
        read(&[WHOLE[0], WHOLE[1], (name, value)], &[])
    }

    #[test]
    fn a_secret_stands_in_the_place_of_an_option() {
        for target in [
            read(&WHOLE, &[]),
            read(&WHOLE[..1], &WHOLE[1..]),
            read(&[], &WHOLE),
        ] {
            let target = target.unwrap();
            assert_eq!(
                target.url.to_string(),
                "https://splunk:8088/services/collector/event/1.0"
            );
            assert_eq!(target.authorization, "Splunk t");
            assert!(!format!("{target:?}").contains("Splunk t"));
            assert!(target.verify_connection && !target.any_certificate);
            assert_eq!(target.frame.tag, "0123456789ab");
        }
    }

    #[test]
    fn what_the_options_mean() {
        assert_eq!(with("splunk-gzip", "true").unwrap().gzip, Some(6));
        let level = read(
            &[WHOLE[0], WHOLE[1], ("splunk-gzip", "1"), (LEVEL, "9")],
            &[],
        );
        assert_eq!(level.unwrap().gzip, Some(9));
        let path = with("splunk-url-path", "/take").unwrap();
        assert_eq!(path.url.path(), "/take");
        for (template, expected) in [
            ("", ""),
            ("{{.Name}}/{{ .ID }}", "ecs-f-1-main-01/0123456789ab"),
            ("web-{{.ImageName}}", "web-busybox"),
        ] {
            assert_eq!(with("tag", template).unwrap().frame.tag, expected);
        }
    }

    #[test]
    fn what_is_refused_and_in_which_words() {
        let check = |read: Result<Target, BadLogOptions>, text: &str| {
            assert_eq!(read.unwrap_err().to_string(), text);
        };
        check(read(&WHOLE[..1], &[]), "splunk: splunk-token is expected");
        check(read(&WHOLE[1..], &[]), "splunk: splunk-url is expected");
        let of = |url: &str| read(&[(URL, url), WHOLE[1]], &[]);
        for url in [
            "splunk:8088",
            "ftp://splunk",
            "https://u:p@splunk",
            "https://splunk/path",
            "https://splunk?a=b",
            "https://",
        ] {
            check(
                of(url),
                "splunk: expected format scheme://dns_name_or_ip:port for splunk-url",
            );
        }
        check(
            with(FORMAT, "xml"),
            "splunk: unknown format specified, supported formats are inline, json and raw",
        );
        check(
            with("splunk-gzip", "maybe"),
            "invalid value for log opt 'splunk-gzip'",
        );
        check(
            read(
                &[WHOLE[0], WHOLE[1], ("splunk-gzip", "1"), (LEVEL, "10")],
                &[],
            ),
            "not supported level for splunk-gzip-level (supported values between -1 and 9)",
        );
        check(
            with("splunk-capath", "/etc/ca.pem"),
            "unknown log opt 'splunk-capath' for splunk log driver",
        );
        check(
            with("tag", "{{.DaemonName}}"),
            "a tag can have {{.ID}}, {{.FullID}}, {{.Name}} and {{.ImageName}} on this instance",
        );
        check(
            read(&WHOLE, &[("mode", "blocking")]),
            "unknown log opt 'mode' for splunk log driver",
        );
        let hidden = read(&WHOLE[..1], &[(TOKEN, "hush\nhush")]).unwrap_err();
        assert_eq!(
            hidden.to_string(),
            "invalid value for log opt 'splunk-token'"
        );
    }
}
