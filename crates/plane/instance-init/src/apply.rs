//! Doing what user data says. All of it happens inside of the instance, with no more rights than its root has.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{
    USER_DATA_DONE,
    boot::Boot,
    budget::Budget,
    cloud_config::{self, CloudConfig, File, User},
    console::say,
    devices,
    node_config::NODE_CONFIG,
    prepare,
    user_data::{Part, UserData},
};

/// A program of user data that runs longer is ended, so that one that hangs does not keep what follows it for ever.
const LONGEST_RUN: Duration = Duration::from_secs(60 * 60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// For volumes. One that is made of a large snapshot may come later.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * 60);
/// Names the instance whose user data ran on this disk.
const DONE_FOR: &str = "var/lib/wharf/instance";
const SCRIPTS: &str = "var/lib/wharf/scripts";
const EACH_BOOT: &str = "etc/rc.local";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs in a process of its own, to its end.
pub fn run(root: &Path, boot: &Boot) {
    let data = boot.user_data.as_deref().map(UserData::of_base64);
    let data = data.unwrap_or_default();
    let first = is_first(root, &boot.instance);
    devices::wait(&root.join("dev"), &boot.devices, LONGEST_WAIT);
    if first {
        data.refused.iter().for_each(|line| say(line));
    }
    let mut budget = Budget::default();
    let parts: Vec<Read> = data
        .parts
        .into_iter()
        .map(|part| Read::of(part, first, &mut budget))
        .collect();
    let configs = || parts.iter().filter_map(Read::config);
    for command in configs().flat_map(|config| &config.bootcmd) {
        run_command(root, boot, "bootcmd", command);
    }
    if first {
        // Before anything of it runs: what began once must not begin again.
        if let Err(error) = remember(root, &boot.instance) {
            say(&format!(
                "user data does not run: failed to write /{DONE_FOR}: {error}"
            ));
            return;
        }
        configs().for_each(|config| once(root, config));
        for (number, part) in parts.iter().enumerate() {
            match part {
                Read::Script(bytes) => run_script(root, boot, number, bytes),
                Read::Config(config) => {
                    for command in &config.runcmd {
                        run_command(root, boot, "runcmd", command);
                    }
                }
                Read::Node(text) => {
                    if let Err(error) = node_config(root, text) {
                        say(&format!("failed to write /{NODE_CONFIG}: {error}"));
                    }
                }
                Read::Nothing => {}
            }
        }
    }
    let each_boot = root.join(EACH_BOOT);
    if fs::metadata(&each_boot).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0) {
        run_program(boot, "/etc/rc.local", Command::new(each_boot));
    }
    mark_done(root);
    say(if first { "user data ended" } else { "booted" });
}

/// Whoever waits for the end of user data sees it.
pub fn mark_done(root: &Path) {
    if let Err(error) = fs::write(root.join(USER_DATA_DONE), "") {
        say(&format!("failed to write /{USER_DATA_DONE}: {error}"));
    }
}

enum Read {
    Script(Vec<u8>),
    Config(CloudConfig),
    Node(String),
    Nothing,
}

impl Read {
    fn of(part: Part, says: bool, budget: &mut Budget) -> Self {
        let text = match part {
            Part::Script(bytes) => return Self::Script(bytes),
            Part::CloudConfig(text) => text,
            Part::NodeConfig(text) => return Self::Node(text),
        };
        match CloudConfig::read(&text, budget) {
            Ok(config) => {
                if says {
                    config.refused.iter().for_each(|line| say(line));
                }
                Self::Config(config)
            }
            Err(error) => {
                say(&format!("a cloud-config is left out: {error}"));
                Self::Nothing
            }
        }
    }

    fn config(&self) -> Option<&CloudConfig> {
        match self {
            Self::Config(config) => Some(config),
            Self::Script(_) | Self::Node(_) | Self::Nothing => None,
        }
    }
}

