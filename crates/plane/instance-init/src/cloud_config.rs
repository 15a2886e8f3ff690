//! `#cloud-config`, as far as it is done here. What is not is said by name.

use std::path::PathBuf;

use base64::{DecodeError, Engine as _, prelude::BASE64_STANDARD};

use crate::{
    budget::{Budget, NotUnpacked},
    yaml::{self, BadYaml, Value},
};

/// Of each kind: commands, files, users, keys.
const MOST: usize = 1024;
/// Bytes of one file.
const MAX_FILE: u64 = 4 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A line of the shell.
    Line(String),
    Program(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: PathBuf,
    pub content: Vec<u8>,
    /// `user[:group]`
    pub owner: String,
    pub mode: u32,
    pub append: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub shell: Option<String>,
    pub uid: Option<u32>,
    pub ssh_authorized_keys: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudConfig {
    pub hostname: Option<String>,
    pub bootcmd: Vec<Command>,
    pub runcmd: Vec<Command>,
    pub files: Vec<File>,
    pub users: Vec<User>,
    pub ssh_authorized_keys: Vec<String>,
    /// What is not done, a line for the console each.
    pub refused: Vec<String>,
}

/// Why an entry of `write_files` is left out.
#[derive(Debug, thiserror::Error)]
enum BadFile {
    #[error("an entry is no map")]
    NoMap,
    #[error("`{0}` are no permissions")]
    Permissions(String),
    #[error("the path `{}` is not absolute", .0.display())]
    Path(PathBuf),
    #[error("the encoding `{0}` is not supported")]
    Encoding(String),
    #[error("its content is no base64: {0}")]
    NoBase64(DecodeError),
    #[error("its content {0}")]
    NotUnpacked(NotUnpacked),
    #[error("its content is larger than {MAX_FILE} bytes")]
    TooLarge,
}

impl CloudConfig {
    /// What is compressed in it takes of `budget`.
    ///
    /// # Errors
    /// It is no YAML, or takes too much.
    pub fn read(text: &str, budget: &mut Budget) -> Result<Self, BadYaml> {
        let mut config = Self::default();
        match yaml::read(text)? {
            None => {}
            Some(Value::Map(map)) => map
                .iter()
                .for_each(|(key, value)| config.take(key, value, budget)),
            Some(_) => config.refuse("a cloud-config is a map; it is left out"),
        }
        Ok(config)
    }

    fn refuse(&mut self, line: impl Into<String>) {
        if self.refused.len() < MOST {
            self.refused.push(line.into());
        }
    }

    fn take(&mut self, key: &str, value: &Value, budget: &mut Budget) {
        match key {
            "hostname" => match value.text().filter(|name| is_host_name(name)) {
                Some(name) => self.hostname = Some(name.to_owned()),
                None => self.refuse("hostname: it is no name of a host"),
            },
            "bootcmd" => self.bootcmd = self.commands(key, value),
            "runcmd" => self.runcmd = self.commands(key, value),
            "write_files" => {
                for each in self.list(key, value) {
                    match file(each, budget) {
                        Ok((file, unknown)) => {
                            unknown
                                .iter()
                                .for_each(|key| self.unknown("write_files", key));
                            self.files.push(file);
                        }
                        Err(reason) => self.refuse(format!("write_files: {reason}")),
                    }
                }
            }
            "users" => {
                for each in self.list(key, value) {
                    self.user(each);
                }
            }
            "ssh_authorized_keys" => {
                let keys = self.list(key, value).iter();
                self.ssh_authorized_keys =
                    keys.filter_map(Value::text).filter_map(key_line).collect();
            }
            other => self.unknown("cloud-config", other),
        }
    }

    fn unknown(&mut self, of: &str, key: &str) {
        let shown: String = key.chars().take(60).collect();
        self.refuse(format!("{of}: `{shown}` is not supported; it is left out"));
    }

    fn list<'a>(&mut self, key: &str, value: &'a Value) -> &'a [Value] {
        match value.list() {
            Some(list) if list.len() <= MOST => list,
            Some(_) => {
                self.refuse(format!(
                    "{key}: it has more than {MOST} entries; it is left out"
                ));
                &[]
            }
            None => {
                self.refuse(format!("{key}: it is no list; it is left out"));
                &[]
            }
        }
    }

    fn commands(&mut self, key: &str, value: &Value) -> Vec<Command> {
        let mut commands = Vec::new();
        for each in self.list(key, value) {
            match command(each) {
                Some(command) => commands.push(command),
                None => self.refuse(format!(
                    "{key}: an entry is neither a line nor a list of words"
                )),
            }
        }
        commands
    }

    fn user(&mut self, value: &Value) {
        let map = match value {
            // The image's own, which is there already.
            Value::Text(name) if name == "default" => return,
            Value::Text(name) => &[("name".to_owned(), Value::Text(name.clone()))][..],
            Value::Map(map) => map,
            Value::List(_) => return self.refuse("users: an entry is neither a name nor a map"),
        };
        let mut user = User::default();
        for (key, value) in map {
            match (key.as_str(), value) {
                ("name", Value::Text(name)) => user.name.clone_from(name),
                ("shell", Value::Text(shell)) => user.shell = Some(shell.clone()),
                ("uid", Value::Text(uid)) => user.uid = uid.parse().ok(),
                ("ssh_authorized_keys" | "ssh-authorized-keys", Value::List(keys)) => {
                    let keys = keys.iter().filter_map(Value::text);
                    user.ssh_authorized_keys = keys.filter_map(key_line).collect();
                }
                (other, _) => self.unknown("users", other),
            }
        }
        let plain = |text: &str| !text.contains([':', '\n', '\0']);
        if !is_user_name(&user.name) || !user.shell.as_deref().is_none_or(plain) {
            return self.refuse("users: an entry has no name that a user can have");
        }
        self.users.push(user);
    }
}

