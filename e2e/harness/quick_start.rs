//! What stands in the place of a program in Python whose start is dear: see `quick_start.py`.
//!
//! Beside this program lie `socket`, where a process listens that has imported the real one, and `real`, a link to it. It sends
//! its arguments, folder and environment, lends its open files and namespaces, which are found by its process id, and ends as
//! the command did.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{ffi::OsStrExt as _, net::UnixStream, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{self, Command},
    time::Duration,
};

/// kubectl asks for a token at each start. The same question has the same answer for as long, a third of the time for which a
/// token holds.
const TOKEN_KEPT: Duration = Duration::from_secs(300);

fn main() {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let folder = env::current_exe().expect("this program has a path");
    let folder = folder
        .parent()
        .expect("a program is in a folder")
        .to_owned();
    // An interpreter: what is not a script on its input is not for the process that waits.
    let is_for_it = !folder.join("scripts-only").exists() || arguments.is_empty();
    let asked = match is_for_it {
        true if arguments.iter().any(|it| it == "get-token") => token(&folder, &arguments),
        true => ask(&folder, &arguments, 1),
        false => Err(io::ErrorKind::Unsupported.into()),
    };
    match asked {
        Ok(status) => process::exit(status.into()),
        Err(_) => {
            let real = fs::read_link(folder.join("real")).expect("the real program is named");
            let failed = Command::new(&real).args(arguments).exec();
            eprintln!("{}: {failed}", real.display());
            process::exit(127);
        }
    }
}

/// The command's status, with its output in the file of number `output`.
fn ask(folder: &Path, arguments: &[OsString], output: i32) -> io::Result<u8> {
    let mut server = UnixStream::connect(folder.join("socket"))?;
    let here = env::current_dir()?;
    let mut asked = Vec::new();
    let mut say = |part: &[u8]| {
        asked.extend_from_slice(part);
        asked.push(0);
    };
    say(output.to_string().as_bytes());
    say(arguments.len().to_string().as_bytes());
    arguments.iter().for_each(|it| say(it.as_bytes()));
    say(here.as_os_str().as_bytes());
    for (name, value) in env::vars_os() {
        say([name.as_bytes(), b"=", value.as_bytes()]
            .concat()
            .as_slice());
    }
    server.write_all(&u32::to_be_bytes(asked.len() as u32))?;
    server.write_all(&asked)?;
    let mut status = [255];
    // Who died with the command has no status to tell.
    let _ = server.read(&mut status);
    Ok(status[0])
}

fn token(folder: &Path, arguments: &[OsString]) -> io::Result<u8> {
    let kept = folder.join(format!("token-{:016x}", question(arguments)));
    let is_fresh = |it: &fs::Metadata| {
        it.modified()
            .is_ok_and(|it| it.elapsed().is_ok_and(|it| it < TOKEN_KEPT))
    };
    if fs::metadata(&kept).is_ok_and(|it| is_fresh(&it)) {
        io::stdout().write_all(&fs::read(&kept)?)?;
        return Ok(0);
    }
    let new = PathBuf::from(format!("{}.{}", kept.display(), process::id()));
    let file = File::create(&new)?;
    let status = ask(folder, arguments, file.as_raw_fd())?;
    io::stdout().write_all(&fs::read(&new)?)?;
    match status {
        0 => fs::rename(&new, &kept)?,
        _ => fs::remove_file(&new)?,
    }
    Ok(status)
}

/// Who asks for what.
fn question(arguments: &[OsString]) -> u64 {
    let is_who = |name: &OsStr| name.as_bytes().starts_with(b"AWS_") || name == "HOME";
    let mut who: Vec<_> = env::vars_os().filter(|(name, _)| is_who(name)).collect();
    who.sort();
    let mut hasher = DefaultHasher::new();
    (arguments, who).hash(&mut hasher);
    hasher.finish()
}