/// Whoever runs the node reads it.
fn node_config(root: &Path, text: &str) -> io::Result<()> {
    let path = root.join(NODE_CONFIG);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn is_first(root: &Path, instance: &str) -> bool {
    !fs::read_to_string(root.join(DONE_FOR)).is_ok_and(|known| known.trim() == instance)
}

fn remember(root: &Path, instance: &str) -> io::Result<()> {
    let mut file = fs::File::create(root.join(DONE_FOR))?;
    writeln!(file, "{instance}")?;
    file.sync_all()
}

/// What is done at the first boot, before any program runs.
fn once(root: &Path, config: &CloudConfig) {
    let told = |what: &str, result: io::Result<()>| {
        if let Err(error) = result {
            say(&format!("{what}: {error}"));
        }
    };
    if let Some(name) = &config.hostname {
        told("hostname", prepare::name(root, name));
    }
    for user in &config.users {
        told(&format!("users: {}", user.name), add_user(root, user));
    }
    told(
        "ssh_authorized_keys",
        authorize(&root.join("root"), &config.ssh_authorized_keys, (0, 0)),
    );
    for file in &config.files {
        told(
            &format!("write_files: {}", file.path.display()),
            write_file(root, file),
        );
    }
}

fn write_file(root: &Path, file: &File) -> io::Result<()> {
    let path = below(root, &file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).mode(0o600);
    let mut to = match file.append {
        true => options.append(true).open(&path)?,
        false => options.truncate(true).open(&path)?,
    };
    to.write_all(&file.content)?;
    // The owner first: another's file loses its set-user bits.
    let (user, group) = owner(root, &file.owner)?;
    chown(&path, Some(user), Some(group))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// The numbers of `user[:group]`.
fn owner(root: &Path, text: &str) -> io::Result<(u32, u32)> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    Ok((
        number(root, "etc/passwd", user)?,
        number(root, "etc/group", group)?,
    ))
}

/// The third field of the line of `name`.
fn number(root: &Path, file: &str, name: &str) -> io::Result<u32> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    if name == "root" {
        return Ok(0);
    }
    let text = fs::read_to_string(root.join(file))?;
    let found = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?
    });
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("/{file} has no {name}")))
}

/// A user, a group of the same name, a home. One that is there already gets the keys alone.
fn add_user(root: &Path, user: &User) -> io::Result<()> {
    const FIRST: u32 = 1000;
    let name = &user.name;
    let home = format!("/home/{name}");
    let known = number(root, "etc/passwd", name);
    let id = match known {
        Ok(id) => id,
        Err(_) => {
            let taken = fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
            let numbers = taken
                .lines()
                .filter_map(|line| line.split(':').nth(2)?.parse().ok());
            let free = numbers
                .filter(|id| (FIRST..60_000).contains(id))
                .max()
                .map_or(FIRST, |id| id + 1);
            let id = user.uid.unwrap_or(free);
            let shell = user.shell.as_deref().unwrap_or("/bin/sh");
            add_line(root, "etc/group", &format!("{name}:x:{id}:"))?;
            add_line(
                root,
                "etc/passwd",
                &format!("{name}:x:{id}:{id}::{home}:{shell}"),
            )?;
            id
        }
    };
    let home = root.join(&home[1..]);
    fs::create_dir_all(&home)?;
    chown(&home, Some(id), Some(id))?;
    authorize(&home, &user.ssh_authorized_keys, (id, id))
}

fn add_line(root: &Path, file: &str, line: &str) -> io::Result<()> {
    let path = root.join(file);
    let ended = fs::read(&path).map_or(true, |text| text.is_empty() || text.ends_with(b"\n"));
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        .open(path)?;
    let start = if ended { "" } else { "\n" };
    file.write_all(format!("{start}{line}\n").as_bytes())
}