fn command(value: &Value) -> Option<Command> {
    match value {
        Value::Text(line) => Some(Command::Line(line.clone())),
        Value::List(words) => {
            let words: Option<Vec<String>> = words
                .iter()
                .map(|word| word.text().map(str::to_owned))
                .collect();
            words
                .filter(|words| !words.is_empty())
                .map(Command::Program)
        }
        Value::Map(_) => None,
    }
}

/// With the names of what is not known of it.
fn file(value: &Value, budget: &mut Budget) -> Result<(File, Vec<String>), BadFile> {
    let Value::Map(map) = value else {
        return Err(BadFile::NoMap);
    };
    let mut file = File {
        path: PathBuf::new(),
        content: Vec::new(),
        owner: "root:root".to_owned(),
        mode: 0o644,
        append: false,
    };
    let (mut encoding, mut unknown) = ("", Vec::new());
    for (key, value) in map {
        let Some(text) = value.text() else {
            unknown.push(key.clone());
            continue;
        };
        match key.as_str() {
            "path" => file.path = PathBuf::from(text),
            "content" => file.content = text.as_bytes().to_vec(),
            "owner" => text.clone_into(&mut file.owner),
            "permissions" => {
                let digits = text.strip_prefix("0o").unwrap_or(text);
                let mode = u32::from_str_radix(digits, 8)
                    .ok()
                    .filter(|mode| *mode <= 0o7777);
                file.mode = mode.ok_or_else(|| BadFile::Permissions(digits.to_owned()))?;
            }
            "append" => file.append = matches!(text, "true" | "True" | "yes" | "on"),
            "encoding" => encoding = text,
            other => unknown.push(other.to_owned()),
        }
    }
    if !file.path.is_absolute() {
        return Err(BadFile::Path(file.path));
    }
    file.content = decoded(file.content, encoding, budget)?;
    Ok((file, unknown))
}

fn decoded(content: Vec<u8>, encoding: &str, budget: &mut Budget) -> Result<Vec<u8>, BadFile> {
    let (base64, gzip) = match encoding {
        "" | "text/plain" => (false, false),
        "b64" | "base64" => (true, false),
        "gz" | "gzip" => (false, true),
        "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64" => (true, true),
        other => return Err(BadFile::Encoding(other.to_owned())),
    };
    let mut bytes = content;
    if base64 {
        bytes.retain(|b| !b.is_ascii_whitespace());
        bytes = BASE64_STANDARD.decode(bytes).map_err(BadFile::NoBase64)?;
    }
    if gzip {
        let unpacked = budget.gunzip(&bytes, MAX_FILE);
        bytes = unpacked.map_err(BadFile::NotUnpacked)?;
    }
    if bytes.len() as u64 > MAX_FILE {
        return Err(BadFile::TooLarge);
    }
    Ok(bytes)
}

pub fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
    };
    // The kernel's bound.
    name.len() <= 64 && name.split('.').all(label)
}

fn is_user_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        && name.as_bytes()[0].is_ascii_lowercase()
}

/// One line, whatever stands in it.
fn key_line(key: &str) -> Option<String> {
    let line = key.trim();
    (!line.is_empty() && !line.contains(['\n', '\0'])).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> CloudConfig {
        CloudConfig::read(text, &mut Budget::default()).unwrap()
    }

    #[test]
    fn all_that_is_done() {
        let config = read(
            "#cloud-config\nhostname: web-1\nbootcmd:\n - echo boot\nruncmd:\n - [touch, /a b]\n - echo done\n\
             write_files:\n - path: /etc/x\n   content: |\n     one\n   permissions: '0600'\n   owner: app\n\
             \x20- {path: /y, content: aGk=, encoding: b64, append: true}\n\
             users:\n - default\n - name: app\n   shell: /bin/sh\n   uid: 1500\n   ssh_authorized_keys: [k1]\n - web\n\
             ssh_authorized_keys:\n - ssh-ed25519 AAAA me\n",
        );
        assert_eq!(config.refused, Vec::<String>::new());
        assert_eq!(config.hostname.as_deref(), Some("web-1"));
        assert_eq!(config.bootcmd, [Command::Line("echo boot".to_owned())]);
        let words = Command::Program(vec!["touch".to_owned(), "/a b".to_owned()]);
        assert_eq!(
            config.runcmd,
            [words, Command::Line("echo done".to_owned())]
        );
        let [one, two] = config.files.as_slice() else {
            panic!("{config:?}");
        };
        assert_eq!((one.content.as_slice(), one.mode), (&b"one\n"[..], 0o600));
        assert_eq!(
            (two.content.as_slice(), two.append, two.mode),
            (&b"hi"[..], true, 0o644)
        );
        let names: Vec<&str> = config.users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(
            (names, config.users[0].uid),
            (vec!["app", "web"], Some(1500))
        );
        assert_eq!(config.ssh_authorized_keys, ["ssh-ed25519 AAAA me"]);
    }

    #[test]
    fn what_is_not_done_is_named() {
        let check = |text: &str, named: &str| {
            let config = read(text);
            let said = config.refused.join("\n");
            assert!(said.contains(named), "{text}: {said}");
            assert_eq!(
                CloudConfig {
                    refused: Vec::new(),
                    ..config
                },
                CloudConfig::default()
            );
        };
        check("packages: [nginx]", "`packages`");
        check("runcmd: echo", "runcmd: it is no list");
        check("runcmd: [{a: b}]", "neither a line");
        check("- a", "a cloud-config is a map");
        check("write_files: [{path: x}]", "not absolute");
        check(
            "write_files: [{path: /x, permissions: '9'}]",
            "`9` are no permissions",
        );
        check("write_files: [{path: /x, encoding: rot13}]", "`rot13`");
        check("users: [{name: 'a:b'}]", "no name that a user can have");
        check(
            "users: [{name: a, shell: \"/bin/sh\\nroot::0:0::/:/bin/sh\"}]",
            "no name",
        );
        check("hostname: a b", "hostname");
    }
}