/// Adds the keys that are not there yet.
pub fn authorize(home: &Path, keys: &[String], owner: (u32, u32)) -> io::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let folder = home.join(".ssh");
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let path = folder.join("authorized_keys");
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    for key in keys.iter().filter(|key| !key.contains('\n')) {
        if !text.lines().any(|line| line == key) {
            text.push_str(key);
            text.push('\n');
        }
    }
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    chown(&folder, Some(owner.0), Some(owner.1))?;
    chown(&path, Some(owner.0), Some(owner.1))
}

fn run_script(root: &Path, boot: &Boot, number: usize, bytes: &[u8]) {
    let path = root.join(SCRIPTS).join(format!("part-{number:03}"));
    let written = fs::create_dir_all(root.join(SCRIPTS))
        .and_then(|()| fs::write(&path, bytes))
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o700)));
    match written {
        Ok(()) => run_program(boot, "the script of user data", Command::new(path)),
        Err(error) => say(&format!("failed to write {}: {error}", path.display())),
    }
}

fn run_command(root: &Path, boot: &Boot, of: &str, command: &cloud_config::Command) {
    let mut program = match command {
        cloud_config::Command::Line(line) => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", line]);
            shell
        }
        cloud_config::Command::Program(words) => {
            let mut program = Command::new(&words[0]);
            program.args(&words[1..]);
            program
        }
    };
    program.current_dir(root);
    run_program(boot, of, program);
}

fn run_program(boot: &Boot, what: &str, mut program: Command) {
    let failed = |why: String| say(&format!("{what}: {why}"));
    program
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/root")
        .env("USER", "root")
        .env("INSTANCE_ID", &boot.instance)
        .env("AWS_ENDPOINT_URL", &boot.endpoint)
        .env("AWS_REGION", &boot.region)
        .env("AWS_DEFAULT_REGION", &boot.region)
        .stdin(Stdio::null())
        .process_group(0);
    match ended(program) {
        Ok(Some(status)) if status.success() => {}
        Ok(Some(status)) => failed(format!("it failed: {status}")),
        Ok(None) => failed(format!(
            "it was ended after {} minutes",
            LONGEST_RUN.as_secs() / 60
        )),
        Err(error) => failed(format!("it cannot be run: {error}")),
    }
}

/// How it ended; `None`: it was ended.
fn ended(mut program: Command) -> io::Result<Option<ExitStatus>> {
    let mut child = program.spawn()?;
    let end = Instant::now() + LONGEST_RUN;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            let group = i32::try_from(child.id()).map_err(io::Error::other)?;
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc")).unwrap();
        fs::create_dir_all(root.path().join("var/lib/wharf")).unwrap();
        fs::write(
            root.path().join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\napp:x:1007:1007::/:/bin/sh",
        )
        .unwrap();
        fs::write(root.path().join("etc/group"), "root:x:0:\napp:x:1007:\n").unwrap();
        root
    }

    #[test]
    fn the_mark_is_of_one_instance() {
        let root = root();
        assert!(is_first(root.path(), "i-1"));
        remember(root.path(), "i-1").unwrap();
        assert!(!is_first(root.path(), "i-1"));
        // An image made of an instance's disk begins anew.
        assert!(is_first(root.path(), "i-2"));
    }

    #[test]
    fn owners_by_name_and_number() {
        let root = root();
        assert_eq!(owner(root.path(), "app").unwrap(), (1007, 1007));
        assert_eq!(owner(root.path(), "12:root").unwrap(), (12, 0));
        let error = owner(root.path(), "nobody-here").unwrap_err();
        assert_eq!(error.to_string(), "/etc/passwd has no nobody-here");
    }

    #[test]
    fn lines_are_added_behind_the_last() {
        let root = root();
        add_line(root.path(), "etc/passwd", "new:x:1::/:").unwrap();
        let text = fs::read_to_string(root.path().join("etc/passwd")).unwrap();
        assert!(text.ends_with("/bin/sh\nnew:x:1::/:\n"), "{text}");
    }
}
